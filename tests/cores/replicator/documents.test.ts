import { beforeEach, expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { createDocument } from '../../../crdt/index.ts'
import { UnsignedChangesError, documents, type Documents } from '../../../crdt/replicator/index.ts'

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
