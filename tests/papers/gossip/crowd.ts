import { integer, type Host, type PeerId } from '../../../node/protocol/index.ts'
import { Simulation, constantLatency, type SimulatedPeer, type SimulationOptions } from '../../../node/simulation/index.ts'

/** A cycle of the papers: each peer shuffles once in it. Long enough for whatever a message sets going. */
export const cycle = 10_000

/** One way. Both papers count hops, not time. */
const latency = 10

/** How far apart newcomers join. The walks of one join cross those of the next few. */
const joinInterval = 10

export interface CrowdOptions<Api> extends SimulationOptions {
  readonly size: number
  readonly seed: number | string
  readonly attach: (host: Host) => Api
}

/**
 * Peers that joined one after another through a random earlier one, as in HyParView §5.1. Links are those of neighbours,
 * as TCP connections are in the paper: who crashes is noticed by its neighbours, and by nobody else.
 */
export class Crowd<Api extends { neighbours(): readonly PeerId[] }> {
  readonly simulation: Simulation
  readonly peers: SimulatedPeer<Api>[] = []
  readonly #options: CrowdOptions<Api>

  constructor(options: CrowdOptions<Api>) {
    const { seed, size } = options
    this.#options = options
    this.simulation = new Simulation({ latency: constantLatency(latency), links: false, ...options })
    const random = this.simulation.random('contacts')
    for (let index = 0; index < size; index++) {
      const peer = this.add(`p${index}`)
      const contact = this.peers[index === 0 ? 0 : integer(random, index)]
      if (contact !== undefined && contact !== peer) this.simulation.connect(peer, contact)
      this.simulation.run(joinInterval)
    }
    void seed
  }

  add(name: string): SimulatedPeer<Api> {
    const peer = this.simulation.addPeer(name, (host) => this.#options.attach(host))
    this.peers.push(peer)
    return peer
  }

  get running(): SimulatedPeer<Api>[] {
    return this.peers.filter(({ state }) => state === 'running')
  }

  find(id: PeerId): SimulatedPeer<Api> | undefined {
    return this.peers[Number(id.slice(1))]
  }
}
