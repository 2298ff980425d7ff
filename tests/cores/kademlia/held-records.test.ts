import { Record as Libp2pRecord } from '@libp2p/kad-dht'
import { toString } from 'uint8arrays'
import { describe, expect, test } from 'vitest'
import { recordId, sharedKey, VectorClock } from '../../../node/protocol/index.ts'
import type { SharedRecord } from '../../../node/protocol/index.ts'
// What a replica holds is no part of the overlay's interface.
// oxlint-disable-next-line no-restricted-imports
import { createCounters } from '../../../overlays/kademlia/counters.ts'
// oxlint-disable-next-line no-restricted-imports
import { kadIdOf } from '../../../overlays/kademlia/distance.ts'
// oxlint-disable-next-line no-restricted-imports
import { HeldRecords, NoRoomError } from '../../../overlays/kademlia/held-records.ts'
// oxlint-disable-next-line no-restricted-imports
import { Namespaces } from '../../../overlays/kademlia/namespaces.ts'
// oxlint-disable-next-line no-restricted-imports
import { resolveKademliaOptions } from '../../../overlays/kademlia/options.ts'
// oxlint-disable-next-line no-restricted-imports
import { decodeValue, encodeValue, valueKey } from '../../../overlays/kademlia/record-value.ts'

const key = valueKey(sharedKey('name'))
const name = `/dht/record/${toString(key, 'base32')}`

function replica(): { readonly held: HeldRecords; readonly counters: ReturnType<typeof createCounters> } {
  const counters = createCounters()
  const self = kadIdOf(new Uint8Array(1))
  const held = new HeldRecords(resolveKademliaOptions(), new Namespaces({}), counters, self, () => 0)
  return { held, counters }
}

/** Written without knowing of each other; sorted as replicas sort them, those that are kept first. */
const siblings = Array.from({ length: 32 }, (_, index): SharedRecord => ({
  kind: 'shared',
  name: 'name',
  writer: new Uint8Array(32),
  version: VectorClock.zero.increment(`writer ${index}`),
  value: Uint8Array.of(index),
  signature: new Uint8Array(64),
})).toSorted((left, right) => (recordId(left) < recordId(right) ? -1 : 1))

/** As kad-dht hands it to the datastore. */
function put(held: HeldRecords, records: readonly SharedRecord[], isOwn = false): void {
  held.put(name, new Libp2pRecord(key, encodeValue(records), new Date(0)).serialize(), isOwn)
}

function idsOf(held: HeldRecords): readonly string[] {
  return decodeValue(Libp2pRecord.deserialize(held.get(name)).value).map(recordId)
}

const [even, odd] = [0, 1].map((rest) => siblings.filter((_, index) => index % 2 === rest)) as [
  SharedRecord[],
  SharedRecord[],
]
const least = siblings.slice(0, 16)

describe('of more siblings than are kept', () => {
  test('replicas that have sixteen different ones each keep the same when they exchange them, and say that some are lost', () => {
    const replicas = [replica(), replica()]
    const [one, two] = replicas.map(({ held }) => held) as [HeldRecords, HeldRecords]
    put(one, even)
    put(two, odd)
    expect(() => put(one, odd)).toThrow(NoRoomError)
    expect(() => put(two, even)).toThrow(NoRoomError)
    for (const { held, counters } of replicas) {
      expect(idsOf(held)).toEqual(least.map(recordId))
      expect(counters).toMatchObject({ stored: 1, full: 1 })
    }
    // What both have is welcome.
    for (const { held } of replicas) put(held, least)
  })

  test('one without room among them is refused, and one that is kept is not', () => {
    const { held } = replica()
    put(held, least.slice(1))
    put(held, [siblings[20]!])
    expect(() => put(held, [siblings[30]!])).toThrow(NoRoomError)
    put(held, [least[0]!])
    expect(idsOf(held)).toEqual(least.map(recordId))
  })

  test('one of this peer’s own without room is left to the replicas, and known not to be held', () => {
    const { held } = replica()
    put(held, least)
    put(held, [siblings[20]!], true)
    expect(held.holds(key, encodeValue([siblings[20]!]))).toBe(false)
    expect(held.holds(key, encodeValue([least[3]!]))).toBe(true)
  })

  test('one that is of the past is known, whether there is room or not', () => {
    const { held } = replica()
    const [first] = least as [SharedRecord]
    put(held, [{ ...first, version: first.version.increment('writer') }])
    put(held, [first])
    expect(held.holds(key, encodeValue([first]))).toBe(true)
  })
})
