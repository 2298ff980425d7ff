import { beforeEach, expect, test } from 'vitest'
import type { DocumentId } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { createDocument } from '../../../crdt/index.ts'
import {
  UnsignedChangesError,
  documents,
  type DigestPurpose,
  type DocumentDigest,
  type Documents,
} from '../../../crdt/replicator/index.ts'

/** The documents of one peer, linked with another in whose name the test speaks; no time passes by itself. */
class Stage {
  readonly simulation = new Simulation()
  readonly documents: Documents
  readonly #own: SimulatedPeer<Documents>
  readonly #neighbour: SimulatedPeer<Documents>

  constructor() {
    this.#own = this.#peer('own')
    this.#neighbour = this.#peer('neighbour')
    this.documents = this.#own.api
    this.#own.host?.link(this.#neighbour)
  }

  hear(purpose: DigestPurpose, digests: readonly DocumentDigest[]): void {
    this.#own.host?.deliver('/peerloom/documents/1.0.0', { type: 'digests', purpose, digests }, this.#neighbour.id)
  }

  disconnect(): void {
    this.#own.host?.unlink(this.#neighbour)
  }

  compared(): ReadonlyMap<DocumentId, string> | undefined {
    return this.documents.comparisons().get(this.#neighbour.id)
  }

  #peer(name: string): SimulatedPeer<Documents> {
    const author = this.simulation.authorKey(name)
    return this.simulation.addPeer(name, (host) =>
      documents({ network: 'test', author, counter: 0, follow: ['*'] }).attach(host),
    )
  }
}

function unknown(count: number, from = 0): DocumentDigest[] {
  return Array.from({ length: count }, (_, index) => ({
    document: (from + index).toString(16).padStart(64, '0') as DocumentId,
    digest: new Uint8Array(8),
  }))
}

let stage: Stage
beforeEach(() => {
  stage = new Stage()
})

test('a peer has answered when its whole list was read, not when it has told something', () => {
  stage.documents.synchronise()
  stage.hear('news', [])
  stage.hear('question', [])
  stage.hear('answer', unknown(1000))
  expect(stage.compared()).toBeUndefined()
  stage.hear('answer', [])
  expect(stage.compared()?.size).toBe(1000)
  stage.documents.synchronise()
  expect(stage.compared()).toBeUndefined()
})

test('of what a stranger makes up, no more is remembered than shows that it differs', () => {
  for (let page = 0; page < 20; page++) stage.hear('answer', unknown(1000, 1000 * page))
  stage.hear('answer', [])
  expect(stage.compared()?.size).toBe(1000)
  stage.disconnect()
  expect(stage.compared()).toBeUndefined()
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
