import type { Host, PeerId, Protocol, ProtocolDefinition } from '../../../node/protocol/index.ts'
import {
  HyParView,
  gossipDefinition,
  resolveGossipOptions,
  type GossipEnvironment,
  type GossipEvent,
  type GossipMessage,
  type GossipOptions,
  type GossipTimer,
  type HyParViewTimer,
  type ResolvedGossipOptions,
} from '../../../overlays/gossip/index.ts'
import { numberOf } from './crowd.ts'

/** What became of one message, at all peers together. */
interface Flooded {
  receivers: number
  duplicates: number
  lastHop: number
  /** By number of the peer whether it has the message. One table a message: sets of numbers at each peer cost more than
   *  all the rest. */
  readonly reached: Uint8Array
}

/** Messages by number. */
export type Floods = Flooded[]

/** HyParView §5: every message goes to the whole active view, but for whom it came from. No trees, nothing asked for. */
export class Flooding implements Protocol<GossipMessage, GossipTimer> {
  readonly #environment: GossipEnvironment
  readonly #view: HyParView
  readonly #floods: Floods
  readonly #number: number

  constructor(environment: GossipEnvironment, options: ResolvedGossipOptions, floods: Floods) {
    this.#environment = environment
    this.#number = numberOf(environment.self)
    this.#floods = floods
    const nothing = (): void => {}
    const view = {
      environment,
      sample: () => [],
      admits: () => true,
      branches: () => 0,
      neighbourUp: nothing,
      neighbourDown: nothing,
    }
    this.#view = new HyParView(view, options)
  }

  start(): void {
    this.#view.start()
  }

  receive(message: GossipMessage, from: PeerId): void {
    switch (message.type) {
      case 'gossip':
        this.#receiveGossip(message, from)
        break
      case 'ihave':
      case 'graft':
      case 'prune':
        break
      default:
        this.#view.receive(message, from)
    }
  }

  expire(timer: GossipTimer): void {
    this.#view.expire(timer as HyParViewTimer)
  }

  connected(peer: PeerId): void {
    this.#view.connected(peer)
  }

  disconnected(peer: PeerId): void {
    this.#view.disconnected(peer)
  }

  neighbours(): readonly PeerId[] {
    return this.#view.active()
  }

  /** @param size how many peers there are */
  publish(number: number, size: number): void {
    const flood = { receivers: 1, duplicates: 0, lastHop: 0, reached: new Uint8Array(size) }
    flood.reached[this.#number] = 1
    this.#floods[number] = flood
    const { self } = this.#environment
    const payload = { topic: 't', publisher: self, life: 0, sequence: number, past: [], bytes: new Uint8Array() }
    for (const peer of this.#view.active())
      this.#environment.send(peer, { type: 'gossip', round: 1, shapes: true, isShortcut: false, payload })
  }

  #receiveGossip(message: Extract<GossipMessage, { readonly type: 'gossip' }>, from: PeerId): void {
    const { payload, round } = message
    const flood = this.#floods[payload.sequence]
    if (flood === undefined) return
    if (flood.reached[this.#number] === 1) {
      flood.duplicates++
      return
    }
    flood.reached[this.#number] = 1
    flood.receivers++
    flood.lastHop = Math.max(flood.lastHop, round)
    const onward: GossipMessage = { type: 'gossip', round: round + 1, shapes: true, isShortcut: false, payload }
    for (const peer of this.#view.active()) if (peer !== from) this.#environment.send(peer, onward)
  }
}

/** @returns what attaches flooding to a host; all of them count into the same floods */
export function flooding(options: GossipOptions, floods: Floods): (host: Host) => Flooding {
  const resolved = resolveGossipOptions(options)
  const { name, plane, codec } = gossipDefinition(options)
  const definition: ProtocolDefinition<GossipMessage, GossipTimer, GossipEvent, Flooding> = {
    name,
    plane,
    codec,
    create: (environment) => new Flooding(environment, resolved, floods),
  }
  return (host) => host.run(definition, undefined)
}
