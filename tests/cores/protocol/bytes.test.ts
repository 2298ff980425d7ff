import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../node/protocol/index.ts'

test("what is sliced off a reader is a copy, also when the bytes are Node's Buffer", () => {
  const received = Buffer.from(new ByteWriter().bytes(Uint8Array.of(1, 2, 3)).finish())
  const kept = new ByteReader(received).bytes(3).slice()
  received.fill(0)
  expect(kept).toEqual(Uint8Array.of(1, 2, 3))
})
