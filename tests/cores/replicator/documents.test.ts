import { beforeEach, expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { createDocument } from '../../../crdt/index.ts'
import {
  UnsignedChangesError,
  documents,
  type Difference,
  type Documents,
  type PeerStanding,
} from '../../../crdt/replicator/index.ts'

/** Two peers that follow everything, connected. */
class Stage {
  readonly simulation = new Simulation()
  readonly own: SimulatedPeer<Documents>
  readonly neighbour: SimulatedPeer<Documents>

  constructor() {
    this.own = this.#peer('own')
    this.neighbour = this.#peer('neighbour')
    this.simulation.connect(this.own, this.neighbour)
    this.simulation.run(1000)
  }

  get documents(): Documents {
    return this.own.api
  }

  standing(): PeerStanding | undefined {
    return this.documents.standings().get(this.neighbour.id)
  }

  #peer(name: string): SimulatedPeer<Documents> {
    const author = this.simulation.authorKey(name)
    return this.simulation.addPeer(name, (host) =>
      documents({ network: 'test', author, counter: 0, follow: ['*'] }).attach(host),
    )
  }
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

test('a peer has answered when all documents were compared, and not before', () => {
  expect(stage.standing()?.isAnswered).toBe(true)
  stage.documents.synchronise()
  expect(stage.standing()?.isAnswered).toBe(false)
  stage.simulation.run(1000)
  expect(stage.standing()?.isAnswered).toBe(true)
})

test('a document that differs is named, with what is missing where and since when', () => {
  const { simulation, own, neighbour } = stage
  simulation.network.configure({ loss: 1 })
  const notes = stage.documents.open('notes')
  notes.text('body').insert(0, 'hello')
  simulation.run(1000)
  simulation.network.configure({ loss: 0 })
  const told: unknown[] = []
  for (const { id, api } of [own, neighbour]) {
    api.subscribe((event) => {
      if (event.type === 'told') told.push([id, event.missingHere, event.missingThere, event.isEqual])
    })
  }
  stage.documents.synchronise()
  simulation.run(60)
  const [difference] = stage.standing()!.differences.values() as Iterator<Difference> & Iterable<Difference>
  expect(difference).toMatchObject({ refusedHere: undefined, refusedThere: undefined })
  simulation.run(5000)
  expect(stage.standing()).toMatchObject({ isAnswered: true, differences: new Map() })
  expect(neighbour.api.open('notes').text('body').toString()).toBe('hello')
})

test('what one follows and the other does not carry is no difference', () => {
  const notes = stage.documents.create(new Uint8Array(16))
  stage.simulation.run(5000)
  expect(stage.documents.isFollowedBy(stage.neighbour.id, stage.documents.idOf(notes))).toBe(true)
  expect(stage.standing()?.differences.size).toBe(0)
})

test('a peer that is gone has no standing any more', () => {
  stage.simulation.crash(stage.neighbour)
  stage.simulation.run(1000)
  expect(stage.documents.standings().size).toBe(0)
})

test('changes merged past the peer are refused, and nothing made on them counts as saved', () => {
  const other = createDocument()
  other.text('body').insert(0, 'unsigned')
  const notes = stage.documents.open('notes')
  expect(() => notes.merge(other.encode())).toThrow(UnsignedChangesError)
  expect(() => notes.text('body').insert(0, 'on top of it')).toThrow(UnsignedChangesError)
  stage.simulation.run(1000)
  expect(stage.documents.version(stage.documents.idOf(notes))!.size).toBe(0)
})

test('a copy of what is here already may be merged', () => {
  const notes = stage.documents.open('notes')
  notes.text('body').insert(0, 'mine')
  notes.merge(notes.encode())
  notes.text('body').insert(4, ' still')
  stage.simulation.run(1000)
  expect(stage.documents.version(stage.documents.idOf(notes))!.get(notes.replica)).toBe(10)
})
