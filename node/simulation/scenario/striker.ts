import type { Duration, PeerId } from '../../protocol/index.ts'
import type { SimulatedPeer } from '../simulated-peer.ts'
import type { Simulation } from '../simulation.ts'
import type { Fault } from './faults.ts'
import type { PeerChoice } from './peer-choice.ts'
import type { Picker } from './picker.ts'
import { createLatency, type Wires } from './wires.ts'

type Peer = SimulatedPeer<unknown>

/** Lays the faults of a scenario on a simulation. */
export class Striker {
  /** Peers that a fault was ever laid on, partitions and wires excepted. */
  readonly struck: Set<PeerId> = new Set<PeerId>()
  readonly #simulation: Simulation
  readonly #picker: Picker

  constructor(simulation: Simulation, picker: Picker) {
    this.#simulation = simulation
    this.#picker = picker
  }

  plan(fault: Fault): void {
    this.#at(fault.at, fault, 1)
  }

  #at(delay: Duration, fault: Fault, count: number): void {
    this.#simulation.at(delay, () => {
      this.#strike(fault)
      if (fault.every !== undefined && count < (fault.times ?? Infinity)) this.#at(fault.every, fault, count + 1)
    })
  }

  #strike(fault: Fault): void {
    const simulation = this.#simulation
    switch (fault.fault) {
      case 'partition':
        return this.#part(fault)
      case 'block':
        return this.#block(fault)
      case 'flap': {
        const { down, up } = fault
        const groups = this.#picker.chooseGroups(fault.groups)
        return simulation.flap(groups, { down, up, until: simulation.now + fault.for })
      }
      case 'degrade': {
        const { sendLoss = 0, receiveLoss = 0 } = fault
        const healed = { sendLoss: 0, receiveLoss: 0 }
        const end = (peer: Peer): void => simulation.degrade(peer, healed)
        return this.#each(fault, (peer) => simulation.degrade(peer, { sendLoss, receiveLoss }), end)
      }
      case 'suspend': {
        const { timers = true } = fault
        return this.#each(
          fault,
          (peer) => simulation.suspend(peer, { timers }),
          (peer) => simulation.resume(peer),
        )
      }
      case 'slow':
        return this.#each(
          fault,
          (peer) => simulation.slow(peer, fault.delay),
          (peer) => simulation.slow(peer, 0),
        )
      case 'crash':
        return this.#away(fault, (peer) => simulation.crash(peer))
      case 'stop':
        return this.#away(fault, (peer) => simulation.stop(peer))
      case 'restart':
        for (const peer of this.#picker.choose(fault.peers, (peer) => !isRunning(peer))) this.#restart(peer, fault.disk)
        return
      case 'resume':
        for (const peer of this.#picker.choose(fault.peers)) simulation.resume(peer)
        return
      case 'wires':
        return configure(simulation, fault.wires)
      case 'heal':
        return simulation.heal()
    }
  }

  #part(fault: Extract<Fault, { fault: 'partition' }>): void {
    const groups = this.#picker.chooseGroups(fault.groups, fault.over)
    if (fault.for === undefined) return this.#simulation.partition(...groups)
    // A flapping that is down once ends this partition alone, and leaves others as they are.
    this.#simulation.flap(groups, { down: fault.for, up: 1, until: this.#simulation.now + fault.for })
  }

  #block(fault: Extract<Fault, { fault: 'block' }>): void {
    const pairs: [Peer, Peer][] = []
    const receivers = this.#picker.choose(fault.to)
    for (const from of this.#picker.choose(fault.from)) {
      for (const to of receivers) if (to !== from) pairs.push([from, to])
    }
    for (const [from, to] of pairs) this.#simulation.block(from, to)
    if (fault.for === undefined) return
    this.#simulation.at(fault.for, () => {
      for (const [from, to] of pairs) this.#simulation.unblock(from, to, { partitions: false })
    })
  }

  /** Whoever came back meanwhile, and is away again, was sent away by somebody else, for as long as they say. */
  #away(fault: Extract<Fault, { fault: 'crash' | 'stop' }>, go: (peer: Peer) => void): void {
    const sessions = new Map<Peer, number>()
    const begin = (peer: Peer): void => {
      sessions.set(peer, peer.session)
      go(peer)
    }
    this.#each(fault, begin, (peer) => {
      if (peer.session === sessions.get(peer)) this.#restart(peer, fault.disk)
    })
  }

  #each(
    fault: { readonly peers: PeerChoice; readonly for?: Duration },
    begin: (peer: Peer) => void,
    end: (peer: Peer) => void,
  ): void {
    const peers = this.#picker.choose(fault.peers, isRunning)
    for (const peer of peers) {
      this.struck.add(peer.id)
      begin(peer)
    }
    if (fault.for !== undefined) {
      this.#simulation.at(fault.for, () => {
        for (const peer of peers) end(peer)
      })
    }
  }

  #restart(peer: Peer, disk = true): void {
    if (!isRunning(peer)) this.#simulation.restart(peer, { disk })
  }
}

function configure(simulation: Simulation, { latency, ...shares }: Wires): void {
  simulation.network.configure({ ...shares, ...(latency === undefined ? {} : { latency: createLatency(latency) }) })
}

export function isRunning(peer: Peer): boolean {
  return peer.state === 'running'
}
