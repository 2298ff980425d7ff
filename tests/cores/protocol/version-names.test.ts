import { expect, test } from 'vitest'
import { createRandom, keyOf, VectorClock, VersionNames, type SharedRecord } from '../../../node/protocol/index.ts'

const key = keyOf('key')
const recordOf = (version: VectorClock): SharedRecord => ({
  kind: 'shared',
  name: 'name',
  writer: new Uint8Array(32),
  version,
  value: new Uint8Array(),
  signature: new Uint8Array(64),
})
const names = () => new VersionNames('peer', createRandom(1))

test('who reads what it wrote goes on counting, and its version has one entry', () => {
  const writer = names()
  const first = writer.next(key, [])
  const second = writer.next(key, [recordOf(first)])
  expect(second.compare(first)).toBe('after')
  expect(second.size).toBe(1)
})

test('what has not been read becomes a sibling, however often', () => {
  const writer = names()
  const versions = [writer.next(key, []), writer.next(key, []), writer.next(key, [])]
  for (const one of versions)
    for (const other of versions) if (one !== other) expect(one.compare(other)).toBe('concurrent')
})

test('a version that is read again after a later one is no licence to pass over that one', () => {
  const writer = names()
  const first = writer.next(key, [])
  const second = writer.next(key, [recordOf(first)])
  const other = writer.next(key, [recordOf(first)])
  expect(other.compare(second)).toBe('concurrent')
  expect(writer.next(key, [recordOf(second), recordOf(other)]).compare(second)).toBe('after')
})

test('whoever claims that the name has been counted up to its end makes nothing be lost', () => {
  const writer = names()
  const first = writer.next(key, [])
  const [[name]] = [...first] as [[string, number]]
  const forged = recordOf(first.merge(VectorClock.from([[name, 2 ** 48]])))
  const versions = [first, writer.next(key, [forged]), writer.next(key, [forged]), writer.next(key, [forged])]
  for (const one of versions.slice(1))
    for (const other of versions.slice(1)) if (one !== other) expect(one.compare(other)).toBe('concurrent')
})

test('another life of the peer counts under another name', () => {
  const [before, after] = [names(), new VersionNames('peer', createRandom(2))]
  expect(after.next(key, []).compare(before.next(key, []))).toBe('concurrent')
})
