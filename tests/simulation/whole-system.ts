import { createRandom, integer, jitter, type Random } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import type { Document } from '../../crdt/index.ts'
import {
  DivergenceChecker,
  documents,
  type Documents,
  type ReplicatorEvent,
  type ShownDocument,
} from '../../crdt/replicator/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { IncarnationChecker, swim, type MembershipView, type Swim } from '../../overlays/swim/index.ts'

interface Stack {
  readonly members: Swim
  readonly documents: Documents
  readonly notes: Document
}

type Peer = SimulatedPeer<Stack>

const antiEntropyPeriod = 10_000

/** Faults that no run recovers from, planted to see that they are found. */
export type Sabotage = 'wiped disk' | 'no healing'

/** What the whole system looked like at the end of a run. */
export interface Outcome {
  readonly traceHash: string
  readonly events: number
  readonly acknowledged: number
  /** Acknowledged operations that some replica lacks. */
  readonly lost: readonly string[]
  /** Each replica's content and version, as text; all equal when the run is good. */
  readonly states: readonly string[]
}

/**
 * Membership, gossip and replication together, under faults drawn from the seed: lossy, doubling, reordering wires,
 * partitions of several shapes, crashes and restarts; then everything heals and has three periods of anti-entropy.
 */
export function runWholeSystem(seed: number, sabotage?: Sabotage): Outcome {
  const run = new WholeSystem(seed, sabotage)
  run.disturb()
  run.recover()
  return run.outcome()
}

class WholeSystem {
  readonly #sabotage: Sabotage | undefined
  readonly #random: Random
  readonly #simulation: Simulation
  readonly #peers: Peer[] = []
  /** Sessions of each peer so far: each writes under a counter of its own, as after an unclean start. */
  readonly #sessions = new Map<string, number>()
  /** By replica, how many of its operations were acknowledged. */
  readonly #acknowledged = new Map<string, number>()

  constructor(seed: number, sabotage: Sabotage | undefined) {
    this.#sabotage = sabotage
    this.#random = createRandom(`faults/${seed}`)
    const random = this.#random
    this.#simulation = new Simulation({
      seed,
      encodeMessages: true,
      latency: uniformLatency(1, 1 + integer(random, 2000)),
      loss: 0.3 * random.next(),
      duplication: 0.1 * random.next(),
      reordering: 0.2 * random.next(),
    })
    const count = 3 + integer(random, 4)
    for (let index = 0; index < count; index++) this.#addPeer(`peer${index}`)
    this.#simulation.addChecker(new DivergenceChecker(() => this.#running().map(shown)))
    this.#simulation.addChecker(new IncarnationChecker(() => this.#running().map(viewOf)))
    const [first] = this.#peers as [Peer]
    for (const peer of this.#peers.slice(1)) peer.api.members.join([first.id])
  }

  /** A minute of edits and faults. */
  disturb(): void {
    const random = this.#random
    for (let count = 0; count < 60; count++) {
      this.#simulation.at(integer(random, 60_000), () => this.#edit(this.#anyPeer()))
    }
    for (let count = 0; count < 1 + integer(random, 5); count++) {
      this.#simulation.at(integer(random, 50_000), () => this.#fault())
    }
    this.#simulation.run(60_000)
  }

  recover(): void {
    this.#simulation.heal()
    if (this.#sabotage !== undefined) this.#sabotageNow()
    this.#simulation.network.configure({ loss: 0, duplication: 0, reordering: 0, latency: uniformLatency(1, 50) })
    for (const peer of this.#peers) if (peer.state !== 'running') this.#restart(peer)
    // Three periods with their jitter of a fifth.
    this.#simulation.run(3 * 1.2 * antiEntropyPeriod)
  }

  outcome(): Outcome {
    const versions = this.#peers.map((peer) => peer.api.notes.version)
    const lost = [...this.#acknowledged].flatMap(([replica, count]) =>
      versions.flatMap((version, index) =>
        version.get(replica) >= count ? [] : [`peer${index} has ${version.get(replica)} of ${count} of ${replica}`],
      ),
    )
    return {
      traceHash: this.#simulation.traceHash,
      events: this.#simulation.events,
      acknowledged: [...this.#acknowledged.values()].reduce((sum, count) => sum + count, 0),
      lost,
      states: this.#peers.map(({ api: { notes } }) => JSON.stringify([notes.toJSON(), notes.version])),
    }
  }

  /** One peer writes, behind a cut, what nobody else has; then the cut stays, or its disk goes. */
  #sabotageNow(): void {
    const [first, ...others] = this.#peers as [Peer, ...Peer[]]
    this.#simulation.run(20_000)
    if (first.state !== 'running') this.#restart(first)
    this.#simulation.partition([first], others)
    first.api.notes.text('body').insert(0, 'nobody else has this')
    this.#simulation.run(1000)
    if (this.#sabotage === 'no healing') return
    this.#simulation.crash(first)
    this.#simulation.restart(first, { disk: false })
    this.#simulation.heal()
  }

  #addPeer(name: string): void {
    const peer = this.#simulation.addPeer(name, (host): Stack => {
      const counter = this.#sessions.get(name) ?? 0
      this.#sessions.set(name, counter + 1)
      const members = swim({}).attach(host)
      gossip().attach(host)
      const replicas = documents({
        network: 'simulated',
        author: this.#authorOf(name),
        counter,
        antiEntropyPeriod,
      }).attach(host)
      replicas.subscribe((event) => this.#hear(replicas, event))
      return { members, documents: replicas, notes: replicas.open('notes') }
    })
    this.#peers.push(peer)
  }

  /** The simulated world gives every peer a key of its own; the host signs with it. */
  #authorOf(name: string): Uint8Array {
    return this.#simulation.authorKey(name)
  }

  #hear(replicas: Documents, event: ReplicatorEvent): void {
    if (event.type !== 'saved') return
    const { replica } = replicas.open('notes')
    this.#acknowledged.set(replica, Math.max(event.sequence, this.#acknowledged.get(replica) ?? 0))
  }

  #running(): readonly Peer[] {
    return this.#peers.filter(({ state }) => state === 'running')
  }

  #anyPeer(): Peer {
    return this.#peers[integer(this.#random, this.#peers.length)] as Peer
  }

  #edit(peer: Peer): void {
    if (peer.state !== 'running') return
    const random = this.#random
    const { notes } = peer.api
    const text = notes.text('body')
    switch (integer(random, 6)) {
      case 0:
        notes.map('meta').set(`key${integer(random, 4)}`, integer(random, 100))
        return
      case 1:
        notes.counter('likes').add(1)
        return
      case 2:
        notes.set('tags').add(`tag${integer(random, 5)}`)
        return
      case 3:
        if (text.length > 4) text.delete(integer(random, text.length - 3), 3)
        return
      default:
        text.insert(integer(random, text.length + 1), `<${peer.id}>`)
    }
  }

  #fault(): void {
    const peers = this.#peers
    switch (integer(this.#random, 5)) {
      case 0:
        return this.#crash(this.#anyPeer())
      case 1: {
        const middle = 1 + integer(this.#random, peers.length - 1)
        return this.#cutFor(() => this.#simulation.partition(peers.slice(0, middle), peers.slice(middle)))
      }
      case 2:
        // A bridge: the first sees both others, they do not see each other.
        return this.#cutFor(() => this.#simulation.cut(peers[1] as Peer, peers[2] as Peer))
      case 3:
        return this.#cutFor(() => this.#simulation.block(this.#anyPeer(), this.#anyPeer()))
      default:
        for (let flap = 0; flap < 5; flap++) {
          this.#simulation.at(flap * 2000, () => this.#simulation.cut(peers[0] as Peer, peers[1] as Peer))
          this.#simulation.at(flap * 2000 + 1000, () => this.#simulation.heal())
        }
    }
  }

  #cutFor(cut: () => void): void {
    cut()
    this.#simulation.at(jitter(this.#random, 10_000, 0.5), () => this.#simulation.heal())
  }

  #crash(peer: Peer): void {
    this.#simulation.crash(peer)
    this.#simulation.at(jitter(this.#random, 5000, 0.9), () => this.#restart(peer))
  }

  #restart(peer: Peer): void {
    if (peer.state === 'running') return
    this.#simulation.restart(peer)
    const others = this.#peers.filter((other) => other !== peer)
    peer.api.members.join(others.map((other) => other.id))
  }
}

function shown({ id: peer, api: { documents: replicas, notes } }: Peer): ShownDocument {
  return { peer, id: replicas.idOf(notes), document: notes }
}

function viewOf({ id: self, api: { members } }: Peer): MembershipView {
  return { self, members: () => members.members() }
}
