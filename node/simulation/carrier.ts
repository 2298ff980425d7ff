import { decodeMessage, encodeMessage, type Duration } from '../protocol/index.ts'
import type { Agenda } from './agenda.ts'
import { eventKind } from './events.ts'
import type { Network } from './network.ts'
import type { Observers } from './observers.ts'
import type { Population, ProtocolSort } from './population.ts'
import type { HeldMessage } from './stall.ts'
import type { Traffic } from './traffic.ts'
import type { WireChance } from './wire-chance.ts'

export interface CarrierOptions {
  readonly encodeMessages: boolean
  readonly measureBytes: boolean
}

interface Surroundings {
  readonly agenda: Agenda
  readonly population: Population
  readonly network: Network
  readonly chance: WireChance
  readonly observers: Observers
  readonly traffic: Traffic
}

/** Takes messages from one peer to another, as the network decides. */
export class Carrier {
  readonly #agenda: Agenda
  readonly #population: Population
  readonly #network: Network
  readonly #chance: WireChance
  readonly #observers: Observers
  readonly #traffic: Traffic
  /** Whether messages go through their codecs. */
  readonly encodes: boolean
  readonly #measure: boolean
  /** Messages that did not arrive, by reason. */
  readonly counters: Map<string, number> = new Map()

  constructor(around: Surroundings, { encodeMessages, measureBytes }: CarrierOptions) {
    this.#agenda = around.agenda
    this.#population = around.population
    this.#network = around.network
    this.#chance = around.chance
    this.#observers = around.observers
    this.#traffic = around.traffic
    this.encodes = encodeMessages
    this.#measure = measureBytes
  }

  /** @returns in how long the last copy arrives, or would have */
  carry(from: number, to: number, protocol: ProtocolSort, message: unknown): Duration {
    const { number, codec } = protocol
    const carried = this.encodes ? encodeMessage(codec, message) : message
    if (from === to) {
      this.#agenda.after(0, eventKind.deliver, to, from, 0, number, carried)
      return 0
    }
    this.#traffic.count(number)
    if (this.#measure) this.#traffic.measure(number, codec, message)
    if (this.#observers.anyMessages) this.tell('sent', from, to, number, message)
    const stall = this.#population.stallOf(from)
    if (stall === undefined || stall.suspended === 'no') return this.transmit(from, to, number, carried)
    stall.holdSent({ to, protocol: number, carried })
    return this.#network.latency(this.#chance.of(from), from, to)
  }

  /** What a peer was kept from sending goes out. */
  release(from: number, messages: readonly HeldMessage[]): void {
    for (const { to, protocol, carried } of messages) this.transmit(from, to, protocol, carried)
  }

  transmit(from: number, to: number, protocol: number, carried: unknown): Duration {
    const chance = this.#chance.of(from)
    const network = this.#network
    if (network.loses(chance, from, to)) {
      this.lose('lost', from, to, protocol, carried)
      return network.latency(chance, from, to)
    }
    let delay = network.delay(chance, from, to)
    this.#agenda.after(delay, eventKind.deliver, to, from, 0, protocol, carried)
    if (network.duplicates(chance)) {
      delay += network.delay(chance, from, to)
      this.#agenda.after(delay, eventKind.deliver, to, from, 0, protocol, carried)
    }
    return delay
  }

  /** @returns the message that the wire carried @throws MalformedMessageError */
  open({ codec }: ProtocolSort, carried: unknown): unknown {
    return this.encodes && carried instanceof Uint8Array ? decodeMessage(codec, carried) : carried
  }

  lose(reason: string, from: number, to: number, protocol: number, carried: unknown): void {
    this.count(reason)
    if (!this.#observers.anyMessages) return
    const sort = this.#population.protocols[protocol]
    this.tell('lost', from, to, protocol, sort === undefined ? carried : this.open(sort, carried))
  }

  tell(kind: 'sent' | 'delivered' | 'lost', from: number, to: number, number: number, message: unknown): void {
    const { ids, protocols } = this.#population
    const [sender, receiver, sort] = [ids[from], ids[to], protocols[number]]
    if (sender === undefined || receiver === undefined || sort === undefined) return
    const time = this.#agenda.now
    this.#observers.tellOfMessage({ kind, time, from: sender, to: receiver, protocol: sort.name, message })
  }

  count(reason: string): void {
    this.counters.set(reason, (this.counters.get(reason) ?? 0) + 1)
  }
}
