import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, type Codec } from '../../../node/protocol/index.ts'

/** Texts, of which one that begins with a bracket is wrapped in a message of its own, and an empty one is none. */
const texts: Codec<string> = {
  encode(text, writer) {
    writer.text(text)
    if (text === '') throw new RangeError('An empty text')
    writer.bytes(text.startsWith('(') ? encodeMessage(texts, text.slice(1)) : Uint8Array.of(text.length & 0xff))
  },
  decode(reader) {
    const text = reader.text(1 << 20)
    const rest = reader.bytes(1 << 20)
    expect(text.startsWith('(') ? decodeMessage(texts, rest) : rest[0]).toBe(
      text.startsWith('(') ? text.slice(1) : text.length & 0xff,
    )
    return text
  },
}

test('messages within messages, failed ones and long ones leave nothing in the next', () => {
  const long = 'long'.repeat(50_000)
  const first = encodeMessage(texts, 'first')
  for (const text of ['((nested', 'short', long, `(${long}`, 'short again']) {
    expect(() => encodeMessage(texts, '')).toThrow('An empty text')
    expect(decodeMessage(texts, encodeMessage(texts, text))).toBe(text)
  }
  // What was given out is a copy.
  expect(decodeMessage(texts, first)).toBe('first')
})
