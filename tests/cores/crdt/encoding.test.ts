import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  createDocument,
  decodeAnchor,
  decodeChanges,
  DecodeError,
  encodeAnchor,
  loadCompacted,
  loadDocument,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { editRandomly } from './random-edits.ts'

function example(seed: number, edits: number): Document {
  const random = createRandom(seed)
  const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica, now: () => 1_700_000_000_000 + edits }))
  for (let edit = 0; edit < edits; edit++) {
    editRandomly((edit % 2 === 0 ? a : b) as Document, random)
    if (edit % 5 === 0) a?.merge((b as Document).encode())
  }
  return a as Document
}

test('a file that was cut short anywhere is refused', () => {
  const bytes = example(1, 30).encode()
  for (let length = 0; length < bytes.length; length++) {
    expect(() => loadDocument(bytes.subarray(0, length))).toThrow(DecodeError)
  }
})

test('a file with any one bit changed is refused', () => {
  const bytes = example(2, 30).encode()
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >>> 3] = (flipped[bit >>> 3] as number) ^ (1 << (bit & 7))
    expect(() => decodeChanges(flipped)).toThrow(DecodeError)
  }
})

/** CRC-32C bit by bit, to damage a file behind its checksum. */
function checksum(bytes: Uint8Array): number {
  let remainder = 0xffffffff
  for (const byte of bytes) {
    remainder ^= byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
  }
  return ~remainder >>> 0
}

function sealed(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(body.length + 4)
  bytes.set(body)
  new DataView(bytes.buffer).setUint32(body.length, checksum(body))
  return bytes
}

test('the checksum is CRC-32C', () => {
  expect(checksum(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  const bytes = example(3, 5).encode()
  expect(sealed(bytes.subarray(0, -4))).toEqual(new Uint8Array(bytes))
})

test('damage behind a right checksum is refused, or read as other changes, but never crashes', () => {
  const random = createRandom(4)
  const body = example(4, 20).encode().subarray(0, -4)
  let refused = 0
  for (let round = 0; round < 3000; round++) {
    const damaged = body.slice(0, integer(random, 4) === 0 ? integer(random, body.length) : body.length)
    for (let flips = integer(random, 4); flips >= 0 && damaged.length > 0; flips--) {
      damaged[integer(random, damaged.length)] = integer(random, 256)
    }
    try {
      createDocument().merge(sealed(damaged))
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
  expect(refused).toBeLessThan(3000)
})

test('sizes that are claimed and not there are refused before anything is made for them', () => {
  const magic = [0x50, 0x4c, 0x43, 0x52, 1]
  const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  const claims = [
    [...magic, ...most],
    [...magic, 1, 1, 97, ...most],
    [...magic, 1, 1, 97, 1, 0, 1, 0, ...most],
    [...magic, 1, 1, 97, 1, 0, 1, 0, 0, ...most],
    [...magic, 1, ...most, 97],
  ]
  for (const claim of claims) expect(() => decodeChanges(sealed(Uint8Array.from(claim)))).toThrow(DecodeError)
})

test('a file of a later format, and what is no file at all, are told apart', () => {
  const bytes = example(5, 3).encode()
  const later = bytes.slice(0, -4)
  later[4] = 2
  expect(() => decodeChanges(sealed(later))).toThrow(/later version/)
  expect(() => decodeChanges(new TextEncoder().encode('{"json": true}'))).toThrow(/Not a document/)
})

test('what changesSince wrote is no document', () => {
  const document = createDocument({ replica: 'a' })
  document.text('body').insert(0, 'one')
  const version = document.version
  document.text('body').insert(3, ' two')
  expect(() => loadDocument(document.changesSince(version))).toThrow(DecodeError)
  expect(() => loadDocument(document.changesSince(version))).toThrow(/these are changes/)
})

test('a merge that is refused takes nothing in', () => {
  const document = example(6, 10)
  const bytes = document.encode()
  const reader = createDocument()
  const damaged = bytes.slice()
  damaged[bytes.length - 10] = (damaged[bytes.length - 10] as number) ^ 1
  expect(() => reader.merge(damaged)).toThrow(DecodeError)
  expect(reader.statistics).toMatchObject({ changes: 0, waiting: 0 })
})

test('version 1 of the format reads for ever', () => {
  const hexadecimal = [
    '504c43520101020361646103626f62090004626f647904046d6574610300090a056f776e65720c026d7602046c6973740804',
    '746167730e047472656506056c696b6573020300040002030004000003000432140300040004020002000200020c0c000c10',
    '020a0202060d0204060204001b02020e120002d0afabfef96217d00f04bfdbacfef962001408000212190002060d00150028',
    '0804080a121204060e12140c140e10121206040c1500280204020206080a0a0c080e100e0c0c06080a041006000a00030302',
    '010500040406070204000600020012000c060202000202070006020200090204000008000e020002020901140b000204746f',
    '646f04676f6e654e0006046d696c6b08010161070500020401053ff800000000000005800000000000000006036164610700',
    '0603703270070000000150000203616461160150060370327006037032700603626f620800000c00686c6c6f20f09f998262',
    '6f620304000600002004000602060202000700040006000d0e04000610020600000001000000000200c3a9001228d1c3',
  ].join('')
  const document = loadDocument(Uint8Array.from(Buffer.from(hexadecimal, 'hex')))
  expect(JSON.stringify(document.toJSON())).toBe(
    '{"body":"hllo 🙂bob","likes":5,"list":[1,3],"meta":{"todo":[-3,"milk",{"a":[null,true,-1,1.5,0]}]},"mv":[[],{}],"owner":"bob","tags":["p2p"],"tree":[{"id":"22.ada","parent":null,"data":{}},{"id":"24.ada","parent":"22.ada","data":{}}]}',
  )
  expect(Buffer.from(document.encode()).toString('hex')).toBe(hexadecimal)
})

interface Saved {
  /** What it shows, as JSON. */
  readonly content: string
  readonly whole: string
  readonly changes: string
  readonly compacted: string
}

test.each(['release-0.1'])('documents that %s saved read for ever', (release) => {
  const file = new URL(`saved/${release}.json`, import.meta.url)
  const saved = JSON.parse(readFileSync(file, 'utf8')) as Saved[]
  expect(saved.length).toBeGreaterThan(0)
  for (const { content, whole, changes, compacted } of saved) {
    const [snapshot, slim] = [
      loadDocument(Buffer.from(whole, 'base64')),
      loadCompacted(Buffer.from(compacted, 'base64')),
    ]
    const merged = createDocument()
    merged.merge(Buffer.from(changes, 'base64'))
    for (const document of [snapshot, slim, merged]) expect(JSON.stringify(document?.toJSON())).toBe(content)
    // The history too, not only what is shown.
    expect(merged.encode()).toEqual(snapshot?.encode())
    expect(slim?.version.equals(merged.version)).toBe(true)
  }
})

test('an anchor reads as it was written, and damaged ones are refused', () => {
  const document = createDocument({ replica: 'ada' })
  const text = document.text('body')
  text.insert(0, 'hello')
  const anchors = [
    document.anchor(text, 0, 'after'),
    document.anchor(text, 2, 'before'),
    document.anchor(text, 2, 'after'),
    document.anchor(text, 5, 'before'),
  ]
  for (const anchor of anchors) {
    const bytes = encodeAnchor(anchor)
    expect(decodeAnchor(bytes)).toEqual(anchor)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeAnchor(bytes.subarray(0, length))).toThrow(DecodeError)
    }
    expect(() => decodeAnchor(Uint8Array.from([...bytes, 0]))).toThrow(DecodeError)
  }
  for (const bytes of [
    [2, 0],
    [1, 4, 1, 97],
    [1, 0, 5, ...Buffer.from('map/a')],
    [1, 0, 1, 97],
  ]) {
    expect(() => decodeAnchor(Uint8Array.from(bytes))).toThrow(DecodeError)
  }
})
