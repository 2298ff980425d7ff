import type { PeerId } from '../../../node/protocol/index.ts'
import type { Happening, SimulatedPeer, Simulation } from '../../../node/simulation/index.ts'
import type { Gossip, GossipEvent, GossipMessage } from '../../../overlays/gossip/index.ts'

/** What one message, or several, cost and reached. */
export interface Tally {
  deliveries: number
  duplicates: number
  lastHop: number
  /** IHAVE, GRAFT and PRUNE sent. */
  control: number
}

const control: ReadonlySet<string> = new Set<GossipMessage['type']>(['ihave', 'graft', 'prune'])

/** Counts what gossip does from here on. */
export class Broadcasts {
  tally: Tally = { deliveries: 0, duplicates: 0, lastHop: 0, control: 0 }
  readonly #heard = new Map<number, Set<PeerId>>()
  readonly #lastHops = new Map<number, number>()

  /** @param options.control whether control messages are counted: then every message is looked at. @default true */
  constructor(simulation: Simulation, { control = true }: { readonly control?: boolean } = {}) {
    simulation.observe((happening) => this.#count(happening), { messages: control })
  }

  /** @param number names the message; at most 65,535 */
  publish({ api }: SimulatedPeer<Gossip>, number: number, topic = 'news'): void {
    this.#heard.set(number, new Set())
    api.publish(topic, Uint8Array.of(number >> 8, number))
  }

  /** Who has heard that message. */
  heard(number: number): ReadonlySet<PeerId> {
    return this.#heard.get(number) ?? new Set()
  }

  /** Of each message that was heard, how many hops it made to whoever heard it over the longest way. */
  get lastHops(): number[] {
    return [...this.#lastHops.values()]
  }

  /** What was counted since the last look. */
  take(): Tally {
    const { tally } = this
    this.tally = { deliveries: 0, duplicates: 0, lastHop: 0, control: 0 }
    return tally
  }

  #count(happening: Happening): void {
    const { tally } = this
    if (happening.kind === 'sent') {
      if (control.has((happening.message as GossipMessage).type)) tally.control++
    } else if (happening.kind === 'event') {
      const event = happening.event as GossipEvent
      if (event.type === 'duplicate') tally.duplicates++
      if (event.type !== 'message') return
      tally.deliveries++
      tally.lastHop = Math.max(tally.lastHop, event.hops)
      const { bytes } = event.message
      // Others are nobody's count: those of a warm-up.
      if (bytes.length !== 2) return
      const number = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
      this.#heard.get(number)?.add(happening.peer)
      this.#lastHops.set(number, Math.max(this.#lastHops.get(number) ?? 0, event.hops))
    }
  }
}
