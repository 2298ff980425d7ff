// Two stores that differ by just so much, as often as wanted, without building them anew.
import { createRandom, integer, type DocumentId, type Random } from '../../node/protocol/index.ts'
import { HeadIndex, head, type Head, type HeadRecord } from '../../node/reconciliation/index.ts'

const key = new Uint8Array(32).fill(1)

export interface Stores {
  readonly one: HeadIndex
  readonly other: HeadIndex
  /** Makes so many hashes differ: half as many documents are changed in the second store. */
  differ(differences: number): void
  /** Makes the first store like the second. */
  repair(): void
}

export function twoStores(size: number): Stores {
  const random = createRandom(`stores/${size}`)
  const documents: DocumentId[] = []
  const one = new HeadIndex({ key, epoch: 1 })
  const other = new HeadIndex({ key, epoch: 2 })
  for (let count = 0; count < size; count++) {
    const { document, head } = randomRecord(random)
    documents.push(document)
    one.set(document, head)
    other.set(document, head)
  }
  const changed = new Set<DocumentId>()
  return {
    one,
    other,
    differ(differences) {
      while (changed.size < differences / 2) changed.add(documents[integer(random, size)] as DocumentId)
      for (const document of changed) other.set(document, randomHead(random))
    },
    repair() {
      for (const document of changed) one.set(document, other.get(document) as Head)
      changed.clear()
    },
  }
}

export function randomRecord(random: Random): HeadRecord {
  return { document: digits(random, 8) as DocumentId, head: randomHead(random) }
}

export function digits(random: Random, words: number): string {
  let text = ''
  for (let word = 0; word < words; word++) text += integer(random, 0x1_0000_0000).toString(16).padStart(8, '0')
  return text
}

function randomHead(random: Random): Head {
  return head(digits(random, 4))
}
