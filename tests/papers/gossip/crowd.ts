import { integer, sample, type Duration, type Host, type PeerId } from '../../../node/protocol/index.ts'
import {
  Simulation,
  constantLatency,
  type SimulatedPeer,
  type SimulationOptions,
} from '../../../node/simulation/index.ts'
import { gossipPresets, type GossipEvent, type GossipOptions } from '../../../overlays/gossip/index.ts'
import { DeadLetters } from './dead-letters.ts'

/** A cycle of the papers: each peer shuffles once in it. Long enough for whatever a message sets going. */
export const cycle: Duration = 10_000

/** One way. Both papers count hops, not time. */
const latency: Duration = 10

/** The papers' peers: links lose nothing, and a broken one is noticed at once, as by TCP; nobody is asked whether it is there. */
export const paperOptions: GossipOptions = {
  ...gossipPresets.paper,
  shuffleInterval: cycle,
  viewInterval: 3_600_000,
  neighbourTimeout: 7_200_000,
  // A dial that is refused takes a round trip.
  promotionTimeout: 3 * latency,
}

/** Peers are numbered in the order in which they join. */
export function numberOf(id: PeerId): number {
  return Number(id.slice(1))
}

export interface CrowdOptions<Api> extends SimulationOptions {
  readonly size: number
  readonly attach: (host: Host) => Api
  /** When neighbours of the crashed notice: `at once`, as their links break, or `when sending` to them.
   *  @default 'at once' */
  readonly notice?: 'at once' | 'when sending'
}

type Peer<Api> = SimulatedPeer<Api>

/**
 * Peers that join one after another through a random earlier one (HyParView §5.1). Links are those of neighbours: who
 * crashes is noticed by its neighbours, and by nobody else.
 */
export class Crowd<Api> {
  readonly simulation: Simulation
  readonly peers: Peer<Api>[] = []
  readonly #attach: (host: Host) => Api
  readonly #deadLetters: DeadLetters | undefined

  constructor({ size, attach, notice = 'at once', ...options }: CrowdOptions<Api>) {
    this.simulation = new Simulation({ latency: constantLatency(latency), links: false, ...options })
    this.#attach = attach
    if (notice === 'when sending') this.#deadLetters = new DeadLetters(this.simulation, latency)
    const random = this.simulation.random('contacts')
    for (let index = 0; index < size; index++) {
      this.join(this.peers[index === 0 ? 0 : integer(random, index)])
      this.simulation.run(latency)
    }
  }

  /** A newcomer. */
  join(contact: Peer<Api> | undefined): Peer<Api> {
    const peer = this.simulation.addPeer(`p${this.peers.length}`, (host) =>
      this.#attach(this.#deadLetters?.returning(host) ?? this.#linking(host)),
    )
    this.peers.push(peer)
    if (contact === undefined) return peer
    if (this.#deadLetters === undefined) this.simulation.connect(peer, contact)
    else this.#deadLetters.connect(peer.id, contact.id)
    return peer
  }

  get running(): Peer<Api>[] {
    return this.peers.filter(({ state }) => state === 'running')
  }

  find(id: PeerId): Peer<Api> | undefined {
    return this.peers[numberOf(id)]
  }

  /** That share of all crashes at once. */
  crash(share: number): void {
    const count = Math.round(share * this.peers.length)
    for (const peer of sample(this.simulation.random('crashes'), this.peers, count)) {
      this.simulation.crash(peer)
      this.#deadLetters?.crashed(peer.id)
    }
  }

  /** Neighbours are linked. */
  #linking(host: Host): Host {
    return {
      self: host.self,
      offer: (name, role) => host.offer(name, role),
      role: (name) => host.role(name),
      run: (definition, needs, listen) =>
        host.run(definition, needs, (event) => {
          const { type, peer } = event as GossipEvent & { readonly peer: PeerId }
          if (type === 'neighbour-up') this.#link(host.self, peer)
          listen?.(event)
        }),
    }
  }

  #link(self: PeerId, other: PeerId): void {
    const [left, right] = [this.find(self), this.find(other)]
    if (left !== undefined && right !== undefined) this.simulation.connect(left, right)
  }
}
