import type { Duration, Instant, MemberState, MembershipEvent, PeerId } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer, type SimulationOptions } from '../../../node/simulation/index.ts'
import { swim, type MemberUpdate, type Swim, type SwimCore, type SwimOptions } from '../../../overlays/swim/index.ts'
import { hostileDefinition, type Attack } from './hostile-member.ts'

/** A claim about somebody else. */
export function lie(peer: PeerId, state: MemberState, incarnation: number): MemberUpdate {
  return { peer, state, incarnation, addresses: [] }
}

interface HonestMember {
  readonly peer: SimulatedPeer<Swim>
  /** With the time at which each was told. */
  readonly events: (MembershipEvent & { readonly time: Instant })[]
}

/** Honest members that know each other, in virtual time, with hostile ones among them that answer probes as they do. */
export class HostileGroup {
  readonly simulation: Simulation
  readonly honest: readonly HonestMember[]
  readonly #options: SwimOptions

  constructor(size: number, options: SwimOptions = {}, simulation: SimulationOptions = {}) {
    this.simulation = new Simulation({ encodeMessages: true, ...simulation })
    this.#options = options
    this.honest = Array.from({ length: size }, (_, index) => this.#addHonest(`honest-${index}`))
    const [first] = this.honest
    if (first === undefined) throw new Error('A group without members')
    for (const { peer } of this.honest.slice(1)) peer.api.join([first.peer.id])
    this.simulation.run(20_000)
    for (const { events } of this.honest) events.length = 0
  }

  get ids(): readonly PeerId[] {
    return this.honest.map(({ peer }) => peer.id)
  }

  /** A hostile member that has joined, and from now on attacks. */
  attack(attack: Attack): SimulatedPeer<SwimCore> {
    const name = `hostile-${this.simulation.peers.length}`
    const definition = hostileDefinition(this.#options, attack)
    const peer = this.simulation.addPeer(name, (host) => host.run(definition, {}))
    peer.api.join(this.ids.slice(0, 1))
    return peer
  }

  addHonest(name: string): HonestMember {
    const member = this.#addHonest(name)
    member.peer.api.join(this.ids.slice(0, 1))
    return member
  }

  /** Honest members that run. */
  get running(): readonly HonestMember[] {
    return this.honest.filter(({ peer }) => peer.state === 'running')
  }

  /** What each running honest member holds of that peer. */
  views(of: PeerId): (MemberState | undefined)[] {
    return this.running.map(({ peer }) => peer.api.members().find((member) => member.peer === of)?.state)
  }

  /** Whether every running honest member has every other for alive. */
  get isWhole(): boolean {
    const ids = this.running.map(({ peer }) => peer.id)
    return ids.every((id) => this.views(id).every((state) => state === 'alive'))
  }

  /** How often others of them told that of an honest member. */
  count(type: MembershipEvent['type']): number {
    const ids = new Set(this.ids)
    return this.honest.flatMap(({ events }) => events).filter((event) => event.type === type && ids.has(event.peer))
      .length
  }

  /** The longest that one of them had another, which ran all the while, for gone. */
  get longestAbsence(): Duration {
    let longest = 0
    for (const { events } of this.honest) {
      const gone = new Map<PeerId, Instant>()
      for (const { type, peer, time } of events) {
        if (type === 'failed' || type === 'left') gone.set(peer, gone.get(peer) ?? time)
        else if (type === 'joined' && gone.has(peer) && this.ids.includes(peer)) {
          longest = Math.max(longest, time - (gone.get(peer) ?? time))
          gone.delete(peer)
        }
      }
    }
    return longest
  }

  #addHonest(name: string): HonestMember {
    const peer = this.simulation.addPeer(name, (host) => swim(this.#options).attach(host))
    const events: HonestMember['events'] = []
    peer.api.subscribe((event) => void events.push({ ...event, time: this.simulation.now }))
    return { peer, events }
  }
}
