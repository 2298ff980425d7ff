import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { createRandom, integer, type DocumentId } from '../../../node/protocol/index.ts'
import {
  HeadIndex,
  ItemSet,
  KeyedHash,
  head,
  item,
  type Head,
  type HeadRecord,
} from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'
import { indexOf, networkKey, randomHead, randomRecord, randomRecords, sorted } from './two-stores.ts'

const nonce = '0123456789abcdef'

function fingerprintOf(index: HeadIndex): string {
  const snapshot = index.snapshot()
  snapshot.close()
  return snapshot.fingerprint(nonce)
}

test('the keyed hash is SipHash-2-4, by the vectors of its paper', () => {
  const hash = new KeyedHash(Uint8Array.from({ length: 16 }, (_, byte) => byte))
  const words = Uint32Array.from([0x00010203, 0x04050607, 0x08090a0b, 0x0c0d0e0f])
  hash.hash(words, 0, 2)
  expect([hash.high, hash.low]).toEqual([0x93f5f579, 0x9a932462])
  hash.hash(words, 0, 4)
  expect([hash.high, hash.low]).toEqual([0x3f2acc7f, 0x57c29bdb])
})

test.each([1, 4, 48, 54, 55, 64])('the sum of an item of %i bytes is four times SHA-256', (width) => {
  const digits = 'c3'.repeat(width)
  const set = new ItemSet(width)
  set.add(item(digits))
  const sum = [...set.reach().sum].map((lane) => lane.toString(16).padStart(8, '0')).join('')
  const digest = (counter: number): string => bytesToHex(sha256(Uint8Array.from([counter, ...hexToBytes(digits)])))
  expect(sum).toBe([0, 1, 2, 3].map(digest).join(''))
})

test('an index is what a map would be, in the order of changes, whatever is set and deleted', () => {
  const random = createRandom('model')
  const pool = randomRecords('pool', 200)
  const index = indexOf([])
  const model = new Map<DocumentId, Head>()
  for (let step = 0; step < figure('frames', 4000, 40_000); step++) {
    const { document } = pool[integer(random, pool.length)] as HeadRecord
    const before = model.get(document)
    if (random.next() < 0.35) {
      expect(index.delete(document)).toBe(model.delete(document))
    } else {
      const changed = random.next() < 0.1 && before !== undefined ? before : randomHead(random)
      expect(index.set(document, changed)).toBe(before !== changed)
      if (before !== changed) model.delete(document)
      model.set(document, changed)
    }
    expect(index.get(document)).toBe(model.get(document))
    if (step % 200 === 0) expect([...index]).toEqual([...model].map(([document, head]) => ({ document, head })))
  }
  expect(index.size).toBe(model.size)
})

test('the fingerprint depends on what there is, not on how it came to be', () => {
  const records = randomRecords('order', 300)
  const other = indexOf(randomRecords('gone', 100), { epoch: 9 })
  for (const { document } of randomRecords('gone', 100)) other.delete(document)
  for (const { document } of records.toReversed()) other.set(document, head('00'.repeat(16)))
  for (const { document, head } of records) other.set(document, head)
  expect(fingerprintOf(other)).toBe(fingerprintOf(indexOf(records)))
  other.delete((records[0] as HeadRecord).document)
  expect(fingerprintOf(other)).not.toBe(fingerprintOf(indexOf(records)))
})

test('what has changed since a counter is told newest first, each document once, or not at all where it is too much', () => {
  const [first, second, third] = randomRecords('since', 3) as [HeadRecord, HeadRecord, HeadRecord]
  const index = indexOf([first, second], { counter: 100 })
  expect(index.counter).toBe(102)
  expect(index.changedSince(102, 10)).toEqual([])
  const again = { document: first.document, head: randomHead(createRandom(1)) }
  for (const { document, head } of [again, third]) index.set(document, head)
  expect(index.changedSince(102, 10)).toEqual([third, again])
  expect(index.changedSince(100, 10)).toEqual([third, again, second])
  expect(index.changedSince(100, 2)).toBeUndefined()
})

test('a snapshot stays what it was while the index changes, until too much of it has', () => {
  const random = createRandom('snapshot')
  const records = randomRecords('snapshot', 500)
  const [index, still] = [indexOf(records), indexOf(records)]
  const [snapshot, other] = [index.snapshot(), still.snapshot()]
  for (const { document } of records.slice(0, 100)) index.set(document, randomHead(random))
  for (const { document } of records.slice(100, 150)) index.delete(document)
  for (let count = 0; count < 50; count++) {
    const { document, head } = randomRecord(random)
    index.set(document, head)
  }
  for (const { document, head } of records.slice(0, 10)) index.set(document, head)
  expect(sorted([...snapshot])).toEqual(sorted(records))
  expect(snapshot.fingerprint(nonce)).toBe(other.fingerprint(nonce))
  const without = records.slice(90, 110)
  expect(snapshot.fingerprintWithout(nonce, without)).toBe(other.fingerprintWithout(nonce, without))
  expect(snapshot.sketch(300, without)).toEqual(other.sketch(300, without))
  expect(snapshot.mark).toEqual({ epoch: 1, counter: 500 })
  for (const { document, head } of randomRecords('many', 4100)) index.set(document, head)
  expect(snapshot.isLost).toBe(true)
})

test('a record is found by its hash as long as it is there, in the index and in a snapshot', () => {
  const hash = new KeyedHash(new Uint8Array(16))
  const records = randomRecords('hashes', 50)
  const index = indexOf(records, { key: hash })
  const snapshot = index.snapshot()
  const [record] = records as [HeadRecord]
  hash.hash(
    Uint32Array.from((record.document + record.head).match(/.{8}/g) ?? [], (digits) => parseInt(digits, 16)),
    0,
    12,
  )
  const { high, low } = hash
  expect(index.withHash(high, low)).toEqual([record])
  index.set(record.document, randomHead(createRandom(1)))
  expect([index.withHash(high, low), index.countWithHash(high, low)]).toEqual([[], 0])
  expect([snapshot.withHash(high, low), snapshot.countWithHash(high, low)]).toEqual([[record], 1])
})

test('the set for ranges is built in parts, and follows all changes meanwhile and afterwards', () => {
  const random = createRandom('ranges')
  const records = randomRecords('ranges', 300)
  const index = indexOf(records)
  const change = (): void => {
    const { document } = records[integer(random, records.length)] as HeadRecord
    if (random.next() < 0.5) index.set(document, randomHead(random))
    else index.delete(document)
    const { document: fresh, head } = randomRecord(random)
    if (random.next() < 0.5) index.set(fresh, head)
  }
  while (!index.buildRanges(7)) change()
  for (let count = 0; count < 100; count++) change()
  const set = index.ranges
  expect(set?.size).toBe(index.size)
  for (const { document, head } of index) expect(set?.has(item(document + head))).toBe(true)
})

test.each([
  [{ epoch: -1 }, 'Cannot use -1 as epoch'],
  [{ epoch: 0x1_0000_0000 }, 'Cannot use 4294967296 as epoch'],
  [{ epoch: 0, symbolLimit: 10 }, 'Cannot use 10 as symbolLimit'],
])('an index of %j is refused', (options, message) => {
  expect(() => new HeadIndex({ key: networkKey, ...options })).toThrow(message)
})

test('a text that is no document, or no head, is a mistake of the program', () => {
  const index = indexOf([])
  const [{ document }] = randomRecords('texts', 1) as [HeadRecord]
  const digits = 'ab'.repeat(16)
  for (const text of [
    '',
    digits.slice(2),
    `${digits}00`,
    digits.toUpperCase(),
    `${digits.slice(1)}g`,
    `${digits.slice(1)}é`,
  ]) {
    expect(() => index.set(document, text as Head)).toThrow('a head is 32')
    expect(() => index.get(text as DocumentId)).toThrow('a document id is 64')
  }
  expect(index.size).toBe(0)
})
