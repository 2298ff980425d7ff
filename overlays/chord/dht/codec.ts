import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import {
  MalformedMessageError,
  readRecord,
  writeRecord,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type DhtRecord,
  type Key,
  type PeerId,
  type Provider,
} from '../../../node/protocol/index.ts'
import { bound, reconciliationCodec, type Bound, type Item } from '../../../node/reconciliation/index.ts'
import { messageLimits } from '../messages.ts'
import { dhtMessageLimits, type DhtMessage, type Lease, type StoreOutcome } from './messages.ts'
import { itemBytes } from './record-item.ts'

/** The place in this list is the first byte of a message. */
const types = [
  'store',
  'fetch',
  'give',
  'provide',
  'who',
  'reconcile',
  'stored',
  'fetched',
  'given',
  'provided',
  'known',
  'reconciled',
  'declined',
  'misplaced',
] as const satisfies readonly DhtMessage['type'][]

const outcomes = ['kept', 'stale', 'full', 'forged'] as const satisfies readonly StoreOutcome[]

const sessionCodec = reconciliationCodec(itemBytes)

export const dhtCodec: Codec<DhtMessage> = {
  encode(message, writer) {
    encodeBody(message, writer.u8(types.indexOf(message.type)).varint(message.number))
  },
  decode(reader) {
    return decodeBody(types[reader.u8()], reader)
  },
}

function encodeBody(message: DhtMessage, writer: ByteWriter): void {
  switch (message.type) {
    case 'store':
      writeList(message.leases, writeFlag(message.isFresh, writeFlag(message.asOwner, writer)), writeLease)
      break
    case 'given':
      writeList(message.leases, writer, writeLease)
      break
    case 'fetch':
    case 'who':
      writeFlag(message.asOwner, writer).raw(hexToBytes(message.key))
      break
    case 'give':
      writeList(message.items, writer, (item) => void writer.raw(hexToBytes(item)))
      break
    case 'provide':
      writeFlag(message.asOwner, writer).raw(hexToBytes(message.key))
      writeList(message.addresses, writer, (address) => void writer.text(address))
      break
    case 'reconcile':
      writer.varint(message.session).bytes(hexToBytes(message.from)).bytes(hexToBytes(message.to))
      sessionCodec.encode(message.message, writer)
      break
    case 'stored':
      writeList(message.outcomes, writer, (outcome) => void writer.u8(outcomes.indexOf(outcome)))
      writeList(message.newer, writer, writeRecord)
      break
    case 'fetched':
      writeList(message.leases, writeFlag(message.isComplete, writer), writeLease)
      break
    case 'provided':
      writeFlag(message.isTaken, writer)
      break
    case 'known':
      writeList(message.providers, writer, writeProvider)
      break
    case 'reconciled':
      writeFlag(message.message !== undefined, writer)
      if (message.message !== undefined) sessionCodec.encode(message.message, writer)
  }
}

function decodeBody(type: DhtMessage['type'] | undefined, reader: ByteReader): DhtMessage {
  if (type === undefined) throw new MalformedMessageError('An unknown type of DHT message')
  const number = reader.varint()
  switch (type) {
    case 'store':
      return { type, number, asOwner: readFlag(reader), isFresh: readFlag(reader), leases: readLeases(reader) }
    case 'given':
      return { type, number, leases: readLeases(reader) }
    case 'fetch':
    case 'who':
      return { type, number, asOwner: readFlag(reader), key: readKey(reader) }
    case 'give':
      return { type, number, items: reader.list(dhtMessageLimits.items, readItem) }
    case 'provide':
      return { type, number, asOwner: readFlag(reader), key: readKey(reader), addresses: readAddresses(reader) }
    case 'reconcile': {
      const session = reader.varint()
      const [from, to] = [readBound(reader), readBound(reader)]
      return { type, number, session, from, to, message: sessionCodec.decode(reader) }
    }
    case 'stored': {
      const told = reader.list(dhtMessageLimits.leases, readOutcome)
      return { type, number, outcomes: told, newer: reader.list(dhtMessageLimits.leases, readRecord) }
    }
    case 'fetched':
      return { type, number, isComplete: readFlag(reader), leases: readLeases(reader) }
    case 'provided':
      return { type, number, isTaken: readFlag(reader) }
    case 'known':
      return { type, number, providers: reader.list(dhtMessageLimits.providers, readProvider) }
    case 'reconciled':
      return { type, number, message: readFlag(reader) ? sessionCodec.decode(reader) : undefined }
    case 'declined':
    case 'misplaced':
      return { type, number }
  }
}

function writeList<Entry>(
  entries: readonly Entry[],
  writer: ByteWriter,
  write: (entry: Entry, writer: ByteWriter) => void,
): void {
  writer.varint(entries.length)
  for (const entry of entries) write(entry, writer)
}

function writeLease({ record, lifetime }: Lease, writer: ByteWriter): void {
  writeRecord(record, writer.varint(lifetime))
}

function readLeases(reader: ByteReader): Lease[] {
  return reader.list(dhtMessageLimits.leases, () => {
    const lifetime = reader.varint()
    const record: DhtRecord = readRecord(reader)
    return { record, lifetime }
  })
}

function writeProvider({ peer, addresses }: Provider, writer: ByteWriter): void {
  writeList(addresses, writer.text(peer), (address) => void writer.text(address))
}

function readProvider(reader: ByteReader): Provider {
  const peer = reader.text(messageLimits.peerBytes)
  if (peer === '') throw new MalformedMessageError('A peer without a name')
  return { peer: peer as PeerId, addresses: readAddresses(reader) }
}

function readAddresses(reader: ByteReader): string[] {
  return reader.list(dhtMessageLimits.addresses, () => reader.text(dhtMessageLimits.addressBytes))
}

function readOutcome(reader: ByteReader): StoreOutcome {
  const outcome = outcomes[reader.u8()]
  if (outcome === undefined) throw new MalformedMessageError('An unknown outcome')
  return outcome
}

function writeFlag(flag: boolean, writer: ByteWriter): ByteWriter {
  return writer.u8(flag ? 1 : 0)
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8()
  if (flag > 1) throw new MalformedMessageError('A flag that is neither set nor not')
  return flag === 1
}

function readKey(reader: ByteReader): Key {
  return bytesToHex(reader.raw(32)) as Key
}

function readItem(reader: ByteReader): Item {
  return bytesToHex(reader.raw(itemBytes)) as Item
}

function readBound(reader: ByteReader): Bound {
  return bound(bytesToHex(reader.bytes(itemBytes)))
}
