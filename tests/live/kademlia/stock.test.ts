import { afterEach, describe, expect, test } from 'vitest'
import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { encodeRecord, immutableKey, keyOf, ownedKey, sharedKey } from '../../../node/protocol/index.ts'
import type { OwnedRecord } from '../../../node/protocol/index.ts'
import { RegressionError } from '../../../overlays/kademlia/index.ts'
import { all, bytes, knows, peer, service, stock, stockKnows, stopAll, text, type Ours, type Stock } from './nodes.ts'

/** Busy machines take longer than vitest waits by itself. */
const patient = { timeout: 60_000 }

afterEach(stopAll)

/** Two that know only the one between them. */
async function chain(left: Stock | Ours, middle: Stock | Ours, right: Stock | Ours): Promise<void> {
  for (const end of [left, right]) await end.dial(middle.getMultiaddrs())
  for (const end of [left, right]) await knowEachOther(end, middle)
}

async function knowEachOther(one: Stock | Ours, other: Stock | Ours): Promise<void> {
  await Promise.all([knowsPeer(one, other.peerId), knowsPeer(other, one.peerId)])
}

function knowsPeer(node: Stock | Ours, other: Libp2pPeerId): Promise<void> {
  return isOurs(node) ? knows(node.services.dht, other) : stockKnows(node, other)
}

function isOurs(node: Stock | Ours): node is Ours {
  return 'neighbours' in node.services.dht
}

async function stockGets({ services }: Stock, key: string): Promise<string | undefined> {
  const values = (await all(services.dht.get(bytes(key)))).filter((event) => event.name === 'VALUE')
  return values.length === 0 ? undefined : text(values.at(-1)!.value)
}

describe('among stock libp2p nodes', () => {
  test('one of ours finds, through a stock node, another of ours and a stock node', async () => {
    const [left, middle, right, end] = await Promise.all([
      service({ openTo: 'anyone' }),
      stock(),
      service({ openTo: 'anyone' }),
      stock(),
    ])
    await chain(left, middle, right)
    await chain(left, middle, end)
    const key = keyOf('anything')
    // Whoever is told of in an answer is asked only if it is nearer to the key, but comes into the routing table.
    await knows(left.services.dht, right.peerId, end.peerId)
    const found = await left.services.dht.lookup(key)
    const everybody = [left, middle, right, end].map(({ peerId }) => peerId.toString())
    expect(found.toSorted()).toEqual(everybody.toSorted())
    expect((await left.services.dht.trace(key)).timeouts).toBe(0)
  })

  test('stock nodes find each other through one of ours', async () => {
    const [left, middle, right] = await Promise.all([stock(), service({ openTo: 'anyone' }), stock()])
    await chain(left, middle, right)
    const found = await all(left.services.dht.findPeer(right.peerId, { useCache: false }))
    const addresses = found.flatMap((event) => (event.name === 'FINAL_PEER' ? event.peer.multiaddrs.map(String) : []))
    expect(addresses).toContain(right.getMultiaddrs()[0]!.decapsulate('/p2p').toString())
    const closest = async (): Promise<string[]> => {
      const events = await all(left.services.dht.getClosestPeers(bytes('anything')))
      return events.flatMap((event) => (event.name === 'FINAL_PEER' ? [event.peer.id.toString()] : [])).toSorted()
    }
    // A stock node gives up whoever is too busy to answer it within moments.
    await expect.poll(closest, patient).toEqual([middle, right].map(({ peerId }) => peerId.toString()).toSorted())
  })

  test('what a stock node puts one of ours gets, and the other way round', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs())
    await knowEachOther(ours, theirs)
    await all(theirs.services.dht.put(bytes('/app/theirs'), bytes('1:from stock')))
    expect(text((await ours.services.dht.getValue('/app/theirs'))!)).toBe('1:from stock')
    await ours.services.dht.putValue('/app/ours', bytes('1:from ours'))
    expect(await stockGets(theirs, '/app/ours')).toBe('1:from ours')
    expect(await ours.services.dht.getValue('/app/nobody')).toBeUndefined()
  })

  test('what a stock node puts another gets of one of ours, when the first is gone', async () => {
    const [left, middle, right] = await Promise.all([stock(), service({ openTo: 'anyone' }), stock()])
    await left.dial(middle.getMultiaddrs())
    await knowEachOther(left, middle)
    await all(left.services.dht.put(bytes('/app/name'), bytes('1:kept')))
    await left.stop()
    await right.dial(middle.getMultiaddrs())
    await stockKnows(right, middle.peerId)
    expect(await stockGets(right, '/app/name')).toBe('1:kept')
  })

  test('providers are found in both directions, by the hash of what they provide', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs())
    await knowEachOther(ours, theirs)
    const [one, two] = [bytes('a file of theirs'), bytes('a file of ours')]
    const contentOf = async (content: Uint8Array): Promise<CID> => CID.createV1(raw.code, await sha256.digest(content))
    await all(theirs.services.dht.provide(await contentOf(one)))
    await foundBy(async () => {
      const providers = await ours.services.dht.providers(immutableKey(one))
      return providers.some((provider) => provider.peer === theirs.peerId.toString() && provider.addresses.length > 0)
    })
    await ours.services.dht.provide(immutableKey(two))
    await foundBy(async () => {
      const events = await all(theirs.services.dht.findProviders(await contentOf(two)))
      return events.some(
        (event) => event.name === 'PROVIDER' && event.providers.some(({ id }) => id.equals(ours.peerId)),
      )
    })
  })

  test('one of ours as an overlay of createPeer exchanges values with a stock node', async () => {
    const [theirs, ours] = await Promise.all([stock(), peer('home', { openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs()[0]!.toString())
    await knows(ours.overlays.dht, theirs.peerId)
    await ours.overlays.dht.putValue('/app/name', bytes('1:hello'))
    expect(await stockGets(theirs, '/app/name')).toBe('1:hello')
  })
})

describe('of what stock nodes put', () => {
  test('an older value does not replace a newer one', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs())
    await knowEachOther(ours, theirs)
    await ours.services.dht.putValue('/app/name', bytes('2:new'))
    const late = await all(theirs.services.dht.put(bytes('/app/name'), bytes('1:old')))
    expect(late.map(({ name }) => name)).toContain('QUERY_ERROR')
    expect(ours.services.dht.counters.regressions).toBe(1)
    expect(text((await ours.services.dht.getValue('/app/name'))!)).toBe('2:new')
    await expect(ours.services.dht.putValue('/app/name', bytes('1:old'))).rejects.toThrow(RegressionError)
    // The same once more, and a newer one, are welcome.
    for (const value of ['2:new', '3:newer']) await ours.services.dht.putValue('/app/name', bytes(value))
    expect(await stockGets(theirs, '/app/name')).toBe('3:newer')
  })

  test('records that are older, forged, misplaced or no records are refused', async () => {
    const permissive = { validators: { peerloom: () => {} }, selectors: { peerloom: () => 0 } }
    const [theirs, ours] = await Promise.all([stock(permissive), service({ openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs())
    await knowEachOther(ours, theirs)
    const { dht } = ours.services
    const key = ownedKey(dht.author, 'name')
    const write = { kind: 'owned', name: 'name' } as const
    const older = (await dht.put(key, { ...write, value: bytes('one') })) as OwnedRecord
    const newer = (await dht.put(key, { ...write, value: bytes('two') })) as OwnedRecord
    const stolen = { ...newer, sequence: 9, value: bytes('mine') }
    const attempts: [string, Uint8Array][] = [
      [key, value(encodeRecord(older))],
      [key, value(encodeRecord(stolen))],
      [sharedKey('name'), value(encodeRecord(newer))],
      [key, bytes('no record')],
      [key, Uint8Array.of(0)],
      [key, value(encodeRecord(newer), encodeRecord(older))],
      ['not a key', value(encodeRecord(newer))],
    ]
    for (const [at, attempt] of attempts) {
      const events = await all(theirs.services.dht.put(bytes(`/peerloom/${at}`), attempt))
      expect(events.map(({ name }) => name)).toContain('QUERY_ERROR')
    }
    const got = await dht.get(key)
    expect(got.map((record) => text(record.value))).toEqual(['two'])
    expect(await dht.get(sharedKey('name'))).toEqual([])
  })

  test('a value of a namespace that is not known is refused, in both directions', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone', namespaces: {} })])
    await ours.dial(theirs.getMultiaddrs())
    await knowEachOther(ours, theirs)
    const events = await all(theirs.services.dht.put(bytes('/app/name'), bytes('1:hello')))
    expect(events.map(({ name }) => name)).toContain('QUERY_ERROR')
    await expect(ours.services.dht.putValue('/app/name', bytes('1:hello'))).rejects.toThrow(RangeError)
    await expect(ours.services.dht.getValue('/app/name')).rejects.toThrow(RangeError)
    await expect(ours.services.dht.getValue('/peerloom/name')).rejects.toThrow(RangeError)
  })
})

/** One value of kad-dht of several records. */
function value(...records: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([records.length, ...records.flatMap((record) => [...record])])
}

/** Announcements are not acknowledged: asked again until they have come. */
async function foundBy(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await new Promise((resolve) => void setImmediate(resolve))
}
