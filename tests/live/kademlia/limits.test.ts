import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { afterEach, expect, test } from 'vitest'
import { immutableKey, keyOf, LookupFailedError, QuorumFailedError, sharedKey } from '../../../node/protocol/index.ts'
import { kademlia, type KademliaOptions } from '../../../overlays/kademlia/index.ts'
import {
  all,
  bytes,
  knows,
  knowsNobody,
  numbered,
  peer,
  service,
  stock,
  stockKnows,
  stopAll,
  text,
  type Stock,
} from './nodes.ts'

afterEach(stopAll)

test.each<[KademliaOptions, string]>([
  [{ bucketSize: 0 }, 'Cannot use bucketSize = 0 for kademlia: it must be an integer from 1'],
  [{ readQuorum: 21 }, 'Cannot use readQuorum = 21 for kademlia: it must be at most bucketSize = 20'],
  [{ writeQuorum: 21 }, 'Cannot use writeQuorum = 21'],
  [{ upkeepInterval: 0.5 }, 'Cannot use upkeepInterval = 0.5'],
  [{ providerLifetime: 2 ** 31 }, 'Cannot use providerLifetime = 2147483648'],
  [{ republishInterval: 1000 }, 'Cannot use republishInterval = 1000 for kademlia: it must be at least upkeepInterval'],
  [{ heldLimitBytes: 1000 }, 'Cannot use heldLimitBytes = 1000'],
  [{ openTo: 'all' as 'anyone' }, 'Cannot use openTo = all for kademlia: it must be network or anyone'],
  [{ protocol: 'kad' }, 'Cannot use protocol = kad for kademlia: it must be a name like /peerloom/kad/1.0.0'],
  [{ namespaces: { peerloom: numbered } }, 'Cannot use namespaces = peerloom'],
  [{ namespaces: { 'a/b': numbered } }, 'Cannot use namespaces = a/b'],
])('options that make no sense are refused: %o', (options, message) => {
  expect(() => kademlia(options)).toThrow(RangeError)
  expect(() => kademlia(options)).toThrow(message)
})

test('of more records than are held the farthest make room, but not those of this peer', async () => {
  const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone', recordLimit: 3, writeQuorum: 1 })])
  await ours.dial(theirs.getMultiaddrs())
  await stockKnows(theirs, ours.peerId)
  await ours.services.dht.putValue('/app/own', bytes('1:own'))
  for (let count = 0; count < 12; count++) await all(theirs.services.dht.put(bytes(`/app/${count}`), bytes('1:theirs')))
  const { stored, full } = ours.services.dht.counters
  expect(stored + full).toBe(13)
  // Whatever the order of distances, a third one is refused or makes the farthest go.
  await theirs.stop()
  await knowsNobody(ours.services.dht)
  const held: string[] = []
  for (const name of ['own', ...Array.from({ length: 12 }, (_, count) => String(count))]) {
    const value = await ours.services.dht.getValue(`/app/${name}`)
    if (value !== undefined) held.push(name)
  }
  expect(held).toHaveLength(3)
  expect(held).toContain('own')
})

test('records of this peer make room for its own, and for no others', async () => {
  const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone', recordLimit: 3, writeQuorum: 1 })])
  await ours.dial(theirs.getMultiaddrs())
  await stockKnows(theirs, ours.peerId)
  await all(theirs.services.dht.put(bytes('/app/theirs'), bytes('1:theirs')))
  for (let count = 0; count < 6; count++) await ours.services.dht.putValue(`/app/${count}`, bytes('1:ours'))
  expect(ours.services.dht.counters).toMatchObject({ displaced: 4, full: 0 })
  for (let count = 6; count < 12; count++) await all(theirs.services.dht.put(bytes(`/app/${count}`), bytes('1:theirs')))
  expect(ours.services.dht.counters).toMatchObject({ displaced: 4, full: 6 })
  await theirs.stop()
  await knowsNobody(ours.services.dht)
  const held: string[] = []
  for (let count = 0; count < 12; count++) {
    if ((await ours.services.dht.getValue(`/app/${count}`)) !== undefined) held.push(String(count))
  }
  expect(held).toHaveLength(3)
  expect(held.at(-1)).toBe('5')
})

test('the largest number of siblings is held, and who writes one more that is not kept is told', async () => {
  const [alice, bob] = await Promise.all([peer('siblings'), peer('siblings')])
  await bob.dial(alice.addresses[0]!)
  await knows(bob.overlays.dht, alice.id)
  const write = { kind: 'shared', name: 'name', replaces: [] } as const
  for (let count = 0; ; count++) {
    const value = bytes(`value ${count}`)
    const [outcome] = await Promise.allSettled([bob.overlays.dht.put(sharedKey('name'), { ...write, value })])
    const held = await alice.overlays.dht.get(sharedKey('name'))
    expect(held).toHaveLength(Math.min(count + 1, 16))
    expect(held.some((record) => text(record.value) === text(value))).toBe(outcome.status === 'fulfilled')
    // Which are kept is as good as chance: sooner or later one is not.
    if (outcome.status === 'fulfilled') continue
    expect(outcome.reason).toBeInstanceOf(QuorumFailedError)
    expect(outcome.reason).toMatchObject({ answered: 0, wanted: 2 })
    return
  }
})

test('providers of one key, and keys of one provider, are bounded', async () => {
  const [theirs, ours] = await Promise.all([
    stock(),
    service({ openTo: 'anyone', keysOfProviderLimit: 2, providersOfKeyLimit: 1 }),
  ])
  await ours.dial(theirs.getMultiaddrs())
  await knows(ours.services.dht, theirs.peerId)
  await stockKnows(theirs, ours.peerId)
  const announced = new Promise<void>((resolve) => {
    const look = (): void => (ours.services.dht.counters.full > 0 ? resolve() : void setImmediate(look))
    look()
  })
  for (const name of ['a', 'b', 'c']) {
    await all(theirs.services.dht.provide(CID.createV1(raw.code, await sha256.digest(bytes(name)))))
  }
  await announced
  expect(ours.services.dht.counters.full).toBe(1)
})

test('who has been forgotten makes room for another provider, once its time is over', async () => {
  // Clients are not asked, so that what is found is what ours remembers.
  const [gone, theirs, ours] = await Promise.all([
    stock({ clientMode: true }),
    stock({ clientMode: true }),
    service({ openTo: 'anyone', providersOfKeyLimit: 1, providerLifetime: 960 }),
  ])
  const content = CID.createV1(raw.code, await sha256.digest(bytes('a file')))
  const key = immutableKey(bytes('a file'))
  const provides = async ({ peerId }: Stock): Promise<boolean> =>
    (await ours.services.dht.providers(key)).some(({ peer }) => peer === peerId.toString())
  await ours.dial(gone.getMultiaddrs())
  await stockKnows(gone, ours.peerId)
  while (!(await provides(gone))) await all(gone.services.dht.provide(content))
  await gone.stop()
  await ours.peerStore.delete(gone.peerId)
  await ours.dial(theirs.getMultiaddrs())
  await stockKnows(theirs, ours.peerId)
  while (!(await provides(theirs))) await all(theirs.services.dht.provide(content))
  expect(await provides(gone)).toBe(false)
})

test('more requests than wait are refused at once, and those before them are answered', async () => {
  const [alice, bob] = await Promise.all([peer('pending', { parallelRequests: 1, pendingLimit: 2 }), peer('pending')])
  await bob.dial(alice.addresses[0]!)
  await knows(alice.overlays.dht, bob.id)
  const begun = Array.from({ length: 5 }, (_, index) => alice.overlays.dht.lookup(keyOf(`key ${index}`)))
  const outcomes = await Promise.allSettled(begun)
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
  expect((outcomes[4] as PromiseRejectedResult).reason).toBeInstanceOf(LookupFailedError)
})

test('a record of the largest size is got, as a whole', async () => {
  const [alice, bob] = await Promise.all([peer('large'), peer('large')])
  await bob.dial(alice.addresses[0]!)
  await knows(bob.overlays.dht, alice.id)
  const value = bytes('x'.repeat(65_536))
  await bob.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
  const [record] = await alice.overlays.dht.get(immutableKey(value))
  expect(text(record!.value)).toBe(text(value))
})
