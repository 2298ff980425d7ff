import {
  ByteWriter,
  MalformedMessageError,
  type ByteReader,
  type Codec,
  type PeerId,
} from '../../node/protocol/index.ts'
import { messageLimits, noAddresses } from './messages.ts'
import type { MemberUpdate, Standing, SwimBody, SwimMessage } from './messages.ts'
import { decodeTags, encodeTags } from './tags.ts'

const types = ['ping', 'ack', 'ping-req', 'gossip', 'push', 'nack', 'digest'] as const
const states: readonly Standing[] = ['alive', 'suspected', 'failed', 'left', 'unfit']

/** Flags of a message, beside its type. */
const leavingFlag = 0x10
/** On `push` that it pulls, on `ping-req` that a nack is wanted. */
const answerFlag = 0x20
const updatesFlag = 0x40
const unfitFlag = 0x80

/** Flags of an update, beside its state. */
const addressedFlag = 0x10
const accuserFlag = 0x20
const tagsFlag = 0x40

export const swimCodec: Codec<SwimMessage> = {
  encode(message, writer) {
    const answered = ('pull' in message && message.pull) || ('nack' in message && message.nack)
    const news = message.updates.length > 0 ? updatesFlag : 0
    const standing = (message.leaving === true ? leavingFlag : 0) | (message.unfit === true ? unfitFlag : 0)
    writer.u8(types.indexOf(message.type) | standing | (answered ? answerFlag : 0) | news).varint(message.incarnation)
    if ('probe' in message) writer.varint(message.probe)
    if ('health' in message) writer.u8(Math.min(message.health, 255))
    if ('target' in message) writer.text(message.target)
    if ('digest' in message) writer.varint(message.digest)
    if (message.updates.length === 0) return
    writer.varint(message.updates.length)
    for (const update of message.updates) encodeUpdate(update, writer)
  },
  decode(reader) {
    const first = reader.u8()
    const leaving = (first & leavingFlag) === 0 ? {} : { leaving: true as const }
    const unfit = (first & unfitFlag) === 0 ? {} : { unfit: true as const }
    const answered = (first & answerFlag) !== 0
    const type = types[first & ~(leavingFlag | unfitFlag | answerFlag | updatesFlag)]
    if (answered && type !== 'push' && type !== 'ping-req') {
      throw new MalformedMessageError('Only a push can pull, only a ping-req can want a nack')
    }
    const incarnation = reader.varint(messageLimits.incarnation)
    const body = decodeBody(type, answered, reader)
    const updates = (first & updatesFlag) === 0 ? [] : decodeUpdates(reader)
    return { ...body, incarnation, ...leaving, ...unfit, updates }
  },
}

/** How long an update is on the wire. */
export function encodedBytes(update: MemberUpdate): number {
  scratch.truncate(0)
  encodeUpdate(update, scratch)
  return scratch.length
}

const scratch = new ByteWriter()

function decodeBody(type: SwimBody['type'] | undefined, answered: boolean, reader: ByteReader): SwimBody {
  switch (type) {
    case 'ping':
    case 'ack':
    case 'nack':
      return { type, probe: reader.varint(), health: reader.u8() }
    case 'ping-req':
      return { type, probe: reader.varint(), target: decodePeer(reader), nack: answered }
    case 'gossip':
      return { type }
    case 'digest':
      return { type, digest: reader.varint(messageLimits.digest) }
    case 'push':
      return { type, pull: answered }
    case undefined:
      throw new MalformedMessageError('An unknown type of SWIM message')
  }
}

function encodeUpdate({ peer, state, incarnation, addresses, accuser, tags }: MemberUpdate, writer: ByteWriter): void {
  const flags =
    (addresses.length === 0 ? 0 : addressedFlag) |
    (accuser === undefined ? 0 : accuserFlag) |
    (tags === undefined ? 0 : tagsFlag)
  writer
    .u8(states.indexOf(state) | flags)
    .text(peer)
    .varint(incarnation)
  if (accuser !== undefined) writer.text(accuser)
  if (addresses.length > 0) {
    writer.varint(addresses.length)
    for (const address of addresses) writer.text(address)
  }
  if (tags !== undefined) encodeTags(tags, writer)
}

function decodeUpdates(reader: ByteReader): MemberUpdate[] {
  const updates = reader.list(messageLimits.updates, decodeUpdate)
  if (updates.length === 0) throw new MalformedMessageError('An empty list of updates')
  return updates
}

function decodeUpdate(reader: ByteReader): MemberUpdate {
  const first = reader.u8()
  const state = states[first & ~(addressedFlag | accuserFlag | tagsFlag)]
  if (state === undefined) throw new MalformedMessageError('An unknown state of a member')
  if (state !== 'alive' && (first & (addressedFlag | tagsFlag)) !== 0) {
    throw new MalformedMessageError('Addresses or tags of a member that is not said to be alive')
  }
  if (state !== 'suspected' && (first & accuserFlag) !== 0) {
    throw new MalformedMessageError('An accuser of a member that is not suspected')
  }
  const peer = decodePeer(reader)
  const incarnation = reader.varint(messageLimits.incarnation)
  const accuser = (first & accuserFlag) === 0 ? undefined : decodePeer(reader)
  const addresses = (first & addressedFlag) === 0 ? noAddresses : decodeAddresses(reader)
  const tags = (first & tagsFlag) === 0 ? undefined : decodeTags(reader, messageLimits.incarnation)
  return { peer, state, incarnation, addresses, accuser, tags }
}

function decodeAddresses(reader: ByteReader): readonly string[] {
  const addresses = reader.list(messageLimits.addresses, (reader) => reader.text(messageLimits.addressBytes))
  if (addresses.length === 0) throw new MalformedMessageError('An empty list of addresses')
  return addresses
}

function decodePeer(reader: ByteReader): PeerId {
  const peer = reader.text(messageLimits.peerBytes)
  if (peer === '') throw new MalformedMessageError('A peer without a name')
  return peer as PeerId
}
