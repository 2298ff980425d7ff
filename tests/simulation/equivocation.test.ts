import { expect, test } from 'vitest'
import { figure } from '../figures.ts'
import { createRandom, integer, type Random } from '../../node/protocol/index.ts'
import { Simulation, uniformLatency, type SimulatedPeer } from '../../node/simulation/index.ts'
import { AuthorQuarantinedError, documents, type Documents, type ReplicatorEvent } from '../../crdt/replicator/index.ts'
import type { Document } from '../../crdt/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { swim, type Swim } from '../../overlays/swim/index.ts'

interface Stack {
  readonly members: Swim
  readonly documents: Documents
}

type Peer = SimulatedPeer<Stack>

const antiEntropyPeriod = 5000

/** Two halves of a network, and an author who writes one history to each: as two peers with one key and one counter. */
class Halves {
  readonly simulation: Simulation
  readonly honest: readonly Peer[]
  /** One in each half. */
  readonly twins: readonly Peer[]
  readonly events: ReplicatorEvent[] = []
  /** Operations of honest peers that would survive a crash, by replica. */
  readonly saved = new Map<string, number>()
  readonly #random: Random

  constructor(seed: number) {
    this.#random = createRandom(`equivocation/${seed}`)
    this.simulation = new Simulation({ seed, encodeMessages: true, latency: uniformLatency(1, 100) })
    this.honest = ['ann', 'ben', 'cid', 'dot'].map((name) => this.#addPeer(name, name))
    this.twins = ['mallory in the one half', 'mallory in the other'].map((name) => this.#addPeer(name, 'mallory'))
    const [first, ...others] = this.#all
    for (const peer of others) peer.api.members.join([first!.id])
    this.simulation.run(3000)
  }

  get #all(): readonly Peer[] {
    return [...this.honest, ...this.twins]
  }

  /** Each half writes by itself, the twins among them. */
  divide(): void {
    const [ann, ben, cid, dot] = this.honest as [Peer, Peer, Peer, Peer]
    const [one, other] = this.twins as [Peer, Peer]
    this.simulation.partition([ann, ben, one], [cid, dot, other])
    for (let count = 0; count < 30; count++) {
      this.simulation.at(integer(this.#random, 8000), () => this.#edit(this.#all[integer(this.#random, 6)]!))
    }
    for (const twin of this.twins) this.simulation.at(100 + integer(this.#random, 1000), () => this.#edit(twin))
    this.simulation.run(10_000)
  }

  unite(): void {
    this.simulation.heal()
    for (let count = 0; count < 5; count++) {
      this.simulation.at(integer(this.#random, 8000), () => this.#edit(this.honest[integer(this.#random, 4)]!))
    }
    this.simulation.run(6 * antiEntropyPeriod)
  }

  states(): string[] {
    return this.honest.map(({ api }) => {
      const notes = api.documents.open('notes')
      return JSON.stringify([notes.version, notes.toJSON()])
    })
  }

  #addPeer(name: string, author: string): Peer {
    return this.simulation.addPeer(
      name,
      (host): Stack => {
        const members = swim({}).attach(host)
        gossip().attach(host)
        const key = this.simulation.authorKey(author)
        const replicas = documents({ network: 'simulated', author: key, counter: 0, antiEntropyPeriod }).attach(host)
        replicas.subscribe((event) => this.#hear(name, replicas, event))
        replicas.open('notes')
        return { members, documents: replicas }
      },
      { author },
    )
  }

  #hear(name: string, replicas: Documents, event: ReplicatorEvent): void {
    this.events.push(event)
    if (event.type !== 'saved' || name.startsWith('mallory')) return
    this.saved.set(replicas.open('notes').replica, event.sequence)
  }

  #edit({ api }: Peer): void {
    const notes = api.documents.open('notes')
    try {
      editSomehow(notes, this.#random)
    } catch (error) {
      if (!(error instanceof AuthorQuarantinedError)) throw error
    }
  }
}

/** Also what refers to what others made: containers in containers, nodes of trees. */
function editSomehow(notes: Document, random: Random): void {
  const [text, list, tree] = [notes.text('body'), notes.list('tasks'), notes.tree('outline')]
  switch (integer(random, 6)) {
    case 0:
      return notes
        .map('meta')
        .create(`key${integer(random, 3)}`, 'text')
        .insert(0, 'new')
    case 1: {
      const nested = notes.map('meta').get(`key${integer(random, 3)}`)
      if (nested !== undefined && typeof nested === 'object' && nested !== null && 'insert' in nested) {
        ;(nested as { insert(index: number, text: string): void }).insert(0, 'more ')
      }
      return
    }
    case 2:
      return list.length > 1 ? list.move(0, list.length - 1) : list.insert(0, integer(random, 100))
    case 3: {
      const nodes = tree.nodes()
      tree.create(nodes.length === 0 ? undefined : nodes[integer(random, nodes.length)])
      return
    }
    case 4:
      return text.length > 4 ? text.delete(integer(random, text.length - 3), 3) : text.insert(0, 'hello')
    default:
      return text.insert(integer(random, text.length + 1), `<${integer(random, 1000)}>`)
  }
}

const seeds = figure('hashes', 100, 1000)

test(
  `two histories of one author in ${seeds} seeds, told to two halves: both converge, keep the proof and lose nobody else’s work`,
  { timeout: 10_000 * seeds },
  () => {
    let contested = 0
    let builtOn = 0
    for (let seed = 1; seed <= seeds; seed++) {
      const halves = new Halves(seed)
      halves.divide()
      halves.unite()
      const states = halves.states()
      expect(new Set(states).size, `seed ${seed}: ${states.join('\n')}`).toBe(1)
      for (const { api } of halves.honest) {
        const { version, statistics } = api.documents.open('notes')
        expect(statistics, `seed ${seed}`).toMatchObject({ waiting: 0, rejected: 0 })
        for (const [replica, sequence] of halves.saved) {
          expect(version.get(replica), `seed ${seed}`).toBeGreaterThanOrEqual(sequence)
        }
        const id = api.documents.idOf(api.documents.open('notes'))
        const [author, ...others] = api.documents.equivocations(id)
        if (author !== undefined) contested++
        expect(others).toEqual([])
        if (version.size > 5) builtOn++
      }
    }
    // Both twins wrote in nearly every run, and in many the others went on from what they wrote.
    expect(contested).toBeGreaterThan(3.6 * seeds)
    expect(builtOn).toBeGreaterThan(1.2 * seeds)
  },
)
