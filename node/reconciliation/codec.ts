import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MalformedMessageError, type ByteReader, type ByteWriter, type Codec } from '../protocol/index.ts'
import type { Upper } from './arc.ts'
import type { Bound, Item } from './item.ts'
import type { MessageRange, ReconciliationMessage } from './messages.ts'
import { reconciliationLimits } from './options.ts'
import { fingerprintBytes, nonceBytes } from './sum.ts'

const kinds = ['skip', 'fingerprint', 'ask', 'answer', 'cut'] as const

/** On the kind of a range that ends with the arc: no bound follows. */
const endFlag = 0x80

/** @param itemBytes width of the items of both sets */
export function reconciliationCodec(itemBytes: number): Codec<ReconciliationMessage> {
  return {
    encode({ round, nonce, ranges }, writer) {
      writer.u8(round)
      if (nonce !== undefined) writer.raw(hexToBytes(nonce))
      writer.varint(ranges.length)
      for (const range of ranges) encodeRange(range, writer)
    },
    decode(reader) {
      const round = reader.u8()
      if (round >= reconciliationLimits.rounds) throw new MalformedMessageError('A round after the last')
      const nonce = round === 0 ? { nonce: bytesToHex(reader.raw(nonceBytes)) } : {}
      const lists = new ListReader(reader, itemBytes)
      const ranges = reader.list(reconciliationLimits.ranges, () => decodeRange(reader, lists))
      if (ranges.slice(0, -1).some(({ upper }) => upper === 'end')) {
        throw new MalformedMessageError('A range after the end of the arc')
      }
      return { round, ...nonce, ranges }
    },
  }
}

/** How many bytes a range takes in a message. */
export function rangeBytes(range: MessageRange, itemBytes: number): number {
  const head = range.upper === 'end' ? 1 : 2 + range.upper.length / 2
  switch (range.kind) {
    case 'skip':
    case 'cut':
      return head
    case 'fingerprint':
      return head + fingerprintBytes
    case 'ask':
      return head + varintBytes(range.items.length) + range.items.length * itemBytes
    case 'answer': {
      const items = varintBytes(range.items.length) + range.items.length * itemBytes
      return (
        head + items + range.lacks.reduce((sum, place) => sum + varintBytes(place), varintBytes(range.lacks.length))
      )
    }
  }
}

/** Of a number that is not greater than any limit of a message. */
function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3
}

function encodeRange(range: MessageRange, writer: ByteWriter): void {
  const kind = kinds.indexOf(range.kind)
  if (range.upper === 'end') writer.u8(kind | endFlag)
  else writer.u8(kind).bytes(hexToBytes(range.upper))
  switch (range.kind) {
    case 'fingerprint':
      writer.raw(hexToBytes(range.fingerprint))
      break
    case 'ask':
      encodeItems(range.items, writer)
      break
    case 'answer':
      encodeItems(range.items, writer)
      writer.varint(range.lacks.length)
      for (const place of range.lacks) writer.varint(place)
  }
}

function encodeItems(items: readonly Item[], writer: ByteWriter): void {
  writer.varint(items.length)
  for (const item of items) writer.raw(hexToBytes(item))
}

function decodeRange(reader: ByteReader, lists: ListReader): MessageRange {
  const first = reader.u8()
  const kind: MessageRange['kind'] | undefined = kinds[first & ~endFlag]
  const upper = (first & endFlag) === 0 ? decodeBound(reader, lists.itemBytes) : 'end'
  switch (kind) {
    case 'skip':
      return { kind, upper }
    case 'fingerprint':
      return { kind, upper, fingerprint: bytesToHex(reader.raw(fingerprintBytes)) }
    case 'ask':
      return { kind, upper, items: lists.items() }
    case 'answer':
      return { kind, upper, items: lists.items(), lacks: lists.places() }
    case 'cut':
      if (upper !== 'end') throw new MalformedMessageError('A cut before the end of the arc')
      return { kind, upper: 'end' }
    case undefined:
      throw new MalformedMessageError('A range of an unknown kind')
  }
}

function decodeBound(reader: ByteReader, itemBytes: number): Upper {
  const bytes = reader.bytes(itemBytes)
  if (bytes.at(-1) === 0) throw new MalformedMessageError('A bound that is longer than it need be')
  return bytesToHex(bytes) as Bound
}

/** Reads the lists of one message, which together may hold so many entries. */
class ListReader {
  readonly itemBytes: number
  readonly #reader: ByteReader
  #entriesLeft = reconciliationLimits.items

  constructor(reader: ByteReader, itemBytes: number) {
    this.#reader = reader
    this.itemBytes = itemBytes
  }

  items(): Item[] {
    return this.#list(this.itemBytes, () => bytesToHex(this.#reader.raw(this.itemBytes)) as Item)
  }

  /** Ascending. */
  places(): number[] {
    let last = -1
    return this.#list(1, () => {
      const place = this.#reader.varint(reconciliationLimits.items)
      if (place <= last) throw new MalformedMessageError('Places of items out of order')
      last = place
      return place
    })
  }

  #list<Entry>(entryBytes: number, read: () => Entry): Entry[] {
    const count = this.#reader.varint(this.#entriesLeft)
    if (count * entryBytes > this.#reader.remaining)
      throw new MalformedMessageError('A list with more items than bytes')
    this.#entriesLeft -= count
    return Array.from({ length: count }, read)
  }
}
