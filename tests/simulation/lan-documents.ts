import { createRandom, integer, sample, type DocumentId, type PeerId, type Random } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import { documents, type Documents, type ReplicatorEvent } from '../../crdt/replicator/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { swim, swimPresets, type Swim } from '../../overlays/swim/index.ts'

export interface LanTrial {
  readonly seed: number
  readonly peers: number
  readonly documents: number
  /** Changes while peers come and go; as many documents are made before, each with a change. */
  readonly changes: number
  /** Peers that crash, each to come back some seconds later. */
  readonly crashes: number
}

export interface LanFigures {
  readonly virtualSeconds: number
  /** Changes that would have survived the crash of whoever made them. */
  readonly acknowledged: number
  /** Acknowledged operations that some peer lacks at the end. */
  readonly lost: number
  /** Different states of all documents at the end, over all peers: 1 where they are equal. */
  readonly states: number
  /** Bytes on the wire of each protocol, by change that reached all. */
  readonly bytesPerChange: Readonly<Record<'documents' | 'gossip' | 'swim', number>>
  /** What the change sets alone take when each peer is sent each once, and its own not at all. */
  readonly leastBytesPerChange: number
}

interface Stack {
  readonly members: Swim
  readonly documents: Documents
}

type Peer = SimulatedPeer<Stack>

const antiEntropyPeriod = 30_000

/** A local network in which everybody follows every document, some write, and some crash and come back. */
export function runLan(trial: LanTrial): LanFigures {
  const lan = new Lan(trial)
  lan.gather()
  lan.disturb()
  lan.rest()
  return lan.figures()
}

class Lan {
  readonly #trial: LanTrial
  readonly #random: Random
  readonly #simulation: Simulation
  readonly #peers: Peer[] = []
  readonly #sessions = new Map<string, number>()
  /** By document and replica, how many of its operations were acknowledged. */
  readonly #acknowledged = new Map<string, number>()
  #changes = 0

  constructor(trial: LanTrial) {
    this.#trial = trial
    this.#random = createRandom(`lan/${trial.seed}`)
    this.#simulation = new Simulation({ seed: trial.seed, measureBytes: true, latency: uniformLatency(1, 3) })
    for (let index = 0; index < trial.peers; index++) this.#add(`peer${index}`)
    const [first, ...others] = this.#peers as [Peer, ...Peer[]]
    for (const peer of others) peer.api.members.join([first.id])
    this.#simulation.run(5000)
  }

  /** Every document is made by somebody, ten a second. */
  gather(): void {
    for (let number = 0; number < this.#trial.documents; number++) {
      this.#simulation.at(number * 100, () => this.#write(number))
    }
    this.#simulation.run(this.#trial.documents * 100 + 2000)
  }

  disturb(): void {
    const { changes, crashes, documents: count } = this.#trial
    const duration = changes * 20
    for (let number = 0; number < changes; number++) {
      this.#simulation.at(number * 20, () => this.#write(integer(this.#random, count)))
    }
    for (let number = 0; number < crashes; number++) {
      this.#simulation.at(integer(this.#random, duration), () => this.#crash())
    }
    this.#simulation.run(duration)
  }

  rest(): void {
    for (const peer of this.#peers) this.#restart(peer)
    this.#simulation.run(3 * 1.2 * antiEntropyPeriod)
  }

  figures(): LanFigures {
    const bytesOf = (protocol: string): number => {
      return this.#simulation.traffic(protocol).bytes / this.#changes
    }
    const [first] = this.#peers as [Peer]
    const least = first.api.documents.list().reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      virtualSeconds: this.#simulation.now / 1000,
      acknowledged: [...this.#acknowledged.values()].length,
      lost: this.#lost(),
      states: new Set(this.#peers.map(stateOf)).size,
      bytesPerChange: {
        documents: bytesOf('/peerloom/documents/1.0.0'),
        gossip: bytesOf('/peerloom/gossip/2.0.0'),
        swim: bytesOf('/peerloom/swim/1.0.0'),
      },
      leastBytesPerChange: (least * (this.#peers.length - 1)) / this.#changes,
    }
  }

  #lost(): number {
    let lost = 0
    for (const [key, count] of this.#acknowledged) {
      const [id, replica] = key.split(' ') as [DocumentId, string]
      for (const { api } of this.#peers) lost += Math.max(0, count - (api.documents.version(id)?.get(replica) ?? 0))
    }
    return lost
  }

  #add(name: string): void {
    this.#peers.push(
      this.#simulation.addPeer(name, (host): Stack => {
        const counter = this.#sessions.get(name) ?? 0
        this.#sessions.set(name, counter + 1)
        const members = swim(swimPresets.lan).attach(host)
        gossip().attach(host)
        const author = this.#simulation.authorKey(name)
        const replicas = documents({ network: 'lan', author, counter, follow: ['*'], antiEntropyPeriod }).attach(host)
        replicas.subscribe((event) => this.#hear(replicas, event))
        return { members, documents: replicas }
      }),
    )
  }

  #hear(replicas: Documents, event: ReplicatorEvent): void {
    if (event.type !== 'saved') return
    this.#changes++
    const key = `${event.document} ${replicas.replica}`
    this.#acknowledged.set(key, Math.max(event.sequence, this.#acknowledged.get(key) ?? 0))
  }

  #write(number: number): void {
    const running = this.#peers.filter(({ state }) => state === 'running')
    const peer = running[integer(this.#random, running.length)]
    const { documents } = peer?.api ?? {}
    const text = documents?.openById(documents.carry(`document ${number}`))?.text('body')
    if (text !== undefined) text.insert(integer(this.#random, text.length + 1), 'a word ')
    // It is being read: that takes no longer than this.
    else if (documents !== undefined) this.#simulation.at(100, () => this.#write(number))
  }

  #crash(): void {
    const [peer] = sample(this.#random, this.#peers, 1)
    if (peer?.state !== 'running') return
    this.#simulation.crash(peer)
    this.#simulation.at(1000 + integer(this.#random, 10_000), () => this.#restart(peer))
  }

  #restart(peer: Peer): void {
    if (peer.state === 'running') return
    this.#simulation.restart(peer)
    const others: PeerId[] = sample(this.#random, this.#peers, 4).map(({ id }) => id)
    peer.api.members.join(others)
  }
}

function stateOf({ api }: Peer): string {
  return api.documents
    .list()
    .map(({ id, version }) => `${id} ${JSON.stringify(version)}`)
    .sort()
    .join('\n')
}
