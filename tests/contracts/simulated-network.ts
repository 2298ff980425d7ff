import type { Overlay } from '../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer, type SimulationOptions } from '../../node/simulation/index.ts'
import type { ContractNetwork, ContractPeer } from './network.ts'

/** More than any wait of a contract takes, in virtual time. */
const patience = 300_000

/** Virtual time after which promises have their turn. */
const step = 100

/** More than one promise of an overlay's face waits for another. */
const promiseTurns = 32

/**
 * A network of one overlay in the simulator, for the contracts of the roles. Links are told of as dials would. Virtual
 * time passes only while a case waits, so nothing of it takes long.
 */
export class SimulatedNetwork<Api> implements ContractNetwork<Api> {
  readonly simulation: Simulation
  readonly #overlay: () => Overlay<Api>
  readonly #settleFor: number
  readonly #peers = new Map<string, SimulatedPeer<Api>>()

  /**
   * @param overlay of each peer, and again of each that is restarted
   * @param settleFor virtual milliseconds in which the overlay has done all that it does without being asked
   */
  constructor(overlay: () => Overlay<Api>, options: SimulationOptions = {}, settleFor = 20_000) {
    this.simulation = new Simulation(options)
    this.#overlay = overlay
    this.#settleFor = settleFor
  }

  add(): Promise<ContractPeer<Api>> {
    const name = `peer-${this.#peers.size}`
    const peer = this.simulation.addPeer(name, (host) => this.#overlay().attach(host))
    this.#peers.set(name, peer)
    return this.#introduce(peer)
  }

  restart({ id }: ContractPeer<Api>): Promise<ContractPeer<Api>> {
    const peer = this.#peer(id)
    this.simulation.restart(peer)
    return this.#introduce(peer)
  }

  async crash({ id }: ContractPeer<Api>): Promise<void> {
    this.simulation.crash(this.#peer(id))
  }

  async stop({ id }: ContractPeer<Api>): Promise<void> {
    this.simulation.stop(this.#peer(id))
  }

  async partition(left: readonly ContractPeer<Api>[], right: readonly ContractPeer<Api>[]): Promise<void> {
    this.simulation.partition(
      left.map(({ id }) => this.#peer(id)),
      right.map(({ id }) => this.#peer(id)),
    )
  }

  async heal(): Promise<void> {
    this.simulation.heal()
  }

  async until(condition: () => boolean, wish: string): Promise<void> {
    for (let waited = 0; !condition(); waited += step) {
      if (waited >= patience)
        throw new Error(`Waited ${patience} virtual ms for ${wish} (seed ${this.simulation.seed})`)
      this.simulation.run(step)
      await promises()
    }
  }

  async settle(): Promise<void> {
    for (let waited = 0; waited < this.#settleFor; waited += step) {
      this.simulation.run(Math.min(step, this.#settleFor - waited))
      await promises()
    }
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }

  #introduce(peer: SimulatedPeer<Api>): Promise<ContractPeer<Api>> {
    for (const other of this.#peers.values()) {
      if (other !== peer && other.state === 'running') this.simulation.connect(peer, other)
    }
    this.simulation.run(100)
    return Promise.resolve({ id: peer.id, api: peer.api })
  }

  #peer(id: string): SimulatedPeer<Api> {
    const peer = this.#peers.get(id)
    if (peer === undefined) throw new Error(`There is no peer ${id}`)
    return peer
  }
}

/** Lets those go on who wait for a promise that a core has settled. As many turns each time, so that runs are the same. */
async function promises(): Promise<void> {
  for (let turn = 0; turn < promiseTurns; turn++) await Promise.resolve()
}
