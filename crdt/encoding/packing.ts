import { ByteWriter, MalformedMessageError, type ByteReader } from '../../node/protocol/index.ts'
import { readSymbols, writeSymbols } from './huffman.ts'

/** Shorter repetitions are not worth their place. */
const shortest = 4
/** How many earlier places are tried for the longest repetition. */
const tries = 48
/** What unpacking may make of one packed byte, so that a few bytes cannot fill the memory. */
const expansion = 4096

/** Longest repetition: even the most monotonous bytes stay within the expansion that is allowed. */
const farthest = 512

const hashBits = 15

/** Of values below 2^31. */
const widestSymbol = 63

/**
 * Writes bytes with repetitions replaced by references (LZ77, Ziv & Lempel 1977) and the rest as Huffman codes; as they are
 * where that is no shorter.
 *
 * Why not a library: loading a document is mostly unpacking its text, cold. The smallest well-kept inflate took 4.5 ms for
 * 105 kB in a fresh process, this takes a third of it and a quarter of the code.
 */
export function writePacked(writer: ByteWriter, bytes: Uint8Array): void {
  writer.varint(bytes.length)
  if (bytes.length === 0) return
  const packed = bytes.length < 32 ? undefined : pack(bytes)
  if (packed === undefined || packed.length >= bytes.length) writer.u8(0).raw(bytes)
  else writer.u8(1).raw(packed)
}

/** @returns bytes that nobody else holds. @throws MalformedMessageError */
export function readPacked(reader: ByteReader): Uint8Array {
  const length = reader.varint(reader.remaining * expansion)
  if (length === 0) return new Uint8Array(0)
  const method = reader.u8()
  if (method === 0) return reader.raw(length).slice()
  if (method !== 1) throw new MalformedMessageError('Bytes packed in an unknown way')
  return unpack(reader, length)
}

function pack(bytes: Uint8Array): Uint8Array {
  const literals: number[] = []
  const runs: number[] = []
  const lengths: number[] = []
  const distances: number[] = []
  const extra = new BitWriter()
  let from = 0
  findRepetitions(bytes, (at, length, distance) => {
    for (let literal = from; literal < at; literal++) literals.push(bytes[literal] as number)
    pushValue(runs, at - from, extra)
    pushValue(lengths, length - shortest, extra)
    pushValue(distances, distance - 1, extra)
    from = at + length
  })
  for (let literal = from; literal < bytes.length; literal++) literals.push(bytes[literal] as number)
  const writer = new ByteWriter(bytes.length >>> 1)
  writer.varint(runs.length).varint(literals.length)
  writeSymbols(writer, literals)
  if (runs.length === 0) return writer.view()
  for (const symbols of [runs, lengths, distances]) writeSymbols(writer, symbols)
  return writer.raw(extra.finish()).view()
}

function unpack(reader: ByteReader, length: number): Uint8Array {
  const count = reader.varint(length)
  const literals = readSymbols(reader, reader.varint(length))
  const read = (): Uint8Array => (count === 0 ? new Uint8Array(0) : readSymbols(reader, count))
  const runs = read()
  const lengths = read()
  const distances = read()
  // Only what the symbols can make is believed, and room is made for that alone.
  if (length > literals.length + count * farthest) throw new MalformedMessageError('More than it can unpack to')
  const extra = new BitReader(reader.rest())
  const bytes = new Uint8Array(length)
  let end = 0
  let literal = 0
  for (let at = 0; at < count; at++) {
    const run = end + extra.value(runs[at] as number)
    const copied = run + extra.value(lengths[at] as number) + shortest
    const distance = extra.value(distances[at] as number) + 1
    if (distance > run || copied > length || run - end > literals.length - literal) {
      throw new MalformedMessageError('A repetition out of range')
    }
    copy(literals, literal, bytes, end, run)
    literal += run - end
    copy(bytes, run - distance, bytes, run, copied)
    end = copied
  }
  if (end + literals.length - literal !== length) throw new MalformedMessageError('Another length than it says')
  bytes.set(literals.subarray(literal), end)
  reader.raw(extra.used)
  return bytes
}

/** By itself, since a function that is called often is compiled before a loop that runs long is. What is copied may overlap. */
function copy(source: Uint8Array, from: number, target: Uint8Array, start: number, end: number): void {
  for (let at = start, next = from; at < end; at++, next++) target[at] = source[next] as number
}

/** The extra bits of values, least significant bit first. */
class BitReader {
  readonly #bytes: Uint8Array
  #pending = 0
  #bits = 0
  /** Bytes that were begun. */
  used = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  value(symbol: number): number {
    if (symbol < 8) return symbol
    // Beyond it numbers would be negative, and the work of unpacking is bounded by going forward only.
    if (symbol > widestSymbol) throw new MalformedMessageError('A number out of range')
    const wanted = (symbol - 4) >>> 1
    for (; this.#bits < wanted; this.#bits += 8) this.#pending |= (this.#bytes[this.used++] as number) << this.#bits
    const value = ((2 | (symbol & 1)) << wanted) | (this.#pending & ((1 << wanted) - 1))
    this.#pending >>>= wanted
    this.#bits -= wanted
    return value
  }
}

/** Tells each repetition that is worth it, in order; looks one byte ahead for a longer one. */
function findRepetitions(bytes: Uint8Array, found: (at: number, length: number, distance: number) => void): void {
  const heads = new Int32Array(1 << hashBits).fill(-1)
  const chains = new Int32Array(bytes.length)
  let distance = 0
  const last = bytes.length - shortest
  const longest = (at: number): number => {
    const slot = hash(bytes, at)
    let length = 0
    for (let other = heads[slot] as number, left = tries; other >= 0 && left > 0; left--) {
      if (length === 0 || bytes[other + length] === bytes[at + length]) {
        let same = 0
        while (same < farthest && at + same < bytes.length && bytes[other + same] === bytes[at + same]) same++
        // A far one has to be longer to pay for its distance.
        if (same > length && (same > 5 || at - other < 4096)) {
          length = same
          distance = at - other
        }
      }
      other = chains[other] as number
    }
    return length
  }
  const note = (at: number): void => {
    const slot = hash(bytes, at)
    chains[at] = heads[slot] as number
    heads[slot] = at
  }
  for (let at = 0; at <= last; at++) {
    let length = longest(at)
    note(at)
    if (length < shortest) continue
    while (at < last && length < 64) {
      const here = distance
      const next = longest(at + 1)
      if (next <= length) {
        distance = here
        break
      }
      note(++at)
      length = next
    }
    found(at, length, distance)
    const end = at + length
    for (at++; at < end; at++) if (at <= last) note(at)
    at--
  }
}

function hash(bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  return Math.imul(word, 0x9e3779b1) >>> (32 - hashBits)
}

/** Small values are symbols; of others the symbol tells the two leading bits, and the rest stands in the extra bits. */
function pushValue(symbols: number[], value: number, extra: BitWriter): void {
  if (value < 8) {
    symbols.push(value)
    return
  }
  const bits = 30 - Math.clz32(value)
  symbols.push(4 + bits * 2 + ((value >>> bits) & 1))
  extra.write(value & ((1 << bits) - 1), bits)
}

class BitWriter {
  readonly #writer = new ByteWriter(256)
  #pending = 0
  #bits = 0

  write(value: number, bits: number): void {
    for (let at = 0; at < bits; at++) {
      this.#pending |= ((value >>> at) & 1) << this.#bits
      if (++this.#bits < 8) continue
      this.#writer.u8(this.#pending)
      this.#pending = 0
      this.#bits = 0
    }
  }

  finish(): Uint8Array {
    if (this.#bits > 0) this.#writer.u8(this.#pending)
    return this.#writer.view()
  }
}
