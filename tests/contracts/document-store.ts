import { StoreClosedError, assert, type DocumentStore } from '../../node/protocol/index.ts'
import { bytesOf, change, document, expectBytes, expectEqual, expectSets, failure } from './change-sets.ts'
import { addCrashes, addLeases, addReopening } from './document-store-sessions.ts'

/** How the contract comes by the stores it tests. */
export interface DocumentStoreHarness {
  /** A new and empty store; no two share anything. */
  open(): Promise<DocumentStore>
  /** Opens again what a closed store has kept. Left out where nothing is kept. */
  reopen?(store: DocumentStore): Promise<DocumentStore>
  /** Ends the store as a crash would, without closing it, and opens what it has kept. Left out where nothing is kept. */
  crash?(store: DocumentStore): Promise<DocumentStore>
  /** Called for each store at the end of its case. Closes it where the case did not. */
  dispose(store: DocumentStore): Promise<void>
}

export interface ContractCase {
  /** A sentence. */
  readonly name: string
  /** Why the harness cannot run it: whoever runs the contract reports it as skipped. */
  readonly leftOut?: string
  readonly run: () => Promise<void>
}

/** What every `DocumentStore` promises. Each case can be run by any test runner, in a browser as well. */
export function documentStoreContract(harness: DocumentStoreHarness): readonly ContractCase[] {
  const cases: ContractCase[] = []
  const adding =
    (leftOut: string | undefined): AddStoreCase =>
    (name, test) => {
      cases.push({ name, run: () => withStores(harness, test), ...(leftOut === undefined ? {} : { leftOut }) })
    }
  const add = adding(undefined)
  addChanges(add)
  addDocuments(add)
  addLeases(add)
  addEnds(add)
  addReopening(adding(harness.reopen === undefined ? 'the harness cannot open a store again' : undefined))
  addCrashes(adding(harness.crash === undefined ? 'the harness cannot end a store as a crash does' : undefined))
  return cases
}

export type AddStoreCase = (name: string, test: (stores: Stores) => Promise<void>) => void

interface Stores {
  readonly open: () => Promise<DocumentStore>
  readonly reopen: (store: DocumentStore) => Promise<DocumentStore>
  readonly crash: (store: DocumentStore) => Promise<DocumentStore>
}

async function withStores(harness: DocumentStoreHarness, test: (stores: Stores) => Promise<void>): Promise<void> {
  const open = new Set<DocumentStore>()
  const track = (store: DocumentStore): DocumentStore => {
    open.add(store)
    return store
  }
  const replace = async (
    old: DocumentStore,
    by: ((store: DocumentStore) => Promise<DocumentStore>) | undefined,
  ): Promise<DocumentStore> => {
    assert(by !== undefined, 'this case needs a store that can be opened again')
    open.delete(old)
    return track(await by(old))
  }
  try {
    await test({
      open: async () => track(await harness.open()),
      reopen: (store) => replace(store, harness.reopen?.bind(harness)),
      crash: (store) => replace(store, harness.crash?.bind(harness)),
    })
  } finally {
    for (const store of open) await harness.dispose(store)
  }
}

function addChanges(add: AddStoreCase): void {
  add('change sets come back in the order they were appended', async ({ open }) => {
    const store = await open()
    const sets = [change(1, 'b', 7), change(1, 'a', 0), change(1, 'a', 5, 1), change(1, 'a', 5, 0), change(1, 'b', 2)]
    await store.append(sets.slice(0, 2))
    await store.append(sets.slice(2, 3))
    await store.append(sets.slice(3))
    await store.append([])
    expectSets(await store.load(document(1)), sets)
  })

  add('a document that nobody wrote to has no change sets', async ({ open }) => {
    const store = await open()
    expectSets(await store.load(document(9)), [])
  })

  add('a key that is there already is ignored, in a later append and within one', async ({ open }) => {
    const store = await open()
    const first = change(1, 'a', 0)
    const second = change(1, 'a', 1)
    await store.append([first])
    await store.append([{ ...first, bytes: bytesOf(99) }, second, { ...second, bytes: bytesOf(98) }])
    await store.append([first, second])
    expectSets(await store.load(document(1)), [first, second])
  })

  add('document, replica, sequence and fragment are all part of the key', async ({ open }) => {
    const store = await open()
    const sets = [change(1, 'a', 0), change(1, 'a', 0, 1), change(1, 'a', 1), change(1, 'b', 0)]
    await store.append([...sets, change(2, 'a', 0)])
    expectSets(await store.load(document(1)), sets)
    expectSets(await store.load(document(2)), [change(2, 'a', 0)])
  })

  add('appends made at once are all kept, in their order', async ({ open }) => {
    const store = await open()
    const sets = Array.from({ length: 50 }, (_, index) => change(1, 'a', index))
    await Promise.all(sets.map((set) => store.append([set])))
    expectSets(await store.load(document(1)), sets)
  })

  add('an append that is refused keeps none of its sets, and those beside it are kept', async ({ open }) => {
    const store = await open()
    const before = store.append([change(1, 'a', 0)])
    const refused = failure(store.append([change(1, 'b', 0), { ...change(1, 'b', 1), replica: '' }]))
    const after = store.append([change(1, 'c', 0)])
    await Promise.all([before, after])
    assert((await refused) instanceof Error, 'a replica id without characters is refused')
    expectSets(await store.load(document(1)), [change(1, 'a', 0), change(1, 'c', 0)])
  })

  add('a thousand sets in one append, the largest of 64 KiB', async ({ open }) => {
    const store = await open()
    const sets = Array.from({ length: 1_000 }, (_, index) => ({
      ...change(1 + (index % 3), `replica ${index % 7}`, index),
      bytes: bytesOf(index, index % 100 === 0 ? 65_536 : 150),
    }))
    await store.append(sets)
    for (const number of [1, 2, 3]) {
      expectSets(
        await store.load(document(number)),
        sets.filter((set) => set.document === document(number)),
      )
    }
  })

  add('the greatest numbers, every printable character and empty bytes are kept', async ({ open }) => {
    const store = await open()
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    const sets = [
      { ...change(1, printable.slice(0, 64), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) },
      { ...change(1, printable.slice(31), 0), bytes: new Uint8Array(0) },
    ]
    await store.append(sets)
    expectSets(await store.load(document(1)), sets)
  })

  add('changing bytes that were given or returned changes nothing that is kept', async ({ open }) => {
    const store = await open()
    const given = change(1, 'a', 0)
    const genesis = bytesOf(5)
    const value = bytesOf(6)
    const done = [store.append([given]), store.create({ id: document(1), genesis }), store.put('key', value)]
    for (const bytes of [given.bytes, genesis, value]) bytes.fill(0)
    await Promise.all(done)
    for (let round = 0; round < 2; round++) {
      const loaded = await store.load(document(1))
      expectSets(loaded, [change(1, 'a', 0)])
      const listed = await store.list()
      expectBytes(listed[0]?.genesis, bytesOf(5))
      const got = await store.get('key')
      expectBytes(got, bytesOf(6))
      for (const bytes of [loaded[0]?.bytes, listed[0]?.genesis, got]) bytes?.fill(0)
    }
  })
}

function addDocuments(add: AddStoreCase): void {
  add('documents are listed by id once they are created, however often that is', async ({ open }) => {
    const store = await open()
    expectEqual(await store.list(), [])
    for (const number of [3, 1, 2, 3]) await store.create({ id: document(number), genesis: bytesOf(number) })
    await store.create({ id: document(1), genesis: bytesOf(77) })
    expectEqual(
      (await store.list()).map(({ id, genesis }) => [id, [...genesis]]),
      [1, 2, 3].map((number) => [document(number), [...bytesOf(number)]]),
    )
  })

  add('documents are listed with the number of their change sets, each key counted once', async ({ open }) => {
    const store = await open()
    await store.append([change(2, 'a', 0)])
    for (const number of [1, 2, 3]) await store.create({ id: document(number), genesis: bytesOf(number) })
    await store.append([change(3, 'a', 0), change(3, 'a', 0), change(3, 'b', 0)])
    await store.append([change(3, 'a', 0), change(2, 'a', 5)])
    const numbers = async (): Promise<number[]> => (await store.list()).map(({ changeSets }) => changeSets)
    expectEqual(await numbers(), [0, 2, 2])
    await store.remove(document(2))
    await store.create({ id: document(2), genesis: bytesOf(2) })
    expectEqual(await numbers(), [0, 0, 2])
  })

  add('change sets may come before their document is created and are not listed by themselves', async ({ open }) => {
    const store = await open()
    await store.append([change(1, 'a', 0)])
    expectEqual(await store.list(), [])
    await store.create({ id: document(1), genesis: bytesOf(1) })
    expectEqual((await store.list()).length, 1)
    expectSets(await store.load(document(1)), [change(1, 'a', 0)])
  })

  add('a removed document is gone with its change sets, others stay, and it can come back', async ({ open }) => {
    const store = await open()
    for (const number of [1, 2]) {
      await store.create({ id: document(number), genesis: bytesOf(number) })
      await store.append([change(number, 'a', 0), change(number, 'a', 1)])
    }
    await store.remove(document(1))
    await store.remove(document(8))
    expectEqual(
      (await store.list()).map(({ id }) => id),
      [document(2)],
    )
    expectSets(await store.load(document(1)), [])
    expectSets(await store.load(document(2)), [change(2, 'a', 0), change(2, 'a', 1)])
    await store.create({ id: document(1), genesis: bytesOf(4) })
    await store.append([change(1, 'a', 1)])
    expectSets(await store.load(document(1)), [change(1, 'a', 1)])
  })

  add('many documents do not mix', async ({ open }) => {
    const store = await open()
    const numbers = Array.from({ length: 200 }, (_, index) => index + 1)
    await Promise.all(numbers.map((number) => store.create({ id: document(number), genesis: bytesOf(number) })))
    await store.append(numbers.flatMap((number) => [change(number, 'a', 0), change(number, 'b', number)]))
    expectEqual(
      (await store.list()).map(({ id }) => id),
      numbers.map(document).sort(),
    )
    for (const number of numbers) {
      expectSets(await store.load(document(number)), [change(number, 'a', 0), change(number, 'b', number)])
    }
  })

  add('a value is what was put last, and undefined before; any name will do', async ({ open }) => {
    const store = await open()
    for (const key of ['identity', '', '__proto__', 'constructor', 'ключ 🔑']) {
      expectEqual(await store.get(key), undefined)
      await store.put(key, bytesOf(1))
      await store.put(key, bytesOf(key.length + 2))
      expectBytes(await store.get(key), bytesOf(key.length + 2))
    }
    await store.put('empty', new Uint8Array(0))
    expectBytes(await store.get('empty'), new Uint8Array(0))
  })

  add('values whose names begin alike are found together, in the order of their names', async ({ open }) => {
    const store = await open()
    const keys = ['a/1', 'a/2', 'a/ключ', 'a/\u{10000}', 'a/\uffff', 'a', 'b/1']
    await store.change(keys.map((key) => ({ key, value: bytesOf(key.length) })))
    const found = await store.scan('a/')
    expectEqual(
      found.map(({ key }) => key),
      keys.slice(0, 5).sort(),
    )
    for (const { key, value } of found) expectBytes(value, bytesOf(key.length))
    expectEqual((await store.scan('')).length, keys.length)
    expectEqual(await store.scan('c'), [])
  })

  add('of several changes of one value the last counts, and what was deleted is gone', async ({ open }) => {
    const store = await open()
    const given = bytesOf(1)
    const changed = store.change([
      { key: 'a', value: bytesOf(3) },
      { key: 'b', value: bytesOf(3) },
      { key: 'a', value: given },
      { key: 'b' },
      { key: 'never' },
    ])
    given.fill(9)
    await changed
    expectBytes(await store.get('a'), bytesOf(1))
    expectEqual(await store.get('b'), undefined)
    await store.change([{ key: 'a' }])
    expectEqual(await store.scan(''), [])
  })
}

function addEnds(add: AddStoreCase): void {
  add('after close everything is refused with StoreClosedError, and closing again is no error', async ({ open }) => {
    const store = await open()
    const lease = await store.lease()
    await store.close()
    await store.close()
    const calls = [
      store.append([change(1, 'a', 0)]),
      store.load(document(1)),
      store.create({ id: document(1), genesis: bytesOf(1) }),
      store.list(),
      store.remove(document(1)),
      store.get('key'),
      store.put('key', bytesOf(1)),
      store.scan('key'),
      store.change([{ key: 'key' }]),
      store.lease(),
      lease.release(),
    ]
    const failures = await Promise.all(calls.map((call) => failure(call)))
    for (const [index, error] of failures.entries()) {
      assert(error instanceof StoreClosedError, `call ${index} after close rejects with StoreClosedError, not ${error}`)
    }
  })

  add('an append that is under way when the store is closed is still kept', async ({ open }) => {
    const store = await open()
    const appends = [store.append([change(1, 'a', 0)]), store.append([change(1, 'a', 1)])]
    const closed = store.close()
    await Promise.all([...appends, closed])
  })
}
