import { describe, expect, test } from 'vitest'
import {
  HistoryDroppedError,
  compact,
  containerTypes,
  createDocument,
  loadCompacted,
  DecodeError,
  loadDocument,
  type Container,
  type ContainerType,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { crc32c, findSeals, reseal, type Seal } from './checksums.ts'
import { editContainer, editRandomly } from './random-edits.ts'

// Nothing here knows the format: all bytes come from `encode` and `changesSince`, and checksums are found by looking.

type Subject = ContainerType | 'everything'

interface Example {
  readonly name: string
  readonly bytes: Uint8Array
  /** Something that these bytes can be merged into. */
  readonly base: Uint8Array
}

function edit(document: Document, subject: Subject, random: Random): void {
  if (subject === 'everything') editRandomly(document, random)
  else editContainer(document.map('root').get('it') as Container, random)
}

/** A small file by two authors who wrote at once, and what one of them has that the other has not. */
function examplesOf(subject: Subject): Example[] {
  const random = createRandom(subject)
  const a = createDocument({ replica: 'a', now: () => 1_700_000_000_000 })
  if (subject !== 'everything') a.map('root').create('it', subject)
  for (let count = 0; count < 3; count++) edit(a, subject, random)
  const b = loadDocument(a.encode(), { replica: 'b' })
  const base = a.encode()
  const { version } = a
  for (let count = 0; count < 3; count++) for (const document of [a, b]) edit(document, subject, random)
  a.merge(b.encode())
  return [
    { name: `a document with ${subject}`, bytes: a.encode(), base },
    { name: `changes of ${subject}`, bytes: a.changesSince(version), base },
    { name: `a compacted document with ${subject}`, bytes: compact(a, version), base },
  ]
}

const examples = (['everything', ...containerTypes] as const).flatMap(examplesOf)
const readers: Record<string, (bytes: Uint8Array, base: Uint8Array) => Document> = {
  'merged into an empty document': (bytes) => mergeInto(createDocument({ replica: 'reader' }), bytes, nothing),
  'merged into an older state': (bytes, base) => mergeInto(loadDocument(base, { replica: 'reader' }), bytes, base),
  'loaded': (bytes) => loadWhole(bytes),
}

/** Loading takes the texts as they are shown: that their history makes something else is found when that is read. */
function loadWhole(bytes: Uint8Array): Document {
  const document = loadCompacted(bytes, { replica: 'reader' })
  document.encode()
  return document
}

const nothing = createDocument({ replica: 'reader' }).encode()

test('a document that is loaded is written as it was, so that any other bytes are a trace', () => {
  expect(createDocument({ replica: 'reader' }).encode()).toEqual(nothing)
  for (const { base } of examples) expect(loadDocument(base, { replica: 'reader' }).encode()).toEqual(base)
})

/** A refused merge must leave no trace: the document is written as it was before. */
function mergeInto(document: Document, bytes: Uint8Array, before: Uint8Array): Document {
  try {
    document.merge(bytes)
  } catch (error) {
    expect(document.encode()).toEqual(before)
    expect(document.statistics.waiting).toBe(0)
    throw error
  }
  return document
}

/** @returns what a reader made of bytes; undefined where it refused them as it should */
function read(reader: string, bytes: Uint8Array, base: Uint8Array): Document | undefined {
  try {
    return readers[reader]?.(bytes, base)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof HistoryDroppedError) return undefined
    throw error
  }
}

/** Whatever was read is a document like any other: it can be edited, saved, and read again. */
function expectSound(document: Document): void {
  document.text('another').insert(0, 'still works')
  document.map('yet another').set('key', 1)
  const copy = loadCompacted(document.encode())
  expect(copy.toJSON()).toEqual(document.toJSON())
  expect(copy.encode()).toEqual(document.encode())
}

describe.each(Object.keys(readers))('%s', (reader) => {
  test.each(examples)('$name, cut short anywhere, is refused', ({ bytes, base }) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(read(reader, bytes.subarray(0, length), base)).toBeUndefined()
    }
  })

  test.each(examples)('$name, with any one bit flipped, is refused', ({ bytes, base }) => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >>> 3] = (flipped[bit >>> 3] as number) ^ (1 << (bit & 7))
      expect(read(reader, flipped, base)).toBeUndefined()
    }
  })

  test.each(examples)('$name, with something behind it, is refused', ({ bytes, base }) => {
    for (const tail of [[0], [1, 2, 3, 4], bytes.subarray(0, 9), bytes.subarray(-9)]) {
      expect(read(reader, Uint8Array.from([...bytes, ...tail]), base)).toBeUndefined()
    }
  })

  test.each(examples)('$name, with a byte too many in front of a right checksum, is refused', ({ bytes, base }) => {
    const seals = findSeals(bytes)
    const { end } = seals.at(-1) as Seal
    for (const byte of [0, 1, 0xff]) expect(read(reader, grow(bytes, seals, end, [byte]), base)).toBeUndefined()
  })

  test('bytes of chance are refused, whatever they begin with', () => {
    const random = createRandom(reader)
    const { bytes, base } = examples[0] as Example
    for (let round = 0; round < figure('groups', 2000, 200_000); round++) {
      const noise = Uint8Array.from({ length: integer(random, 200) }, () => integer(random, 256))
      noise.set(bytes.subarray(0, Math.min(noise.length, integer(random, 12))))
      expect(read(reader, noise, base)).toBeUndefined()
    }
  })

  test.each(examples)('$name, damaged behind right checksums, is refused or a document like any other', (example) => {
    const { bytes, base } = example
    const random = createRandom(`${reader} ${example.name}`)
    const seals = findSeals(bytes)
    expect(seals.length).toBeGreaterThan(0)
    let refused = 0
    const rounds = figure('groups', 150, 10_000)
    for (let round = 0; round < rounds; round++) {
      const document = read(reader, mutate(bytes, seals, random), base)
      if (document === undefined) refused++
      else expectSound(document)
    }
    expect(refused).toBeGreaterThan(0)
  })

  test.each(examples)('$name, with the largest number claimed at any place, is refused at once', ({ bytes, base }) => {
    const seals = findSeals(bytes)
    for (const claim of claims) {
      for (let at = 0; at < bytes.length; at++) {
        const claiming = bytes.slice()
        claiming.set(claim.subarray(0, bytes.length - at), at)
        reseal(claiming, seals)
        const document = read(reader, claiming, base)
        if (document !== undefined) expectSound(document)
      }
    }
  })
})

/** 2^53 − 1 as a variable-length number; more than any number takes; 2^32 − 1. */
const claims = [
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f),
  new Uint8Array(12).fill(0xff),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f),
]

/** Puts bytes in, where they still belong to what a checksum in front or behind is of. */
function grow(bytes: Uint8Array, seals: readonly Seal[], at: number, added: readonly number[]): Uint8Array {
  const grown = Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at)])
  const moved = (place: number, isEnd: boolean): number => (place > at || (isEnd && place === at) ? added.length : 0)
  reseal(
    grown,
    seals.map((seal) => ({
      ...seal,
      start: seal.start + moved(seal.start, false),
      end: seal.end + moved(seal.end, true),
      at: seal.at + moved(seal.at, true),
    })),
  )
  return grown
}

/** Sets, swaps, repeats, clears or adds bytes between the checksums, and corrects these. */
function mutate(bytes: Uint8Array, seals: readonly Seal[], random: Random): Uint8Array {
  if (integer(random, 8) === 0) {
    const added = Array.from({ length: 1 + integer(random, 4) }, () => integer(random, 256))
    return grow(bytes, seals, integer(random, bytes.length), added)
  }
  const mutant = bytes.slice()
  for (let times = integer(random, 3); times >= 0; times--) {
    const [at, from] = [integer(random, mutant.length), integer(random, mutant.length)]
    const length = 1 + integer(random, 6)
    switch (integer(random, 6)) {
      case 0:
        mutant.copyWithin(at, from, from + length)
        break
      case 1:
        mutant.fill(0, at, at + length)
        break
      case 2:
        // As if one byte had gone, and one had come elsewhere.
        mutant.copyWithin(Math.min(at, from), Math.min(at, from) + 1, Math.max(at, from))
        break
      case 3:
        mutant[at] = (mutant[at] as number) ^ (1 << integer(random, 8))
        break
      case 4:
        mutant[at] = (mutant[at] as number) + (integer(random, 2) === 0 ? 1 : -1)
        break
      default:
        mutant[at] = integer(random, 256)
    }
  }
  reseal(mutant, seals)
  return mutant
}

test('checksums are CRC-32C, and are found wherever they stand', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  const { bytes } = examples[0] as Example
  const seals = findSeals(bytes)
  const damaged = bytes.slice()
  damaged[bytes.length >>> 1] = (damaged[bytes.length >>> 1] as number) ^ 1
  reseal(damaged, seals)
  reseal(damaged, seals)
  damaged[bytes.length >>> 1] = (damaged[bytes.length >>> 1] as number) ^ 1
  reseal(damaged, seals)
  expect(damaged).toEqual(Uint8Array.from(bytes))
})

test('what does not begin like a document takes no longer to refuse for being long', () => {
  const long = new Uint8Array(64 * 1024 * 1024).fill(0x80)
  for (const reader of Object.keys(readers)) {
    for (let round = 0; round < 20; round++) expect(read(reader, long, (examples[0] as Example).base)).toBeUndefined()
  }
})
