import { assert } from '../../node/protocol/index.ts'
import { bytesOf, change, document, expectBytes, expectEqual, expectSets } from './change-sets.ts'
import type { AddStoreCase } from './document-store.ts'

export function addLeases(add: AddStoreCase): void {
  add('no two leases that are held have the same counter', async ({ open }) => {
    const store = await open()
    const leases = await Promise.all(Array.from({ length: 8 }, () => store.lease()))
    const counters = leases.map(({ counter }) => counter)
    expectEqual(new Set(counters).size, 8)
    assert(
      counters.every((counter) => Number.isSafeInteger(counter) && counter >= 0),
      'a counter is an integer from 0 on',
    )
  })

  add('a released counter is leased again, to one only', async ({ open }) => {
    const store = await open()
    const [first, second] = [await store.lease(), await store.lease()]
    await first.release()
    const third = await store.lease()
    expectEqual(third.counter, first.counter)
    const fourth = await store.lease()
    expectEqual(new Set([second.counter, third.counter, fourth.counter]).size, 3)
  })

  add('releasing twice does not take the counter from whoever leased it since', async ({ open }) => {
    const store = await open()
    const first = await store.lease()
    await first.release()
    const second = await store.lease()
    expectEqual(second.counter, first.counter)
    await first.release()
    const third = await store.lease()
    assert(third.counter !== second.counter, 'a counter that is held is leased to nobody else')
  })

  add('after a document was removed, no counter under which it may have been written comes back', async ({ open }) => {
    const store = await open()
    const [released, held] = [await store.lease(), await store.lease()]
    await released.release()
    await store.create({ id: document(1), genesis: bytesOf(1) })
    await store.remove(document(1))
    await held.release()
    const { counter } = await store.lease()
    assert(![released.counter, held.counter].includes(counter), 'a counter leased before the removal is lost')
  })
}

export function addReopening(add: AddStoreCase): void {
  add('everything is there after closing and opening again', async ({ open, reopen }) => {
    let store = await open()
    await store.create({ id: document(1), genesis: bytesOf(1) })
    await store.put('identity', bytesOf(2))
    const appends = [store.append([change(1, 'b', 3)]), store.append([change(1, 'a', 0), change(2, 'a', 0)])]
    store = await reopen(store)
    await Promise.all(appends)
    expectSets(await store.load(document(1)), [change(1, 'b', 3), change(1, 'a', 0)])
    expectSets(await store.load(document(2)), [change(2, 'a', 0)])
    expectEqual(
      (await store.list()).map(({ id, genesis }) => [id, [...genesis]]),
      [[document(1), [...bytesOf(1)]]],
    )
    expectBytes(await store.get('identity'), bytesOf(2))
    await store.append([change(1, 'b', 3), change(1, 'a', 1)])
    expectSets(await store.load(document(1)), [change(1, 'b', 3), change(1, 'a', 0), change(1, 'a', 1)])
  })

  add('a counter released before closing is leased again, one that was not is lost', async ({ open, reopen }) => {
    let store = await open()
    const lost = await store.lease()
    const released = await store.lease()
    await released.release()
    store = await reopen(store)
    const counters: number[] = []
    for (let count = 0; count < 4; count++) counters.push((await store.lease()).counter)
    assert(counters.includes(released.counter), 'the released counter is leased again')
    assert(!counters.includes(lost.counter), 'a lease that was not released is lost when the store closes')
    expectEqual(new Set(counters).size, counters.length)
    store = await reopen(store)
    const { counter } = await store.lease()
    assert(![lost.counter, ...counters].includes(counter), 'lost counters stay lost')
  })
}

export function addCrashes(add: AddStoreCase): void {
  add('what was acknowledged is there after a crash, and counters held then are lost', async ({ open, crash }) => {
    let store = await open()
    await store.create({ id: document(1), genesis: bytesOf(1) })
    await store.append([change(1, 'a', 0), change(1, 'a', 1)])
    await store.put('key', bytesOf(3))
    const held = await store.lease()
    const released = await store.lease()
    await released.release()
    store = await crash(store)
    expectSets(await store.load(document(1)), [change(1, 'a', 0), change(1, 'a', 1)])
    expectEqual((await store.list()).length, 1)
    expectBytes(await store.get('key'), bytesOf(3))
    const counters = [(await store.lease()).counter, (await store.lease()).counter]
    assert(counters.includes(released.counter), 'the released counter is leased again')
    assert(!counters.includes(held.counter), 'the counter held at the crash is lost')
  })
}
