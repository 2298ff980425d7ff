import { beforeEach, describe, expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import type { Host, Member } from '../../../node/protocol/index.ts'
import {
  documents,
  type DocumentStanding,
  type Documents,
  type DocumentsOptions,
  type ReplicatorEvent,
} from '../../../crdt/replicator/index.ts'

/** Two peers that know each other, connected. */
class Stage {
  readonly simulation = new Simulation()
  readonly members: Member[] = []
  readonly own: SimulatedPeer<Documents>
  readonly neighbour: SimulatedPeer<Documents>

  constructor(follow: readonly string[] = ['*'], author = 'neighbour') {
    this.own = this.#peer('own', { follow: ['*'] })
    this.neighbour = this.#peer('neighbour', { follow }, author)
    for (const { id } of [this.own, this.neighbour])
      this.members.push({ peer: id, state: 'alive', incarnation: 0, since: 0 })
    this.simulation.connect(this.own, this.neighbour)
    this.simulation.run(1000)
  }

  get documents(): Documents {
    return this.own.api
  }

  /** How the neighbour stands, by document. */
  standings(): Partial<DocumentStanding>[] {
    return this.documents.standings().filter(({ peer }) => peer === this.neighbour.id)
  }

  states(): Record<string, string> {
    return Object.fromEntries(this.standings().map(({ name = '?', state }) => [name, state ?? '']))
  }

  /** Writes into a document that the other gets nothing of. */
  writeUnheard(name: string, text: string, peer = this.own): void {
    const { network } = this.simulation
    network.configure({ loss: 1 })
    peer.api.open(name).text('body').insert(0, text)
    this.simulation.run(1000)
    network.configure({ loss: 0 })
  }

  told(peer = this.own): Extract<ReplicatorEvent, { readonly type: 'told' }>[] {
    const told: Extract<ReplicatorEvent, { readonly type: 'told' }>[] = []
    peer.api.subscribe((event) => (event.type === 'told' ? void told.push(event) : undefined))
    return told
  }

  #peer(name: string, options: Partial<DocumentsOptions>, author = name): SimulatedPeer<Documents> {
    const key = this.simulation.authorKey(author)
    const setup = (host: Host): Documents => {
      host.offer('membership', { members: () => this.members, sample: () => [], subscribe: () => {} })
      return documents({ network: 'test', author: key, counter: 0, ...options }).attach(host)
    }
    return this.simulation.addPeer(name, setup, { author })
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

describe('a document of another peer', () => {
  test('that has the same is equal, and nothing is missing', () => {
    stage.documents.open('notes').text('body').insert(0, 'hello')
    stage.simulation.run(5000)
    expect(stage.standings()).toEqual([
      {
        peer: stage.neighbour.id,
        document: stage.documents.list()[0]?.id,
        name: 'notes',
        state: 'equal',
        missingHere: 0,
        missingThere: 0,
        since: undefined,
        refusedHere: undefined,
        refusedThere: undefined,
      },
    ])
  })

  test('has not been compared while the peer has not answered, and the peer is named as well', () => {
    stage.documents.open('notes')
    stage.simulation.run(5000)
    const asked = stage.simulation.now
    stage.documents.synchronise()
    expect(stage.standings()).toMatchObject([
      { name: 'notes', state: 'not-compared', since: asked },
      { document: undefined, state: 'not-compared', since: asked },
    ])
    expect(stage.documents.isAgreed()).toBe(false)
    stage.simulation.run(1000)
    expect(stage.states()).toEqual({ notes: 'equal' })
    expect(stage.documents.isAgreed()).toBe(true)
  })

  test('that lacks something is behind, since a comparison has shown it', () => {
    stage.documents.open('notes')
    stage.documents.open('diary')
    stage.simulation.run(5000)
    stage.writeUnheard('notes', 'hello')
    const before = stage.simulation.now
    stage.documents.inspect(stage.neighbour.id, stage.documents.idOf(stage.documents.open('notes')))
    stage.simulation.network.configure({ loss: 0 })
    const seen: Partial<DocumentStanding>[] = []
    stage.documents.subscribe((event) => (event.type === 'told' ? void seen.push(...stage.standings()) : undefined))
    stage.simulation.run(1000)
    expect(seen[0]).toMatchObject({ name: 'notes', state: 'behind', missingHere: 0, missingThere: 5 })
    expect(seen[0]?.since).toBeGreaterThanOrEqual(before)
    expect(seen[1]).toMatchObject({ name: 'diary', state: 'equal' })
    stage.simulation.run(60_000)
    expect(stage.states()).toEqual({ notes: 'equal', diary: 'equal' })
  })

  test('that is not wanted there is not followed, and that is no disagreement', () => {
    stage = new Stage(['diary'])
    stage.documents.open('notes')
    stage.documents.open('diary')
    stage.simulation.run(5000)
    expect(stage.states()).toEqual({ notes: 'not-followed', diary: 'equal' })
    expect(stage.documents.isAgreed()).toBe(true)
  })

  test('that is not carried here yet is behind under its id', () => {
    stage.simulation.network.configure({ loss: 1 })
    stage.neighbour.api.open('notes')
    stage.simulation.run(1000)
    stage.simulation.network.configure({ loss: 0 })
    const [id] = stage.neighbour.api.list().map((document) => document.id)
    const seen: Partial<DocumentStanding>[] = []
    stage.documents.subscribe((event) => (event.type === 'carried' ? undefined : void seen.push(...stage.standings())))
    stage.documents.synchronise()
    stage.simulation.run(5000)
    expect(seen).toContainEqual(expect.objectContaining({ document: id, name: undefined, state: 'behind' }))
    expect(stage.states()).toEqual({ notes: 'equal' })
  })

  test('that refuses it says why', () => {
    const refused: ReplicatorEvent[] = []
    stage.documents.subscribe((event) => (event.type === 'refused' ? void refused.push(event) : undefined))
    const diary = stage.neighbour.api.create(new Uint8Array(16))
    stage.simulation.run(5000)
    const id = stage.neighbour.api.idOf(diary)
    // Somebody else's: this peer writes what the other will never take.
    stage.documents.openById(id)?.text('body').insert(0, 'mine')
    stage.simulation.run(5000)
    expect(refused[0]).toEqual({
      type: 'refused',
      peer: stage.neighbour.id,
      document: id,
      reason: 'not-permitted',
    })
    expect(stage.standings()).toMatchObject([{ document: id, state: 'refused', refusedThere: 'not-permitted' }])
    expect(stage.documents.isAgreed()).toBe(false)
  })

  test('of a member that is gone is not connected, since it went', () => {
    stage.documents.open('notes')
    stage.simulation.run(5000)
    stage.simulation.crash(stage.neighbour)
    const went = stage.simulation.now
    stage.simulation.run(1000)
    expect(stage.standings()).toMatchObject([{ name: 'notes', state: 'not-connected', missingHere: undefined }])
    expect(stage.standings()[0]?.since).toBeGreaterThanOrEqual(went)
    stage.members.pop()
    expect(stage.standings()).toEqual([])
  })

  test('is one of many, and may be asked for alone', () => {
    const notes = stage.documents.open('notes')
    stage.documents.open('diary')
    stage.simulation.run(5000)
    expect(stage.documents.standings(stage.documents.idOf(notes))).toMatchObject([{ name: 'notes', state: 'equal' }])
  })
})

describe('asked what it has of a document, a peer', () => {
  test('says how far each replica has come, where that differs', () => {
    const own = stage.documents.open('notes')
    const theirs = stage.neighbour.api.open('notes')
    own.text('body').insert(0, 'common')
    stage.simulation.run(5000)
    stage.writeUnheard('notes', 'own')
    stage.writeUnheard('notes', 'theirs', stage.neighbour)
    const told = stage.told()
    stage.documents.inspect(stage.neighbour.id, stage.documents.idOf(own))
    stage.simulation.run(5000)
    const [first] = told
    expect(first).toMatchObject({ missingHere: 6, missingThere: 3, isEqual: false })
    expect(first?.positions).toHaveLength(2)
    expect(first?.positions).toContainEqual({ replica: own.replica, here: 9, there: 6, isForked: false })
    const unknown = first?.positions.find(({ replica }) => replica !== own.replica)
    expect(unknown).toMatchObject({ here: 0, there: 6, isForked: false })
    expect(theirs.replica.startsWith(unknown?.replica ?? '?')).toBe(true)
    stage.documents.inspect(stage.neighbour.id, stage.documents.idOf(own))
    stage.simulation.run(5000)
    expect(told.at(-1)).toMatchObject({ isEqual: true, positions: [] })
  })

  test('shows a replica of which there are two histories', () => {
    stage = new Stage(['*'], 'own')
    const notes = stage.documents.open('notes')
    stage.neighbour.api.open('notes')
    stage.simulation.run(5000)
    stage.writeUnheard('notes', 'one')
    stage.writeUnheard('notes', 'other', stage.neighbour)
    const told = stage.told()
    const theirs = stage.told(stage.neighbour)
    stage.documents.inspect(stage.neighbour.id, stage.documents.idOf(notes))
    stage.simulation.run(100)
    const positions = [...told, ...theirs].flatMap((event) => event.positions)
    expect(positions).toContainEqual({ replica: notes.replica, here: 5, there: 3, isForked: true })
    stage.simulation.run(120_000)
    const [proven] = stage.documents.equivocations(stage.documents.idOf(notes))
    expect(proven).toMatchObject({ replica: notes.replica, sequence: 0 })
  })
})
