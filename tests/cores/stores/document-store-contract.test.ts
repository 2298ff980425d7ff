import { expect, test } from 'vitest'
import type { DocumentId, DocumentStore, StoredChangeSet, ListedDocument } from '../../../node/protocol/index.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'
import { documentStoreContract } from '../../contracts/index.ts'

/** A store in memory with one thing wrong. */
type Fault = (right: DocumentStore) => Partial<DocumentStore>

function broken(fault: Fault): DocumentStore {
  const right = memoryStore()
  const wrong = fault(right)
  return new Proxy(right, {
    get: (_, name) => {
      const value: unknown = Reflect.get(name in wrong ? wrong : right, name)
      return typeof value === 'function' ? value.bind(name in wrong ? wrong : right) : value
    },
  })
}

async function failures(open: () => Promise<DocumentStore>): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run, leftOut } of documentStoreContract({ open, dispose: (store) => store.close() })) {
    if (leftOut !== undefined) continue
    await run().catch(() => failed.push(name))
  }
  return failed
}

const faults: Readonly<Record<string, Fault>> = {
  'change sets in another order': (right) => ({
    load: async (document: DocumentId) => (await right.load(document)).toReversed(),
  }),
  'a duplicate that replaces what was there': (right) => {
    const latest = new Map<string, StoredChangeSet>()
    const key = (set: StoredChangeSet): string => `${set.document} ${set.replica} ${set.sequence} ${set.fragment}`
    return {
      append: async (sets) => {
        for (const set of sets) latest.set(key(set), set)
        return right.append(sets)
      },
      load: async (document: DocumentId) =>
        (await right.load(document)).map((set) => ({ ...set, bytes: (latest.get(key(set)) ?? set).bytes.slice() })),
    }
  },
  'a key without its fragment': (right) => {
    const seen = new Set<string>()
    return {
      append: async (sets) =>
        right.append(
          sets.filter((set) => {
            const key = `${set.document} ${set.replica} ${set.sequence}`
            return !seen.has(key) && seen.add(key)
          }),
        ),
    }
  },
  'half of an append that is refused': (right) => ({
    append: async (sets) => {
      for (const set of sets) await right.append([set])
    },
  }),
  'bytes that are given and not copied': (right) => {
    const kept = new Map<string, Uint8Array>()
    return {
      put: async (key, value) => {
        kept.set(key, value)
        return right.put(key, value)
      },
      get: async (key) => ((await right.get(key)) === undefined ? undefined : kept.get(key)),
    }
  },
  'change sets that are counted each time they come': (right) => {
    const counts = new Map<DocumentId, number>()
    return {
      append: async (sets: readonly StoredChangeSet[]) => {
        for (const { document } of sets) counts.set(document, (counts.get(document) ?? 0) + 1)
        return right.append(sets)
      },
      list: async () => (await right.list()).map((listed) => ({ ...listed, changeSets: counts.get(listed.id) ?? 0 })),
    }
  },
  'documents out of order': (right) => ({
    list: async (): Promise<readonly ListedDocument[]> => (await right.list()).toReversed(),
  }),
  'a document that keeps its change sets when it is removed': (right) => {
    const removed = new Map<DocumentId, readonly StoredChangeSet[]>()
    return {
      remove: async (document) => {
        removed.set(document, await right.load(document))
        return right.remove(document)
      },
      load: async (document: DocumentId) => [...(removed.get(document) ?? []), ...(await right.load(document))],
    }
  },
  'a counter that is leased twice': () => ({
    lease: async () => ({ counter: 0, release: async () => undefined }),
  }),
  'a released counter that never comes back': () => {
    let next = 0
    return { lease: async () => ({ counter: next++, release: async () => undefined }) }
  },
  'reads after closing': (right) => ({
    load: async (document: DocumentId) => right.load(document).catch(() => []),
  }),
}

test('a store that is right keeps the contract', async () => {
  expect(await failures(async () => memoryStore())).toEqual([])
})

for (const [what, fault] of Object.entries(faults)) {
  test(`the contract notices ${what}`, async () => {
    expect(await failures(async () => broken(fault))).not.toEqual([])
  })
}
