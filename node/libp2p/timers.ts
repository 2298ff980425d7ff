import type { Duration, Instant } from '../protocol/index.ts'

/** Longest delay that setTimeout takes; a later timer is looked at again then. */
const longestDelay = 0x7fff_ffff

interface Entry {
  readonly due: Instant
  readonly sequence: number
  readonly run: Runner
  readonly timer: unknown
}

/** Called with the timer that expired. One function serves many timers, so that a timer costs no closure. */
export type Runner = (timer: unknown) => void

/** Monotonic, whole milliseconds. */
export function monotonicNow(): Instant {
  return Math.floor(performance.now())
}

/**
 * All timers of one host: a binary heap by due time and, among equals, by the order in which they were set, with one
 * platform timer armed for the earliest.
 */
export class Timers {
  readonly #heap: Entry[] = []
  #sequence = 0
  #armed: ReturnType<typeof setTimeout> | undefined
  #armedFor: Instant = Number.POSITIVE_INFINITY
  #stopped = false

  get size(): number {
    return this.#heap.length
  }

  set(run: Runner, timer: unknown, delay: Duration): void {
    if (this.#stopped) return
    const due = monotonicNow() + Math.max(0, Math.ceil(delay))
    this.#push({ due, sequence: this.#sequence++, run, timer })
    if (due < this.#armedFor) this.#arm(due)
  }

  /** Forgets all timers; none can be set any more. */
  stop(): void {
    this.#stopped = true
    this.#heap.length = 0
    if (this.#armed !== undefined) clearTimeout(this.#armed)
    this.#armed = undefined
  }

  readonly #fire = (): void => {
    this.#armed = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    const now = monotonicNow()
    // What is set meanwhile with no delay waits for the next turn: a core that does so must not stop the process.
    const last = this.#sequence
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.due > now || next.sequence >= last) break
      this.#pop()
      next.run(next.timer)
    }
    const next = this.#heap[0]
    if (next !== undefined && next.due < this.#armedFor) this.#arm(next.due)
  }

  #arm(due: Instant): void {
    if (this.#stopped) return
    if (this.#armed !== undefined) clearTimeout(this.#armed)
    this.#armedFor = due
    this.#armed = setTimeout(this.#fire, Math.min(longestDelay, Math.max(0, due - performance.now())))
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.length
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Entry
      if (!before(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
      const below = heap[child] as Entry
      if (!before(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
  }
}

function before(left: Entry, right: Entry): boolean {
  return left.due < right.due || (left.due === right.due && left.sequence < right.sequence)
}
