import { describe, expect, test } from 'vitest'
import {
  AssertionError,
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  createRandom,
  integer,
} from '../../../node/protocol/index.ts'

const numbers = [0, 1, 127, 128, 300, 2 ** 14 - 1, 2 ** 14, 2 ** 31, 2 ** 32, 2 ** 49 - 1, 2 ** 49, 2 ** 53 - 1]
const texts = ['', 'a', 'x'.repeat(24), 'x'.repeat(25), 'é', '🙂'.repeat(20), '\ufeffbom', 'a\u0000b', 'x'.repeat(5000)]

describe('what was written is read', () => {
  test.each(numbers)('the varint %d', (number) => {
    const bytes = new ByteWriter(1).varint(number).finish()
    expect(bytes.length).toBe(Math.ceil(number.toString(2).length / 7))
    const reader = new ByteReader(bytes)
    expect(reader.varint()).toBe(number)
    reader.finish()
  })

  test.each(texts)('the text %j', (text) => {
    const reader = new ByteReader(new ByteWriter(1).text(text).finish())
    expect(reader.text(20_000)).toBe(text)
    reader.finish()
  })

  test('everything one after the other, from a view into a larger buffer too', () => {
    const writer = new ByteWriter(1)
    writer
      .u8(255)
      .u32(0xfedcba98)
      .f64(-0.5)
      .bytes(Uint8Array.of(1, 2, 3))
      .raw(Uint8Array.of(9))
      .text('end')
    const whole = new Uint8Array(writer.length + 10)
    whole.set(writer.view(), 5)
    const reader = new ByteReader(whole.subarray(3), 2, 2 + writer.length)
    expect([reader.u8(), reader.u32(), reader.f64()]).toEqual([255, 0xfedcba98, -0.5])
    expect([...reader.bytes(3)]).toEqual([1, 2, 3])
    expect([...reader.raw(1)]).toEqual([9])
    expect(reader.text(10)).toBe('end')
    expect(reader.remaining).toBe(0)
    reader.finish()
  })

  test('a list', () => {
    const writer = new ByteWriter().varint(3).varint(1).varint(200).varint(3)
    expect(new ByteReader(writer.finish()).list(3, (reader) => reader.varint())).toEqual([1, 200, 3])
  })

  test('random numbers and texts', () => {
    const random = createRandom(1)
    const items = Array.from({ length: 2000 }, () => Math.floor(random.next() * 2 ** integer(random, 53)))
    const writer = new ByteWriter()
    for (const item of items) writer.varint(item).text(String(item))
    const reader = new ByteReader(writer.finish())
    for (const item of items) expect([reader.varint(), reader.text(20)]).toEqual([item, String(item)])
    reader.finish()
  })
})

test('a lone surrogate is written as U+FFFD', () => {
  expect(new ByteReader(new ByteWriter().text('a\ud800b').finish()).text(9)).toBe('a\ufffdb')
})

test('what was written can be patched and cut, and a finished message stays as it was', () => {
  const writer = new ByteWriter(2).u32(0).u8(7)
  const finished = writer.finish()
  writer.patchU32(0, 0x01020304)
  expect([...writer.view()]).toEqual([1, 2, 3, 4, 7])
  expect([...finished]).toEqual([0, 0, 0, 0, 7])
  writer.truncate(4)
  expect(writer.length).toBe(4)
  expect(() => writer.truncate(5)).toThrow(AssertionError)
  expect(() => writer.patchU32(1, 0)).toThrow(AssertionError)
})

test('a varint takes no number that is not an integer from 0 to 2^53 - 1', () => {
  for (const number of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
    expect(() => new ByteWriter().varint(number)).toThrow(AssertionError)
  }
})

const malformed: readonly (readonly [string, readonly number[], (reader: ByteReader) => unknown])[] = [
  ['no byte', [], (reader) => reader.u8()],
  ['three bytes for a u32', [1, 2, 3], (reader) => reader.u32()],
  ['seven bytes for an f64', [1, 2, 3, 4, 5, 6, 7], (reader) => reader.f64()],
  ['a varint without end', [0x80], (reader) => reader.varint()],
  ['a varint of nine bytes', [...Array.from({ length: 8 }, () => 0xff), 1], (reader) => reader.varint()],
  ['a varint above 2^53 - 1', [...Array.from({ length: 7 }, () => 0xff), 0x10], (reader) => reader.varint()],
  ['a varint longer than it need be', [0x80, 0], (reader) => reader.varint()],
  ['a varint above its limit', [5], (reader) => reader.varint(4)],
  ['bytes above their limit', [3, 1, 2, 3], (reader) => reader.bytes(2)],
  ['bytes that are not there', [4, 1, 2, 3], (reader) => reader.bytes(100)],
  ['4 GiB that are not there', [0xff, 0xff, 0xff, 0xff, 0x0f], (reader) => reader.bytes(2 ** 40)],
  ['text that is not there', [2, 97], (reader) => reader.text(100)],
  ['text above its limit', [2, 97, 97], (reader) => reader.text(1)],
  ['text that is no UTF-8', [1, 0xff], (reader) => reader.text(1)],
  ['text with an encoded surrogate', [3, 0xed, 0xa0, 0x80], (reader) => reader.text(3)],
  ['a list of more items than bytes', [4, 0, 0, 0], (reader) => reader.list(100, (inner) => inner.u8())],
  ['a list above its limit', [3, 0, 0, 0], (reader) => reader.list(2, (inner) => inner.u8())],
  ['bytes left over', [1], (reader) => reader.finish()],
]

test.each(malformed)('%s: refused', (_name, bytes, read) => {
  expect(() => read(new ByteReader(Uint8Array.from(bytes)))).toThrow(MalformedMessageError)
})
