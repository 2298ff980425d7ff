import { assert, createRandom, integer, jitter, type DocumentId, type Random } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import type { Document } from '../../crdt/index.ts'
import {
  AuthorQuarantinedError,
  DocumentAsleepError,
  DivergenceChecker,
  authorReplicaId,
  documentId,
  encodeGenesis,
  replicatorDefinition,
  type ReplicatorEntry,
  type ReplicatorEvent,
  type ShownDocument,
} from '../../crdt/replicator/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { IncarnationChecker, swim, type MembershipView, type Swim } from '../../overlays/swim/index.ts'
import { drawClock } from './clocks.ts'
import { tapDocuments, type TappedDocuments } from './tapped-documents.ts'
import { forged, tear } from './whole-system-faults.ts'
import { DurabilityChecker, SignatureChecker, type Writer } from './whole-system-checkers.ts'

interface Stack extends TappedDocuments {
  readonly members: Swim
}

type Peer = SimulatedPeer<Stack>

const antiEntropyPeriod = 10_000

/** Faults that no run recovers from, planted to see that they are found. */
export type Sabotage = 'wiped disk' | 'no healing' | 'no signatures' | 'told before written'

/** Two peers with the key and the counter of one author: they write two histories, in some seeds. */
const author = 'mallory'

/** Of the document that the first peer owns. */
const nonce = new Uint8Array(16).fill(5)

/** Written by one peer, and carried by another that follows its name and nothing else. */
const diary = 'diary/today'

/** What the whole system looked like at the end of a run. */
export interface Outcome {
  readonly traceHash: string
  readonly events: number
  readonly acknowledged: number
  /** Acknowledged operations that some replica lacks. */
  readonly lost: readonly string[]
  /** How often something was not taken in, by reason: shows which faults there were. */
  readonly rejected: Readonly<Record<string, number>>
  /** Documents that a restarted peer read when it needed them. */
  readonly loaded: number
  /** Each replica's content and version, as text; all equal when the run is good. */
  readonly states: readonly string[]
}

/**
 * Membership, gossip and replication together, under faults drawn from the seed: lossy, doubling, reordering wires (two
 * messages of five are overtaken, one of a hundred by 25 and some by more than 150 of the same way),
 * partitions of several shapes, crashes and restarts, disks that are slow, lose what was not flushed and tear what was
 * being written, clocks that agree on nothing, a forger, and in one seed of four an author with two histories; then
 * everything heals and has three periods of anti-entropy.
 *
 * All carry one document in which everybody writes, and one that its owner writes; two carry one that is followed by name.
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
  /** By document and replica, how many operations were acknowledged. */
  readonly #acknowledged = new Map<string, { readonly document: DocumentId; readonly replica: string; count: number }>()
  readonly #twins: readonly string[]
  readonly #rejected = new Map<string, number>()
  #loaded = 0

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
      flushDelay: 1 + integer(random, 500),
      tear: (_protocol, entry, chance) => tear(entry as ReplicatorEntry, chance),
    })
    const hasTwins = sabotage === undefined && seed % 4 === 0
    const count = 3 + integer(random, 4) + Number(hasTwins)
    const names = Array.from({ length: count }, (_, index) => `peer${index}`)
    this.#twins = hasTwins ? names.slice(-2) : []
    for (const name of names) this.#addPeer(name)
    this.#simulation.addChecker(new DivergenceChecker(() => this.#shown()))
    this.#simulation.addChecker(new IncarnationChecker(() => this.#running().map(viewOf)))
    this.#simulation.addChecker(
      new SignatureChecker(this.#simulation, () => this.#running().map(({ id, api }) => [id, api.core] as const)),
    )
    this.#simulation.addChecker(new DurabilityChecker((peer) => this.#writer(peer)))
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
    for (let count = 0; count < 3; count++) {
      this.#simulation.at(integer(random, 60_000), () => this.#forge(this.#anyPeer()))
    }
    this.#simulation.run(60_000)
  }

  recover(): void {
    this.#simulation.heal()
    if (this.#sabotage === 'wiped disk' || this.#sabotage === 'no healing') this.#sabotageNow()
    this.#simulation.network.configure({ loss: 0, duplication: 0, reordering: 0, latency: uniformLatency(1, 50) })
    for (const peer of this.#peers) if (peer.state !== 'running') this.#restart(peer)
    // Whoever only carries a document reads it now, to show it at the end.
    for (const peer of this.#peers.slice(1, 3)) peer.api.documents.open(diary)
    for (const peer of this.#peers) this.#owned(peer)
    // Three periods with their jitter of a fifth.
    this.#simulation.run(3 * 1.2 * antiEntropyPeriod)
  }

  outcome(): Outcome {
    const lost = [...this.#acknowledged.values()].flatMap(({ document, replica, count }) =>
      this.#honest.flatMap(({ id, api }) => {
        const version = api.documents.version(document)
        if (version === undefined || version.get(replica) >= count) return []
        return [`${id} has ${version.get(replica)} of ${count} of ${replica} in ${document}`]
      }),
    )
    const [, writer, follower] = this.#peers as [Peer, Peer, Peer]
    const diaries = [writer, follower].map(({ api }) => describe(api.documents.open(diary)))
    if (diaries[0] !== diaries[1]) lost.push(`${follower.id} follows ${diary} and shows ${diaries.join(', not ')}`)
    return {
      traceHash: this.#simulation.traceHash,
      events: this.#simulation.events,
      acknowledged: [...this.#acknowledged.values()].reduce((sum, { count }) => sum + count, 0),
      lost,
      rejected: Object.fromEntries(this.#rejected),
      loaded: this.#loaded,
      states: this.#honest.map((peer) => [notesOf(peer), this.#owned(peer)].map(describe).join()),
    }
  }

  /** One peer writes, behind a cut, what nobody else has; then the cut stays, or its disk goes. */
  #sabotageNow(): void {
    const [first, ...others] = this.#peers as [Peer, ...Peer[]]
    this.#simulation.run(20_000)
    if (first.state !== 'running') this.#restart(first)
    this.#simulation.partition([first], others)
    notesOf(first).text('body').insert(0, 'nobody else has this')
    this.#simulation.run(1000)
    if (this.#sabotage === 'no healing') return
    this.#simulation.crash(first)
    this.#simulation.restart(first, { disk: false })
    this.#simulation.heal()
  }

  #addPeer(name: string): void {
    const clock = drawClock(createRandom(`clock/${this.#simulation.seed}/${name}`))
    const isFirst = this.#peers.length === 0
    const isSecond = this.#peers.length === 1
    const isThird = this.#peers.length === 2
    const isTwin = this.#twins.includes(name)
    const peer = this.#simulation.addPeer(
      name,
      (host): Stack => {
        this.#sessions.set(name, (this.#sessions.get(name) ?? -1) + 1)
        const members = swim({}).attach(host)
        gossip().attach(host)
        const tapped = tapDocuments(
          host,
          {
            network: 'simulated',
            author: host.peer.author,
            counter: this.#counterOf(name),
            antiEntropyPeriod,
            now: () => clock(this.#simulation.now),
            follow: isThird ? ['diary/*'] : [],
          },
          {
            believesAll: this.#sabotage === 'no signatures',
            hurries:
              this.#sabotage === 'told before written' ? (written) => this.#simulation.at(0, written) : undefined,
          },
        )
        tapped.documents.subscribe((event) => this.#hear(name, event))
        tapped.documents.open('notes')
        if (isSecond) tapped.documents.open(diary)
        if (isFirst) tapped.documents.create(nonce)
        else tapped.documents.openById(this.#ownedId)
        return { members, ...tapped }
      },
      isTwin ? { author } : {},
    )
    this.#peers.push(peer)
  }

  /** The counter of its present session. Twins have always the same. */
  #counterOf(name: string): number {
    return this.#twins.includes(name) ? 0 : (this.#sessions.get(name) ?? 0)
  }

  #writer(name: string): Writer {
    const peer = this.#peers.find(({ id }) => id === name)
    assert(peer !== undefined, 'whoever writes was added')
    return { peer, replica: authorReplicaId(peer.author, this.#counterOf(name)) }
  }

  get #ownedId(): DocumentId {
    const owner = this.#simulation.authorKey('peer0')
    return documentId(encodeGenesis({ kind: 'owned', network: 'simulated', owner, nonce }))
  }

  #owned({ api }: Peer): Document | undefined {
    return api.documents.openById(this.#ownedId)
  }

  /** What an author with two histories wrote is believed or not: nobody was promised anything. */
  #hear(name: string, event: ReplicatorEvent): void {
    if (event.type === 'loaded') this.#loaded++
    if (event.type === 'rejected') this.#rejected.set(event.reason, (this.#rejected.get(event.reason) ?? 0) + 1)
    if (event.type !== 'saved' || this.#twins.includes(name)) return
    const { document, sequence } = event
    const { replica } = this.#writer(name)
    const key = `${document} ${replica}`
    const known = this.#acknowledged.get(key)
    if (known === undefined) this.#acknowledged.set(key, { document, replica, count: sequence })
    else known.count = Math.max(known.count, sequence)
  }

  /** Those in which no author has written two histories: then one version may stand for two contents. */
  #shown(): ShownDocument[] {
    return this.#running().flatMap((peer) => {
      const notes = this.#twins.length > 0 ? undefined : notesOf(peer)
      // A checker changes nothing: it has nothing read.
      const owned = peer.api.core.log(this.#ownedId)?.isAsleep === false ? this.#owned(peer) : undefined
      return [notes, owned].flatMap((document) =>
        document === undefined ? [] : [{ peer: peer.id, id: peer.api.documents.idOf(document), document }],
      )
    })
  }

  /** Those whose author has one history. */
  get #honest(): readonly Peer[] {
    return this.#peers.filter(({ id }) => !this.#twins.includes(id))
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
    const [owner, writer] = this.#peers
    try {
      if (peer === owner && random.next() < 0.3) this.#owned(peer)?.text('body').insert(0, 'mine ')
      if (peer === writer && random.next() < 0.3) peer.api.documents.open(diary).list('days').insert(0, 'a day')
      this.#editNotes(notesOf(peer))
    } catch (error) {
      // A twin, as soon as it is known for what it is; and whoever does not wait for a document to be read.
      if (!(error instanceof AuthorQuarantinedError || error instanceof DocumentAsleepError)) throw error
    }
  }

  #editNotes(notes: Document): void {
    const random = this.#random
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
        text.insert(integer(random, text.length + 1), `<${notes.replica.slice(0, 4)}>`)
    }
  }

  /** Somebody sends what another is said to have written, under a counter of its own or after its last set. */
  #forge({ id, state, host, api }: Peer): void {
    if (state !== 'running') return
    const random = this.#random
    const claimed = this.#anyPeer()
    const document = api.documents.carry('notes')
    const log = api.core.log(document)
    const last = log?.isAsleep === false ? log.sets.at(-1) : undefined
    const isNext = last !== undefined && random.next() < 0.5
    const set = forged(claimed.author, document, isNext ? last : undefined)
    const from = this.#anyPeer()
    if (from.id !== id) host?.deliver(replicatorDefinition().name, { type: 'sets', sets: [set] }, from.id)
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

  /** In the midst of writing, for its disk. */
  #crash(peer: Peer): void {
    for (let count = 0; count < 3; count++) this.#edit(peer)
    this.#simulation.at(integer(this.#random, 200), () => this.#simulation.crash(peer))
    this.#simulation.at(200 + jitter(this.#random, 5000, 0.9), () => this.#restart(peer))
  }

  #restart(peer: Peer): void {
    if (peer.state === 'running') return
    this.#simulation.restart(peer)
    const others = this.#peers.filter((other) => other !== peer)
    peer.api.members.join(others.map((other) => other.id))
  }
}

function notesOf({ api }: Peer): Document {
  return api.documents.open('notes')
}

function describe(document: Document | undefined): string {
  return JSON.stringify([document?.toJSON(), document?.version])
}

function viewOf({ id: self, api: { members } }: Peer): MembershipView {
  return { self, members: () => members.members() }
}
