import type { Instant } from '../protocol/index.ts'

interface Entry<Event> {
  readonly time: Instant
  readonly sequence: number
  readonly event: Event
}

/**
 * Events ordered by time, equal times in the order they were put in: a 4-ary heap, which is half as deep as a binary
 * one and whose four children lie side by side.
 */
export class EventQueue<Event> {
  readonly #heap: Entry<Event>[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** Time of the next event, or Infinity. */
  get nextTime(): Instant {
    return this.#heap[0]?.time ?? Infinity
  }

  put(time: Instant, event: Event): void {
    const entry: Entry<Event> = { time, sequence: this.#sequence++, event }
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1, entry)
  }

  take(): Event | undefined {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return undefined
    if (this.#heap.length > 0) this.#sink(last)
    return first.event
  }

  #rise(index: number, entry: Entry<Event>): void {
    const heap = this.#heap
    let at = index
    while (at > 0) {
      const parentAt = (at - 1) >> 2
      const parent = heap[parentAt] as Entry<Event>
      if (!isBefore(entry, parent)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = entry
  }

  #sink(entry: Entry<Event>): void {
    const heap = this.#heap
    const size = heap.length
    let at = 0
    for (;;) {
      const firstChild = 4 * at + 1
      if (firstChild >= size) break
      let leastAt = firstChild
      let least = heap[firstChild] as Entry<Event>
      for (let childAt = firstChild + 1; childAt < Math.min(firstChild + 4, size); childAt++) {
        const child = heap[childAt] as Entry<Event>
        if (isBefore(child, least)) {
          least = child
          leastAt = childAt
        }
      }
      if (!isBefore(least, entry)) break
      heap[at] = least
      at = leastAt
    }
    heap[at] = entry
  }
}

function isBefore<Event>(left: Entry<Event>, right: Entry<Event>): boolean {
  return left.time < right.time || (left.time === right.time && left.sequence < right.sequence)
}
