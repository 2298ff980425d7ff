import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import {
  MalformedMessageError,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type PeerId,
} from '../../node/protocol/index.ts'
import { encodePayload, idBytes, messageLimits } from './messages.ts'
import type { Announcement, GossipedMessage, GossipMessage, MessageId, Past, Payload } from './messages.ts'

const types = [
  'gossip',
  'ihave',
  'graft',
  'prune',
  'join',
  'forward-join',
  'neighbour',
  'accept',
  'reject',
  'disconnect',
  'shuffle',
  'shuffle-reply',
] as const

/** On `neighbour` that it is urgent, on `ihave` that it is said again, on `graft` that the payload is not wanted. */
const flag = 0x80

/** Of a message. It cannot be both. */
const shaping = 1
const shortcut = 2

/** @param messageLimitBytes largest message that is accepted */
export function gossipCodec(messageLimitBytes: number): Codec<GossipMessage> {
  return {
    encode(message, writer) {
      writer.u8(types.indexOf(message.type) | (isFlagged(message) ? flag : 0))
      encodeBody(message, writer)
    },
    decode(reader) {
      const first = reader.u8()
      return decodeBody(types[first & ~flag], (first & flag) !== 0, reader, messageLimitBytes)
    },
  }
}

function isFlagged(message: GossipMessage): boolean {
  if (message.type === 'neighbour') return message.urgent
  if (message.type === 'ihave') return message.again
  return message.type === 'graft' && !message.payload
}

function encodeBody(message: GossipMessage, writer: ByteWriter): void {
  switch (message.type) {
    case 'gossip':
      encodePayload(
        message.payload,
        writer.u8(message.round).u8(message.shapes ? shaping : message.isShortcut ? shortcut : 0),
      )
      break
    case 'ihave':
      writer.varint(message.announced.length)
      for (const { id, round } of message.announced) writer.raw(hexToBytes(id)).u8(round)
      break
    case 'graft':
      writer.varint(message.ids.length)
      for (const id of message.ids) writer.raw(hexToBytes(id))
      break
    case 'prune':
      writer.raw(hexToBytes(message.id))
      break
    case 'forward-join':
      writer.text(message.joiner).u8(message.ttl)
      break
    case 'shuffle':
      encodePeers(message.peers, writer.text(message.origin).u8(message.ttl))
      break
    case 'shuffle-reply':
      encodePeers(message.peers, writer)
  }
}

function decodeBody(
  type: GossipMessage['type'] | undefined,
  flagged: boolean,
  reader: ByteReader,
  messageLimitBytes: number,
): GossipMessage {
  if (flagged && type !== 'neighbour' && type !== 'ihave' && type !== 'graft') {
    throw new MalformedMessageError('Only a wish, an announcement or a graft bears the flag')
  }
  switch (type) {
    case 'gossip':
      return { type, round: reader.u8(), ...decodeWay(reader), payload: decodePayload(reader, messageLimitBytes) }
    case 'ihave':
      return { type, again: flagged, announced: filled(reader.list(messageLimits.ids, decodeAnnouncement)) }
    case 'graft':
      return { type, payload: !flagged, ids: filled(reader.list(messageLimits.ids, decodeId)) }
    case 'prune':
      return { type, id: decodeId(reader) }
    case 'neighbour':
      return { type, urgent: flagged }
    case 'forward-join':
      return { type, joiner: decodePeer(reader), ttl: decodeTtl(reader) }
    case 'shuffle':
      return { type, origin: decodePeer(reader), ttl: decodeTtl(reader), peers: decodePeers(reader) }
    case 'shuffle-reply':
      return { type, peers: decodePeers(reader) }
    case 'join':
    case 'accept':
    case 'reject':
    case 'disconnect':
      return { type }
    case undefined:
      throw new MalformedMessageError('An unknown type of gossip message')
  }
}

function decodeWay(reader: ByteReader): Pick<GossipedMessage, 'shapes' | 'isShortcut'> {
  const way = reader.u8()
  if (way > shortcut) throw new MalformedMessageError('A message that came an unknown way')
  return { shapes: way === shaping, isShortcut: way === shortcut }
}

function decodePayload(reader: ByteReader, messageLimitBytes: number): Payload {
  const topic = reader.text(messageLimits.topicBytes)
  if (topic === '') throw new MalformedMessageError('A message without a topic')
  const publisher = decodePeer(reader)
  const life = reader.varint(messageLimits.life)
  const sequence = reader.varint(messageLimits.sequence)
  const past = reader.list(messageLimits.past, decodePast)
  return { topic, publisher, life, sequence, past, bytes: reader.bytes(messageLimitBytes).slice() }
}

function decodePast(reader: ByteReader): Past {
  return { publisher: decodePeer(reader), life: reader.varint(messageLimits.life), count: reader.varint() }
}

function decodeAnnouncement(reader: ByteReader): Announcement {
  return { id: decodeId(reader), round: reader.u8() }
}

function decodeId(reader: ByteReader): MessageId {
  return bytesToHex(reader.raw(idBytes)) as MessageId
}

function filled<Item>(items: Item[]): Item[] {
  if (items.length === 0) throw new MalformedMessageError('An empty list of message ids')
  return items
}

function decodeTtl(reader: ByteReader): number {
  const ttl = reader.u8()
  if (ttl > messageLimits.ttl) throw new MalformedMessageError(`A walk of ${ttl} steps`)
  return ttl
}

function encodePeers(peers: readonly PeerId[], writer: ByteWriter): void {
  writer.varint(peers.length)
  for (const peer of peers) writer.text(peer)
}

function decodePeers(reader: ByteReader): PeerId[] {
  return reader.list(messageLimits.shuffled, decodePeer)
}

function decodePeer(reader: ByteReader): PeerId {
  const peer = reader.text(messageLimits.peerBytes)
  if (peer === '') throw new MalformedMessageError('A peer without a name')
  return peer as PeerId
}
