import type { Instant } from '../../protocol/index.ts'
import type { Happening } from '../observers.ts'
import { typeOf } from '../timeline/selection.ts'

/** Types of events that are told apart, by overlay. */
const typeLimit = 50

/** Counts what happens in a run. */
export class Tally {
  /** Overlays by protocol. */
  readonly #names: ReadonlyMap<string, string>
  readonly #emitted = new Map<string, Map<string, number>>()
  #running = 0
  #peerMilliseconds = 0
  #since: Instant = 0

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names
  }

  hear(happening: Happening): void {
    switch (happening.kind) {
      case 'event':
        return this.#count(this.#names.get(happening.protocol) ?? happening.protocol, happening.event)
      case 'started':
        return this.#change(happening.time, 1)
      case 'crashed':
      case 'stopped':
        return this.#change(happening.time, -1)
      default:
        return
    }
  }

  /** By overlay and type, in alphabetical order. */
  get emitted(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return Object.fromEntries([...this.#emitted].sort(byName).map(([name, counts]) => [name, inOrder(counts)]))
  }

  /** Seconds that peers ran, summed over all peers. */
  peerSeconds(now: Instant): number {
    return (this.#peerMilliseconds + this.#running * (now - this.#since)) / 1000
  }

  #count(name: string, event: unknown): void {
    const counts = this.#emitted.get(name) ?? new Map<string, number>()
    this.#emitted.set(name, counts)
    const type = typeOf(event).slice(0, 40)
    const counted = counts.has(type) || counts.size < typeLimit ? type : 'others'
    counts.set(counted, (counts.get(counted) ?? 0) + 1)
  }

  #change(time: Instant, difference: number): void {
    this.#peerMilliseconds += this.#running * (time - this.#since)
    this.#since = time
    this.#running += difference
  }
}

function inOrder(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(byName))
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0
}
