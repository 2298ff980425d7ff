import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DocumentStore } from '../../../node/protocol/index.ts'
import { memoryStore } from '../../../node/stores/memory/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import { documentStoreContract, type ContractCase } from '../../contracts/index.ts'

/** For SQLite, sqlite.test.ts kills a real process instead. */
const crashCase = 'what was acknowledged is there after a crash, and counters held then are lost'

/** @param leftOut names of the cases that this store has no place for */
function runAll(cases: readonly ContractCase[], leftOut: readonly string[]): void {
  for (const { name, run } of cases.filter((one) => one.leftOut === undefined)) test(name, run)
  test(`nothing but ${leftOut.length} cases that do not apply is left out`, () => {
    expect(cases.filter((one) => one.leftOut !== undefined).map(({ name }) => name)).toEqual(leftOut)
  })
}

describe('the store in memory', () => {
  const contract = documentStoreContract({
    open: async () => memoryStore(),
    dispose: (store) => store.close(),
  })
  runAll(contract, [
    'everything is there after closing and opening again',
    'a counter released before closing is leased again, one that was not is lost',
    crashCase,
  ])
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
  runAll(contract, [crashCase])
})
