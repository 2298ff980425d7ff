import { integer, type Duration, type Random } from '../protocol/index.ts'
import { Cuts } from './cuts.ts'
import { uniformLatency, type Latency } from './latency.ts'

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

/** What one peer's own connection to the world does, each way. */
export interface Degradation {
  /** Share of what it sends that is lost, 0 to 1. */
  readonly sendLoss?: number
  /** Share of what it is sent that is lost, 0 to 1. */
  readonly receiveLoss?: number
}

/** The wires: decides for each message when, how often and whether it arrives. */
export class Network {
  /** Who cannot reach whom. */
  readonly cuts: Cuts = new Cuts()
  #latency: Latency
  #loss: number
  #duplication: number
  #reordering: number
  /** By peer, of those that have any. */
  readonly #degraded = new Map<number, { sendLoss: number; receiveLoss: number }>()

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

  /** Changes what is named, keeps the rest. @throws RangeError for a share that is not from 0 to 1 */
  degrade(peer: number, { sendLoss, receiveLoss }: Degradation): void {
    const present = this.#degraded.get(peer) ?? { sendLoss: 0, receiveLoss: 0 }
    if (sendLoss !== undefined) present.sendLoss = share('loss', sendLoss)
    if (receiveLoss !== undefined) present.receiveLoss = share('loss', receiveLoss)
    if (present.sendLoss === 0 && present.receiveLoss === 0) this.#degraded.delete(peer)
    else this.#degraded.set(peer, present)
  }

  passes(from: number, to: number): boolean {
    return this.cuts.passes(from, to)
  }

  /** Of a message that is neither held back nor lost. */
  latency(random: Random, from: number, to: number): Duration {
    return this.#latency(random, from, to)
  }

  loses(random: Random, from: number, to: number): boolean {
    if (!this.cuts.passes(from, to) || (this.#loss > 0 && random.next() < this.#loss)) return true
    return this.#degraded.size > 0 && this.#isDegraded(random, from, to)
  }

  duplicates(random: Random): boolean {
    return this.#duplication > 0 && random.next() < this.#duplication
  }

  /** Of one copy of a message. */
  delay(random: Random, from: number, to: number): Duration {
    const delay = this.#latency(random, from, to)
    if (this.#reordering === 0 || random.next() >= this.#reordering) return delay
    return delay * (2 + integer(random, 7))
  }

  #isDegraded(random: Random, from: number, to: number): boolean {
    const sendLoss = this.#degraded.get(from)?.sendLoss ?? 0
    if (sendLoss > 0 && random.next() < sendLoss) return true
    const receiveLoss = this.#degraded.get(to)?.receiveLoss ?? 0
    return receiveLoss > 0 && random.next() < receiveLoss
  }
}

function share(name: string, value: number): number {
  if (!(value >= 0 && value <= 1))
    throw new RangeError(`Cannot simulate ${name} of ${value}: it is a share from 0 to 1`)
  return value
}
