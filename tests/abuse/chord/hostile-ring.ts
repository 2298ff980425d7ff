import { keyOf, type Key, type Overlay, type PeerId } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import {
  ChordCore,
  chordDefinition,
  ringNode,
  resolveChordOptions,
  type ChordEnvironment,
  type ChordMessage,
  type RingNode,
} from '../../../overlays/chord/index.ts'

/** What a hostile member does to what it is about to say. @param to whom; undefined for what it hears */
export type Corruption = (message: ChordMessage, self: PeerId, to?: PeerId) => ChordMessage

const clockwiseFrom = (nodes: readonly RingNode[], from: string): RingNode[] =>
  nodes.toSorted((left, right) => {
    const [leftIsFar, rightIsFar] = [left.point <= from, right.point <= from]
    if (leftIsFar !== rightIsFar) return leftIsFar ? 1 : -1
    return left.point < right.point ? -1 : 1
  })

/** Peers that do not exist, in the order of the ring. */
export const falseSuccessors: Corruption = (message, self) => {
  if (message.type !== 'neighbourhood') return message
  const invented = Array.from({ length: 8 }, (_, index) => ringNode(`invented ${index} by ${self}` as PeerId))
  return { ...message, successors: clockwiseFrom(invented, ringNode(self).point) }
}

/** Nobody but the one who asks and the one who answers, as if the ring were too small to be one. */
export const roundLists: Corruption = (message, _, to) => {
  if (message.type !== 'neighbourhood' || to === undefined) return message
  return { ...message, successors: [ringNode(to)], predecessor: ringNode(to) }
}

/** A list that ends at once: whoever follows it has nobody left when its head is gone. */
export const endedLists: Corruption = (message) =>
  message.type === 'neighbourhood' ? { ...message, successors: [] } : message

/** Always busy, so that nobody behind it ever gets a new list. */
export const everBusy: Corruption = (message) =>
  message.type === 'neighbourhood' ? { type: 'busy', number: message.number } : message

/** Whatever is looked for belongs to one of them. @param band who is in it */
export function wrongArcs(band: readonly PeerId[]): Corruption {
  let asked: Key | undefined
  return (message) => {
    if (message.type === 'step') asked = message.key
    if (message.type !== 'closer' && message.type !== 'found') return message
    const key = asked ?? keyOf('anything')
    const accomplices = clockwiseFrom(
      band.map((peer) => ringNode(peer)),
      key,
    )
    return { type: 'found', number: message.number, at: 0, successors: accomplices.slice(0, 8) }
  }
}

/** A member that keeps to the rules but for what it says. It hears what it is asked first. */
function hostile(corrupt: Corruption): Overlay<ChordCore> {
  return {
    attach(host) {
      const definition = chordDefinition()
      return host.run(
        {
          ...definition,
          create(environment, needs) {
            const spoilt: ChordEnvironment = {
              self: environment.self,
              random: environment.random,
              now: () => environment.now(),
              schedule: (timer, delay) => environment.schedule(timer, delay),
              emit: (event) => environment.emit(event),
              send: (to, message) => environment.send(to, corrupt(message, environment.self, to)),
            }
            const core = new ChordCore(spoilt, resolveChordOptions(), needs)
            const receive = core.receive.bind(core)
            core.receive = (message, from) => {
              if (message.type === 'step') corrupt(message, environment.self)
              receive(message, from)
            }
            return core
          },
        },
        { sample: () => [] },
      )
    },
  }
}

/** Honest members, and a few that are not. */
export class HostileRing {
  readonly simulation: Simulation
  readonly honest: SimulatedPeer<ChordCore>[] = []
  readonly band: readonly PeerId[]

  /** @param since when they begin to lie; until then they are like the others */
  constructor(
    seed: number,
    size: number,
    share: number,
    corruption: (band: readonly PeerId[]) => Corruption,
    since = 0,
  ) {
    this.simulation = new Simulation({ seed })
    const every = Math.round(1 / share)
    const isHostile = (index: number): boolean => index % every === every - 1
    this.band = Array.from({ length: size }, (_, index) => index)
      .filter(isHostile)
      .map((index) => `peer-${index}` as PeerId)
    const all: SimulatedPeer<unknown>[] = []
    for (let index = 0; index < size; index++) {
      const lie = corruption(this.band)
      const corrupt: Corruption = (message, self, to) =>
        this.simulation.now < since ? message : lie(message, self, to)
      const peer = isHostile(index)
        ? this.simulation.addPeer(`peer-${index}`, (host) => hostile(corrupt).attach(host))
        : this.simulation.addPeer(`peer-${index}`, (host) => host.run(chordDefinition(), { sample: () => [] }))
      for (const other of all.slice(-2)) this.simulation.connect(peer, other)
      all.push(peer)
      if (!isHostile(index)) this.honest.push(peer)
      this.simulation.run(200)
    }
    this.simulation.run(60_000)
  }

  /** Share of the honest peers that are on the ring. */
  get members(): number {
    return this.honest.filter(({ api }) => api.isMember).length / this.honest.length
  }

  /** The least `members` of the next minutes. */
  fewestMembers(minutes: number): number {
    let fewest = 1
    for (let second = 0; second < 60 * minutes; second++) {
      this.simulation.run(1000)
      fewest = Math.min(fewest, this.members)
    }
    return fewest
  }

  /** @returns the share of lookups by honest peers, as users make them, that find the right one of all members */
  rightLookups(count: number): number {
    return this.#lookups(count, (found, key) => found === ownerOf(key, [...this.#honestPeers, ...this.band]))
  }

  /** As `rightLookups`, where the hostile ones may as well have been passed over, and so be no members. */
  fittingLookups(count: number): number {
    const fits = (found: PeerId | undefined, key: Key): boolean =>
      found === ownerOf(key, [...this.#honestPeers, ...this.band]) || found === ownerOf(key, this.#honestPeers)
    return this.#lookups(count, fits)
  }

  get #honestPeers(): readonly PeerId[] {
    const { honest } = this
    return honest.map(({ id }) => id)
  }

  #lookups(count: number, isRight: (found: PeerId | undefined, key: Key) => boolean): number {
    let right = 0
    for (let number = 0; number < count; number++) {
      const key = keyOf(`key ${number}`)
      const from = this.honest[number % this.honest.length]
      from?.api.lookups.look(
        key,
        (outcome) => {
          if (outcome.type === 'found' && isRight(outcome.successors[0]?.peer, key)) right++
        },
        { inDoubt: 1 },
      )
    }
    this.simulation.run(15_000)
    return right / count
  }
}

function ownerOf(key: Key, peers: readonly PeerId[]): PeerId | undefined {
  const nodes = peers.map((peer) => ringNode(peer)).toSorted((left, right) => (left.point < right.point ? -1 : 1))
  return (nodes.find(({ point }) => point >= key) ?? nodes[0])?.peer
}
