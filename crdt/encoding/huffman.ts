import { MalformedMessageError, type ByteReader, type ByteWriter } from '../../node/protocol/index.ts'

/** Longest code, so that one look into a small table decodes a symbol. */
const longest = 12

/**
 * Writes symbols as a canonical Huffman code: the lengths of the codes, four bits each with zeros run-length coded, then
 * the codes, least significant bit first.
 *
 * @param symbols numbers from 0 to 255
 */
export function writeSymbols(writer: ByteWriter, symbols: ArrayLike<number>): void {
  const frequencies = new Uint32Array(256)
  for (let at = 0; at < symbols.length; at++) (frequencies[symbols[at] as number] as number)++
  const lengths = codeLengths(frequencies)
  writeLengths(writer, lengths)
  const codes = assignCodes(lengths)
  let pending = 0
  let bits = 0
  for (let at = 0; at < symbols.length; at++) {
    const symbol = symbols[at] as number
    pending |= (codes[symbol] as number) << bits
    bits += lengths[symbol] as number
    for (; bits >= 8; bits -= 8, pending >>>= 8) writer.u8(pending & 255)
  }
  if (bits > 0) writer.u8(pending)
}

/** @throws MalformedMessageError */
export function readSymbols(reader: ByteReader, count: number): Uint8Array {
  const lengths = readLengths(reader)
  // A symbol takes a bit at least: whoever claims more than the bytes can hold is not believed.
  if (count > reader.remaining * 8) throw new MalformedMessageError('Fewer symbols than it says')
  const symbols = new Uint8Array(count)
  if (count === 0) return symbols
  const widest = Math.max(...lengths)
  const decoder = new SymbolDecoder(decodingTable(lengths, widest), widest, reader.rest())
  // In parts, since a function that is called again is compiled before a loop that runs long is.
  for (let at = 0; at < count; at += 256) decoder.decode(symbols, at, Math.min(count, at + 256))
  reader.raw(decoder.finish())
  return symbols
}

class SymbolDecoder {
  readonly #table: Uint16Array
  readonly #widest: number
  readonly #bytes: Uint8Array
  #pending = 0
  #bits = 0
  #next = 0

  constructor(table: Uint16Array, widest: number, bytes: Uint8Array) {
    this.#table = table
    this.#widest = widest
    this.#bytes = bytes
  }

  decode(symbols: Uint8Array, from: number, to: number): void {
    const table = this.#table
    const bytes = this.#bytes
    const widest = this.#widest
    const mask = (1 << widest) - 1
    let pending = this.#pending
    let bits = this.#bits
    let next = this.#next
    for (let at = from; at < to; at++) {
      while (bits < widest) {
        pending |= (next < bytes.length ? (bytes[next] as number) : 0) << bits
        next++
        bits += 8
      }
      const found = table[pending & mask] as number
      const length = found >>> 8
      symbols[at] = found
      pending >>>= length
      bits -= length
    }
    this.#pending = pending
    this.#bits = bits
    this.#next = next
  }

  /** @returns how many bytes it took */
  finish(): number {
    const used = this.#next - (this.#bits >>> 3)
    if (used > this.#bytes.length) throw new MalformedMessageError('Symbols that end early')
    return used
  }
}

/** Codes from their lengths, bit-reversed; shorter ones first, then by symbol. */
function assignCodes(lengths: Uint8Array): Uint16Array {
  const counts = new Uint16Array(longest + 1)
  for (let symbol = 0; symbol < 256; symbol++) (counts[lengths[symbol] as number] as number)++
  const next = new Uint16Array(longest + 1)
  for (let length = 2; length <= longest; length++) {
    next[length] = ((next[length - 1] as number) + (counts[length - 1] as number)) << 1
  }
  const codes = new Uint16Array(256)
  for (let symbol = 0; symbol < 256; symbol++) {
    const length = lengths[symbol] as number
    if (length === 0) continue
    const code = (next[length] as number)++
    let reversed = 0
    for (let bit = 0; bit < length; bit++) reversed |= ((code >>> bit) & 1) << (length - 1 - bit)
    codes[symbol] = reversed
  }
  return codes
}

/** For each next bits, as many as the longest code has, the length of the code they begin with, times 256, and its symbol. */
function decodingTable(lengths: Uint8Array, widest: number): Uint16Array {
  const table = new Uint16Array(1 << widest)
  const codes = assignCodes(lengths)
  for (let symbol = 0; symbol < 256; symbol++) {
    const length = lengths[symbol] as number
    if (length === 0) continue
    for (let at = codes[symbol] as number; at < table.length; at += 1 << length) table[at] = length * 256 + symbol
  }
  return table
}

/** Huffman's algorithm; codes that come out too long are shortened at the cost of others. */
function codeLengths(frequencies: Uint32Array): Uint8Array {
  const lengths = new Uint8Array(256)
  const symbols = Array.from(frequencies.keys()).filter((symbol) => (frequencies[symbol] as number) > 0)
  if (symbols.length < 2) {
    // A whole code has two words.
    const only = symbols[0] ?? 0
    lengths[only] = 1
    lengths[only ^ 1] = 1
    return lengths
  }
  symbols.sort((left, right) => (frequencies[left] as number) - (frequencies[right] as number) || left - right)
  const weights = symbols.map((symbol) => frequencies[symbol] as number)
  const parents: number[] = []
  for (let leaf = 0, node = symbols.length; weights.length < 2 * symbols.length - 1;) {
    let weight = 0
    for (let child = 0; child < 2; child++) {
      const takesLeaf =
        leaf < symbols.length && (node >= weights.length || (weights[leaf] as number) <= (weights[node] as number))
      const taken = takesLeaf ? leaf++ : node++
      weight += weights[taken] as number
      parents[taken] = weights.length
    }
    weights.push(weight)
  }
  const depths = new Uint8Array(weights.length)
  for (let at = weights.length - 2; at >= 0; at--) depths[at] = (depths[parents[at] as number] as number) + 1
  for (const [at, symbol] of symbols.entries()) lengths[symbol] = Math.min(depths[at] as number, longest)
  limitLengths(lengths, symbols)
  return lengths
}

/** Makes the code whole again after clamping: the room of all words together is exactly one. */
function limitLengths(lengths: Uint8Array, rarestFirst: readonly number[]): void {
  const room = (symbol: number): number => 1 << (longest - (lengths[symbol] as number))
  let over = -(1 << longest)
  for (const symbol of rarestFirst) over += room(symbol)
  for (const symbol of rarestFirst) {
    while (over > 0 && (lengths[symbol] as number) < longest) {
      over -= room(symbol) / 2
      ;(lengths[symbol] as number)++
    }
  }
  for (const symbol of rarestFirst.toReversed()) {
    while (over < 0 && room(symbol) <= -over) {
      over += room(symbol)
      ;(lengths[symbol] as number)--
    }
  }
}

/** Nibbles: a length, or 0 and how many more zeros follow, up to 15 at a time. */
function writeLengths(writer: ByteWriter, lengths: Uint8Array): void {
  const nibbles: number[] = []
  for (let symbol = 0; symbol < 256; symbol++) {
    nibbles.push(lengths[symbol] as number)
    if (lengths[symbol] !== 0) continue
    let zeros = 0
    while (zeros < 15 && symbol < 255 && lengths[symbol + 1] === 0) {
      zeros++
      symbol++
    }
    nibbles.push(zeros)
  }
  for (let at = 0; at < nibbles.length; at += 2) {
    writer.u8((nibbles[at] as number) * 16 + (nibbles[at + 1] ?? 0))
  }
}

function readLengths(reader: ByteReader): Uint8Array {
  const lengths = new Uint8Array(256)
  let byte = -1
  const nibble = (): number => {
    if (byte >= 0) {
      const low = byte % 16
      byte = -1
      return low
    }
    byte = reader.u8()
    return byte >>> 4
  }
  let room = 0
  for (let symbol = 0; symbol < 256; symbol++) {
    const length = nibble()
    if (length > longest) throw new MalformedMessageError('A code that is too long')
    lengths[symbol] = length
    if (length === 0) symbol += nibble()
    else room += 1 << (longest - length)
  }
  if (room !== 1 << longest) throw new MalformedMessageError('A code that is not whole')
  return lengths
}
