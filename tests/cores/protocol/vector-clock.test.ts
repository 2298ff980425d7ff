import { expect, test } from 'vitest'
import {
  AssertionError,
  ByteWriter,
  MalformedMessageError,
  VectorClock,
  createRandom,
  integer,
  type CausalOrder,
  type Random,
} from '../../../node/protocol/index.ts'

function clock(entries: Record<string, number>): VectorClock {
  return VectorClock.from(Object.entries(entries))
}

function randomClock(random: Random): VectorClock {
  return VectorClock.from(['a', 'b', 'c'].map((process) => [process, integer(random, 4)] as const))
}

const orders: readonly (readonly [Record<string, number>, Record<string, number>, CausalOrder])[] = [
  [{}, {}, 'equal'],
  [{ a: 1 }, { a: 1 }, 'equal'],
  [{ a: 1 }, { a: 1, b: 0 }, 'equal'],
  [{}, { a: 1 }, 'before'],
  [{ a: 1 }, { a: 2, b: 1 }, 'before'],
  [{ a: 2, b: 1 }, { b: 1 }, 'after'],
  [{ a: 1 }, { b: 1 }, 'concurrent'],
  [{ a: 2, b: 1 }, { a: 1, b: 2 }, 'concurrent'],
]

test.each(orders)('%j and %j are %s', (left, right, order) => {
  expect(clock(left).compare(clock(right))).toBe(order)
  expect(clock(left).equals(clock(right))).toBe(order === 'equal')
  expect(clock(left).includes(clock(right))).toBe(order === 'equal' || order === 'after')
})

test('causality: a message carries everything its sender had seen (Fidge, Mattern)', () => {
  let alice = VectorClock.zero.increment('alice')
  const message = alice
  let bob = VectorClock.zero.increment('bob')
  expect(message.compare(bob)).toBe('concurrent')
  bob = bob.merge(message).increment('bob')
  expect(message.compare(bob)).toBe('before')
  alice = alice.increment('alice')
  expect(alice.compare(bob)).toBe('concurrent')
  expect(bob.toJSON()).toEqual({ alice: 1, bob: 2 })
})

test('a merge is the least clock that includes both: commutative, associative, idempotent', () => {
  const random = createRandom(1)
  for (let round = 0; round < 500; round++) {
    const [a, b, c] = [randomClock(random), randomClock(random), randomClock(random)]
    const merged = a.merge(b)
    expect(merged.includes(a) && merged.includes(b)).toBe(true)
    expect(merged.equals(b.merge(a))).toBe(true)
    expect(a.merge(b.merge(c)).equals(a.merge(b).merge(c))).toBe(true)
    expect(a.merge(a).equals(a)).toBe(true)
    for (const [process, count] of merged) expect(count).toBe(Math.max(a.get(process), b.get(process)))
    if (c.includes(a) && c.includes(b)) expect(c.includes(merged)).toBe(true)
  }
})

test('a clock is a value: nothing changes it', () => {
  const before = clock({ a: 1 })
  before.increment('a', 5)
  before.with('b', 7)
  before.merge(clock({ c: 1 }))
  expect(before.toJSON()).toEqual({ a: 1 })
  expect(before.increment('a', 5).get('a')).toBe(6)
  expect(before.with('a', 0).size).toBe(0)
  expect(VectorClock.zero.size).toBe(0)
})

test('equal clocks have equal bytes, whatever the order of their entries, and read back', () => {
  const left = VectorClock.from([
    ['b', 2],
    ['__proto__', 1],
    ['a', 2 ** 53 - 1],
  ])
  const right = VectorClock.from([...left].reverse())
  expect(left.encode()).toEqual(right.encode())
  expect(VectorClock.decode(left.encode()).equals(left)).toBe(true)
  expect(VectorClock.decode(left.encode()).get('__proto__')).toBe(1)
  expect(VectorClock.decode(VectorClock.zero.encode())).toBe(VectorClock.zero)
})

test('a clock cut short or of too many entries is refused', () => {
  const bytes = clock({ a: 1, b: 300, c: 3 }).encode()
  for (let length = 0; length < bytes.length; length++) {
    expect(() => VectorClock.decode(bytes.subarray(0, length))).toThrow(MalformedMessageError)
  }
  expect(() => VectorClock.decode(bytes, { entries: 2 })).toThrow(MalformedMessageError)
  expect(VectorClock.decode(bytes, { entries: 3 }).size).toBe(3)
  expect(() => VectorClock.decode(Uint8Array.from([...bytes, 0]))).toThrow(MalformedMessageError)
})

test.each([
  ['out of order', [['b', 1] as const, ['a', 1] as const]],
  ['with a process twice', [['a', 1] as const, ['a', 1] as const]],
  ['with a count of 0', [['a', 0] as const]],
])('a clock %s is refused', (_name, entries) => {
  const writer = new ByteWriter().varint(entries.length)
  for (const [process, count] of entries) writer.text(process).varint(count)
  expect(() => VectorClock.decode(writer.finish())).toThrow(MalformedMessageError)
})

test('counts are integers from 0 to 2^53 - 1', () => {
  for (const count of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => VectorClock.from([['a', count]])).toThrow(RangeError)
    expect(() => VectorClock.zero.with('a', count)).toThrow(AssertionError)
  }
  expect(() => clock({ a: Number.MAX_SAFE_INTEGER }).increment('a')).toThrow(AssertionError)
})
