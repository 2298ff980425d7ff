import { assert, integer, type Duration, type Random } from '../protocol/index.ts'

/** How long a message takes, drawn for each one. */
export type Latency = (random: Random) => Duration

export function constantLatency(duration: Duration): Latency {
  return () => duration
}

/** Evenly from `least` to `most`, both included. */
export function uniformLatency(least: Duration, most: Duration): Latency {
  assert(Number.isInteger(least) && Number.isInteger(most) && 0 <= least && least <= most, 'latencies are ordered')
  return (random) => least + integer(random, most - least + 1)
}

export interface NetworkOptions {
  /** One way. @default uniformLatency(1, 10) */
  readonly latency?: Latency
  /** Share of messages that are lost, 0 to 1. @default 0 */
  readonly loss?: number
  /** Share of messages that arrive twice, 0 to 1. @default 0 */
  readonly duplication?: number
  /** Share of messages that are held back by up to eight latencies, so that later ones overtake them. @default 0 */
  readonly reordering?: number
}

/** The wires: decides for each message when, how often and whether it arrives. */
export class Network {
  #latency: Latency
  #loss: number
  #duplication: number
  #reordering: number
  /** Pairs `from/to` that nothing passes. */
  readonly #blocked = new Set<string>()

  constructor(options: NetworkOptions = {}) {
    this.#latency = uniformLatency(1, 10)
    this.#loss = 0
    this.#duplication = 0
    this.#reordering = 0
    this.configure(options)
  }

  /** Changes what is named, keeps the rest. @throws RangeError for a share that is not from 0 to 1 */
  configure({ latency, loss, duplication, reordering }: NetworkOptions): void {
    if (latency !== undefined) this.#latency = latency
    if (loss !== undefined) this.#loss = share('loss', loss)
    if (duplication !== undefined) this.#duplication = share('duplication', duplication)
    if (reordering !== undefined) this.#reordering = share('reordering', reordering)
  }

  /** One way: what `from` sends does not reach `to`. */
  block(from: number, to: number): void {
    this.#blocked.add(`${from}/${to}`)
  }

  unblock(from: number, to: number): void {
    this.#blocked.delete(`${from}/${to}`)
  }

  heal(): void {
    this.#blocked.clear()
  }

  passes(from: number, to: number): boolean {
    return !this.#blocked.has(`${from}/${to}`)
  }

  latency(random: Random): Duration {
    return this.#latency(random)
  }

  /** @returns delays of the copies that arrive, none when it is lost */
  carry(from: number, to: number, random: Random): readonly Duration[] {
    if (!this.passes(from, to) || (this.#loss > 0 && random.next() < this.#loss)) return []
    const first = this.#delay(random)
    if (this.#duplication > 0 && random.next() < this.#duplication) return [first, first + this.#delay(random)]
    return [first]
  }

  #delay(random: Random): Duration {
    const delay = this.#latency(random)
    if (this.#reordering === 0 || random.next() >= this.#reordering) return delay
    return delay * (2 + integer(random, 7))
  }
}

function share(name: string, value: number): number {
  if (!(value >= 0 && value <= 1))
    throw new RangeError(`Cannot simulate ${name} of ${value}: it is a share from 0 to 1`)
  return value
}
