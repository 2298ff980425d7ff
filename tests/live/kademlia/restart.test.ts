import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { immutableKey, keyOf, ownedKey } from '../../../node/protocol/index.ts'
import { openSqliteStore } from '../../../node/stores/sqlite/index.ts'
import type { KademliaOptions } from '../../../overlays/kademlia/index.ts'
import { bytes, keptPeer, knows, peer, stopAll, text, type Created } from './nodes.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'peerloom-kademlia-'))
})

afterEach(async () => {
  await stopAll()
  await rm(root, { recursive: true })
})

function start(name: string, options?: KademliaOptions): Promise<Created> {
  return keptPeer('restart', join(root, name), options)
}

test('what the only holder of a record held is there when it comes back', async () => {
  const value = bytes('hello')
  const key = immutableKey(value)
  const first = await start('alice')
  await first.overlays.dht.put(key, { kind: 'immutable', value })
  await first.overlays.dht.put(ownedKey(first.overlays.dht.author, 'diary'), {
    kind: 'owned',
    name: 'diary',
    value: bytes('monday'),
  })
  await first.overlays.dht.putValue('/app/name', bytes('7:seven'))
  await first.stop()

  const again = await start('alice')
  const { dht } = again.overlays
  expect((await dht.get(key)).map((record) => text(record.value))).toEqual(['hello'])
  expect((await dht.get(ownedKey(dht.author, 'diary'))).map((record) => text(record.value))).toEqual(['monday'])
  expect(text((await dht.getValue('/app/name'))!)).toBe('7:seven')
  expect(await dht.handOver(), 'it still is what this peer is to hand over').toBe(false)
  // What was held stays what it was: it is no more put back than in one life.
  await expect(dht.putValue('/app/name', bytes('6:six'))).rejects.toThrow('newer')
})

test('a record that was acknowledged to another peer is there after a crash', async () => {
  const holder = await start('alice')
  const writer = await peer('restart', { writeQuorum: 2 })
  await writer.dial(holder.addresses[0]!)
  await Promise.all([knows(writer.overlays.dht, holder.id), knows(holder.overlays.dht, writer.id)])
  const value = bytes('hello')
  const key = immutableKey(value)
  await writer.overlays.dht.put(key, { kind: 'immutable', value })
  // The directory as it would be had the process been killed now.
  await cp(join(root, 'alice'), join(root, 'crashed'), { recursive: true })
  await writer.stop()
  await holder.stop()
  const crashed = await start('crashed')
  expect((await crashed.overlays.dht.get(key)).map((record) => text(record.value))).toEqual(['hello'])
})

test('who provides a key provides it after a restart, until it withdraws', async () => {
  const key = keyOf('song')
  const first = await start('alice')
  await first.overlays.dht.provide(key)
  await first.stop()
  const second = await start('alice')
  expect((await second.overlays.dht.providers(key)).map((provider) => provider.peer)).toEqual([second.id])
  second.overlays.dht.withdraw(key)
  await second.stop()
  const third = await start('alice')
  expect(await third.overlays.dht.providers(key)).toEqual([])
})

test('what made room in one life does not come back in the next, and limits that were lowered hold', async () => {
  const values = Array.from({ length: 12 }, (_, index) => bytes(`value ${index}`))
  const first = await start('alice', { recordLimit: 8 })
  for (const value of values) await first.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
  await first.stop()
  expect(await keptRecords('alice')).toBe(8)
  const second = await start('alice', { recordLimit: 4 })
  let found = 0
  for (const value of values) found += (await second.overlays.dht.get(immutableKey(value))).length
  await second.stop()
  expect(found).toBe(4)
  expect(await keptRecords('alice')).toBe(4)
})

async function keptRecords(name: string): Promise<number> {
  const store = await openSqliteStore(join(root, name))
  const kept = await store.scan('libp2p/kademlia/')
  await store.close()
  return kept.length
}
