import { describe, expect, test } from 'vitest'
import { createDocument, decodeChanges, loadDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { editRandomly } from './random-edits.ts'

interface Network {
  readonly random: Random
  readonly documents: Document[]
  /** Changes on their way to each document. */
  readonly mail: Change[][]
}

function createNetwork(seed: number): Network {
  const random = createRandom(seed)
  const names = shuffle(random, ['a', 'b', 'B', 'c~', '0']).slice(0, 3 + (seed % 3))
  const documents = names.map((replica) => createDocument({ replica }))
  const network: Network = { random, documents, mail: documents.map((): Change[] => []) }
  for (const document of documents) connect(network, document)
  return network
}

/** From now on each edit of the document is sent to every other one: not at all, once or twice. */
function connect({ random, documents, mail }: Network, document: Document): void {
  document.subscribe((event) => {
    if (event.type !== 'changed' || event.origin === 'remote') return
    for (const [other, box] of mail.entries()) {
      const copies = documents[other] === document ? 0 : integer(random, 3)
      for (let copy = 0; copy < copies; copy++) box.push(...event.changes)
    }
  })
}

/** Delivers some of what is on its way, in any order. */
function deliver({ random, documents, mail }: Network, index: number): void {
  const box = shuffle(random, mail[index] as Change[])
  const delivered = box.splice(0, integer(random, box.length + 1))
  if (integer(random, 2) === 0) documents[index]?.apply(delivered)
  else documents[index]?.apply(delivered)
}

/** Stops and goes on from what was saved: what waited is lost. */
function restart(network: Network, index: number): void {
  const stopped = network.documents[index] as Document
  const reopened = loadDocument(stopped.encode(), { replica: stopped.replica })
  network.documents[index] = reopened
  connect(network, reopened)
}

/** What was lost comes by way of what each knows to be missing. */
function settle({ documents }: Network): void {
  for (const from of documents) for (const to of documents) to.merge(from.changesSince(to.version))
  for (const from of documents) for (const to of documents) to.merge(from.changesSince(to.version))
}

function run(seed: number, steps: number): Network {
  const network = createNetwork(seed)
  const { random, documents } = network
  for (let step = 0; step < steps; step++) {
    const index = integer(random, documents.length)
    const document = documents[index] as Document
    switch (integer(random, 24)) {
      case 0:
      case 1:
      case 2:
      case 3:
        deliver(network, index)
        break
      case 4:
        restart(network, index)
        break
      case 5:
      case 6:
      case 7: {
        const other = documents[integer(random, documents.length)] as Document
        document.merge(other.changesSince(document.version))
        break
      }
      default:
        editRandomly(document, random)
    }
  }
  return network
}

describe('replicas of one document', () => {
  test.each(Array.from({ length: figure('groups', 60, 3000) }, (_, index) => index + 1))(
    'end equal after loss, duplicates, reordering and restarts (seed %i)',
    (seed) => {
      const network = run(seed, seed % 10 === 0 ? 300 : 80)
      settle(network)
      const [first, ...others] = network.documents as [Document, ...Document[]]
      expect(first.statistics.waiting).toBe(0)
      expect(first.statistics.rejected).toBe(0)
      for (const other of others) {
        expect(other.version.equals(first.version)).toBe(true)
        expect(other.frontier).toEqual(first.frontier)
        expect(other.toJSON()).toEqual(first.toJSON())
        expect(other.encode()).toEqual(first.encode())
      }
    },
  )

  test.each([101, 102, 103, 104, 105])('read the same from a file, and from changes in any order (seed %i)', (seed) => {
    const network = run(seed, 100)
    settle(network)
    const document = network.documents[0] as Document
    const loaded = loadDocument(document.encode())
    expect(loaded.toJSON()).toEqual(document.toJSON())
    expect(loaded.encode()).toEqual(document.encode())
    for (let round = 0; round < 5; round++) {
      const shuffled = createDocument()
      shuffled.apply(shuffle(network.random, decodeChanges(document.encode())))
      expect(shuffled.toJSON()).toEqual(document.toJSON())
      expect(shuffled.statistics.waiting).toBe(0)
    }
  })
})
