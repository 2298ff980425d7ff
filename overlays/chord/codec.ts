import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import {
  MalformedMessageError,
  type ByteReader,
  type ByteWriter,
  type Codec,
  type PeerId,
} from '../../node/protocol/index.ts'
import { avoidLimit, messageLimits, pathLimit, type ChordMessage } from './messages.ts'
import { ringNode, type RingNode, type RingPoint } from './ring-node.ts'

/** The place in this list is the first byte of a message. */
const types = [
  'state',
  'ping',
  'step',
  'route',
  'propose',
  'neighbourhood',
  'busy',
  'outside',
  'yes',
  'no',
  'closer',
  'found',
  'notify',
  'routed',
  'gather',
  'inside',
  'begin',
  'gone',
  'elsewhere',
] as const satisfies readonly ChordMessage['type'][]

/** Messages of the ring as bytes (docs/formats/chord.md). Refuses what no peer that keeps to it sends. */
export const chordCodec: Codec<ChordMessage> = {
  encode(message, writer) {
    writer.u8(types.indexOf(message.type))
    if ('number' in message) writer.varint(message.number)
    encodeBody(message, writer)
  },
  decode(reader) {
    return decodeBody(types[reader.u8()], reader)
  },
}

function encodeBody(message: ChordMessage, writer: ByteWriter): void {
  switch (message.type) {
    case 'state':
    case 'ping':
      writer.u8(message.at)
      break
    case 'step':
      writePeers(message.avoid, writer.raw(hexToBytes(message.key)).u8(message.following))
      break
    case 'route':
      writer.raw(hexToBytes(message.key)).u8(message.following).text(message.origin).varint(message.lookup)
      writePeers(message.path, writer)
      break
    case 'propose':
    case 'gather':
    case 'begin':
      writePeers(message.members, writer)
      break
    case 'elsewhere':
      writer.text(message.door)
      break
    case 'neighbourhood':
      writeNodes(message.predecessor === undefined ? [] : [message.predecessor], writer)
      writeNodes(message.successors, writer)
      break
    case 'closer':
      writeNodes(message.nodes, writer)
      break
    case 'found':
      writeNodes(message.successors, writer.u8(message.at))
      break
    case 'routed':
      writePeers(message.path, writer.varint(message.lookup).u8(message.at))
      writeNodes(message.successors, writer)
      break
    case 'notify':
      writer.u8(message.at).u8(message.from)
  }
}

function decodeBody(type: ChordMessage['type'] | undefined, reader: ByteReader): ChordMessage {
  switch (type) {
    case 'state':
    case 'ping':
      return { type, number: reader.varint(), at: readIndex(reader) }
    case 'step': {
      const [number, key, following] = [reader.varint(), readPoint(reader), reader.u8()]
      return { type, number, key, following, avoid: reader.list(avoidLimit, readPeer) }
    }
    case 'route': {
      const [number, key, following] = [reader.varint(), readPoint(reader), reader.u8()]
      return { type, number, key, following, origin: readPeer(reader), lookup: reader.varint(), path: readPath(reader) }
    }
    case 'propose':
      return { type, number: reader.varint(), members: readPeers(reader) }
    case 'gather':
    case 'begin':
      return { type, members: readPeers(reader) }
    case 'elsewhere':
      return { type, door: readPeer(reader) }
    case 'neighbourhood': {
      const number = reader.varint()
      const [predecessor] = reader.list(1, readNode)
      return { type, number, predecessor, successors: readNodes(reader) }
    }
    case 'busy':
    case 'outside':
    case 'yes':
    case 'no':
      return { type, number: reader.varint() }
    case 'closer':
      return { type, number: reader.varint(), nodes: readNodes(reader) }
    case 'found':
      return { type, number: reader.varint(), at: readIndex(reader), successors: readNodes(reader) }
    case 'notify':
      return { type, at: readIndex(reader), from: readIndex(reader) }
    case 'routed': {
      const lookup = reader.varint()
      return { type, lookup, at: readIndex(reader), path: readPath(reader), successors: readNodes(reader) }
    }
    case 'inside':
    case 'gone':
      return { type }
    case undefined:
      throw new MalformedMessageError('An unknown type of Chord message')
  }
}

function writeNodes(nodes: readonly RingNode[], writer: ByteWriter): void {
  writer.varint(nodes.length)
  for (const { peer, index } of nodes) writer.text(peer).u8(index)
}

function writePeers(peers: readonly PeerId[], writer: ByteWriter): void {
  writer.varint(peers.length)
  for (const peer of peers) writer.text(peer)
}

function readNodes(reader: ByteReader): RingNode[] {
  return reader.list(messageLimits.nodes, readNode)
}

/** Whatever a peer says of another, that one's point is computed here. */
function readNode(reader: ByteReader): RingNode {
  return ringNode(readPeer(reader), readIndex(reader))
}

function readPath(reader: ByteReader): PeerId[] {
  return reader.list(pathLimit, readPeer)
}

function readPeers(reader: ByteReader): PeerId[] {
  return reader.list(messageLimits.peers, readPeer)
}

function readPeer(reader: ByteReader): PeerId {
  const peer = reader.text(messageLimits.peerBytes)
  if (peer === '') throw new MalformedMessageError('A peer without a name')
  // What follows it would be taken for the number of a virtual node.
  if (peer.includes('#')) throw new MalformedMessageError('A peer with a # in its name')
  return peer as PeerId
}

function readIndex(reader: ByteReader): number {
  const index = reader.u8()
  if (index > messageLimits.index) throw new MalformedMessageError(`A virtual node with the number ${index}`)
  return index
}

function readPoint(reader: ByteReader): RingPoint {
  return bytesToHex(reader.raw(32)) as RingPoint
}
