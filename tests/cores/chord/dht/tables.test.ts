import { expect, test } from 'vitest'
import { keyOf, ownedKey, type Key, type OwnedRecord, type PeerId } from '../../../../node/protocol/index.ts'
/* oxlint-disable no-restricted-imports -- parts of the core, which nobody else is to use */
import { resolveDhtOptions } from '../../../../overlays/chord/dht/options.ts'
import { ProviderTable } from '../../../../overlays/chord/dht/provider-table.ts'
import { RecordTable } from '../../../../overlays/chord/dht/record-table.ts'

const owner = new Uint8Array(32).fill(3)

function owned(sequence: number, length = 10, name = 'name'): OwnedRecord {
  return { kind: 'owned', owner, name, sequence, value: new Uint8Array(length), signature: new Uint8Array(64) }
}

test('a full table takes newer versions of what it holds, and nothing else', () => {
  const table = new RecordTable({ recordLimit: 1, byteLimit: 10_000 })
  expect(table.merge(owned(1), 1000).outcome).toBe('kept')
  expect(table.merge(owned(1, 10, 'other'), 1000).outcome).toBe('full')
  expect(table.merge(owned(2), 1000).outcome).toBe('kept')
  expect(table.at(ownedKey(owner, 'name')).map(({ record }) => record)).toEqual([owned(2)])
})

test('a newer version has the room of what it replaces, and no more than there is', () => {
  const table = new RecordTable({ recordLimit: 10, byteLimit: 400 })
  expect(table.merge(owned(1, 200), 1000).outcome).toBe('kept')
  expect(table.merge(owned(2, 220), 1000).outcome).toBe('kept')
  expect(table.merge(owned(3, 500), 1000).outcome).toBe('full')
  expect(table.at(ownedKey(owner, 'name')).map(({ record }) => record)).toEqual([owned(2, 220)])
  expect(table.items.size).toBe(1)
})

const limits = { providerKeyLimit: 80, providerLimit: 3, providerTotalLimit: 100 }
const keyNumber = (number: number): Key => keyOf(`key ${number}`)
const provider = (number: number) => ({ peer: `peer ${number}` as PeerId, addresses: [] })

test('one provider cannot take the room of the others', () => {
  const table = new ProviderTable(limits)
  const taken = Array.from({ length: 80 }, (_, number) => table.add(keyNumber(number), provider(0), 1000))
  expect(taken.filter(Boolean).length).toBe(10)
  expect(table.add(keyNumber(70), provider(1), 1000)).toBe(true)
  // Its own it may tell again.
  expect(table.add(keyNumber(0), provider(0), 2000)).toBe(true)
})

test('providers of a key, keys and all together have limits, and expiry makes room', () => {
  const table = new ProviderTable(limits)
  const each = Array.from({ length: 5 }, (_, number) => table.add(keyNumber(0), provider(number), 1000))
  expect(each).toEqual([true, true, true, false, false])
  let count = 3
  for (let key = 1; key < 100; key++) {
    for (let number = 0; number < 3; number++)
      count += Number(table.add(keyNumber(key), provider(10 * key + number), 1000))
  }
  expect(count).toBe(100)
  table.expire(1000)
  expect(table.add(keyNumber(99), provider(7), 2000)).toBe(true)
  expect(table.of(keyNumber(0), 1000)).toEqual([])
})

test('more providers of a key than one message has room for are no option', () => {
  expect(() => resolveDhtOptions({ providerLimit: 257 }, 8)).toThrow(/providerLimit = 257.*at most 256/)
})
