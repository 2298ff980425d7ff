import { describe, expect, test } from 'vitest'
import { createDocument, decodeChanges, loadDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { editRandomly } from './random-edits.ts'

interface Network {
  readonly random: Random
  readonly documents: readonly Document[]
  /** Changes on their way to each document. */
  readonly mail: Change[][]
}

function createNetwork(seed: number): Network {
  const random = createRandom(seed)
  const names = shuffle(random, ['a', 'b', 'B', 'c~', '0']).slice(0, 3 + (seed % 3))
  const documents = names.map((replica) => createDocument({ replica }))
  const mail = documents.map((): Change[] => [])
  for (const document of documents) {
    document.subscribe((event) => {
      if (event.type !== 'changed' || event.origin === 'remote') return
      for (const [other, box] of mail.entries()) {
        const copies = documents[other] === document ? 0 : integer(random, 3)
        for (let copy = 0; copy < copies; copy++) box.push(...event.changes)
      }
    })
  }
  return { random, documents, mail }
}

/** Delivers some of what is on its way, in any order. */
function deliver({ random, documents, mail }: Network, index: number): void {
  const box = shuffle(random, mail[index] as Change[])
  documents[index]?.apply(box.splice(0, integer(random, box.length + 1)))
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
    switch (integer(random, 6)) {
      case 0:
        deliver(network, index)
        break
      case 1: {
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
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'end equal after loss, duplicates and reordering (seed %i)',
    (seed) => {
      const network = run(seed, 80)
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

describe('every order of delivery', () => {
  /** Every order of the changes, dependencies ignored. */
  function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
    if (items.length === 0) yield []
    for (const [index, item] of items.entries()) {
      for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest]
    }
  }

  test.each([201, 202, 203])('of up to six changes gives the same document (seed %i)', (seed) => {
    const network = run(seed, 9)
    settle(network)
    const changes = decodeChanges((network.documents[0] as Document).encode()).slice(0, 6)
    const results = new Set<string>()
    for (const order of permutations(changes)) {
      const document = createDocument()
      document.apply(order)
      expect(document.statistics.changes + document.statistics.waiting).toBe(changes.length)
      results.add(JSON.stringify(document))
    }
    expect(results.size).toBe(1)
  })
})
