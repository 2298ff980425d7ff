import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import type { DocumentStore } from '../../../node/protocol/index.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import { documentStoreContract } from '../../contracts/index.ts'

describe('the store in memory', () => {
  const contract = documentStoreContract({
    open: async () => memoryStore(),
    dispose: (store) => store.close(),
  })
  for (const { name, run, leftOut } of contract) test.skipIf(leftOut !== undefined)(name, run)
})

describe('the SQLite store', () => {
  const directories = new Map<DocumentStore, string>()
  const open = async (directory: string): Promise<DocumentStore> => {
    const store = await openSqliteStore(directory)
    directories.set(store, directory)
    return store
  }
  const contract = documentStoreContract({
    open: async () => open(await mkdtemp(join(tmpdir(), 'peerloom-store-'))),
    reopen: async (store) => {
      await store.close()
      return open(directories.get(store)!)
    },
    dispose: async (store) => {
      await store.close()
      await rm(directories.get(store)!, { recursive: true })
    },
  })
  for (const { name, run, leftOut } of contract) test.skipIf(leftOut !== undefined)(name, run)
})
