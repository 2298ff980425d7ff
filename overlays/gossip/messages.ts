import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import {
  ByteWriter,
  MalformedMessageError,
  type ByteReader,
  type Codec,
  type PeerId,
} from '../../node/protocol/index.ts'

declare const brand: unique symbol

/** 32 hexadecimal digits of the hash of a message: nobody can give two messages one id, or choose it. */
export type MessageId = string & { readonly [brand]: 'MessageId' }

/** What is spread. The same everywhere; who handed it on stands outside. */
export interface Payload {
  readonly topic: string
  readonly publisher: PeerId
  /** Counted by the publisher, from a number drawn at random at each start: equal bytes published twice are two messages. */
  readonly sequence: number
  readonly bytes: Uint8Array
}

export type GossipMessage =
  /** A message itself, `hops` from its publisher (GOSSIP of Plumtree). */
  | { readonly type: 'push'; readonly hops: number; readonly payload: Payload }
  /** The sender has these (IHAVE). */
  | { readonly type: 'ihave'; readonly ids: readonly MessageId[] }
  /** The receiver need not be told of these again. */
  | { readonly type: 'confirm'; readonly ids: readonly MessageId[] }
  /** The sender wants these (GRAFT). */
  | { readonly type: 'graft'; readonly ids: readonly MessageId[] }
  /** The sender wants to be a neighbour, or makes sure it still is (NEIGHBOR of HyParView). An urgent wish is granted
   *  even if another neighbour must go. */
  | { readonly type: 'neighbour'; readonly urgent: boolean }
  /** The wish is granted. */
  | { readonly type: 'accept' }
  /** The sender is no neighbour, or no longer (DISCONNECT). */
  | { readonly type: 'disconnect' }

export const messageLimits: {
  readonly peerBytes: number
  readonly topicBytes: number
  readonly ids: number
  readonly hops: number
} = Object.freeze({ peerBytes: 128, topicBytes: 256, ids: 1024, hops: 255 })

const idBytes = 16
const types = ['push', 'ihave', 'confirm', 'graft', 'neighbour', 'accept', 'disconnect'] as const
const urgentFlag = 0x80

export function messageId(payload: Payload): MessageId {
  const writer = new ByteWriter(payload.bytes.length + 256)
  encodePayload(payload, writer)
  return bytesToHex(sha256(writer.view()).subarray(0, idBytes)) as MessageId
}

/** @param messageLimitBytes largest message that is accepted */
export function gossipCodec(messageLimitBytes: number): Codec<GossipMessage> {
  return {
    encode(message, writer) {
      const urgent = message.type === 'neighbour' && message.urgent
      writer.u8(types.indexOf(message.type) | (urgent ? urgentFlag : 0))
      if (message.type === 'push') {
        writer.u8(message.hops)
        encodePayload(message.payload, writer)
      } else if ('ids' in message) {
        writer.varint(message.ids.length)
        for (const id of message.ids) writer.raw(hexToBytes(id))
      }
    },
    decode(reader) {
      const first = reader.u8()
      const urgent = (first & urgentFlag) !== 0
      const type = types[first & ~urgentFlag]
      if (urgent && type !== 'neighbour') throw new MalformedMessageError('Only a wish can be urgent')
      switch (type) {
        case 'push':
          return { type, hops: reader.u8(), payload: decodePayload(reader, messageLimitBytes) }
        case 'ihave':
        case 'confirm':
        case 'graft':
          return { type, ids: decodeIds(reader) }
        case 'neighbour':
          return { type, urgent }
        case 'accept':
        case 'disconnect':
          return { type }
        default:
          throw new MalformedMessageError('An unknown type of gossip message')
      }
    },
  }
}

function encodePayload({ topic, publisher, sequence, bytes }: Payload, writer: ByteWriter): void {
  writer.text(topic).text(publisher).varint(sequence).bytes(bytes)
}

function decodePayload(reader: ByteReader, messageLimitBytes: number): Payload {
  const topic = reader.text(messageLimits.topicBytes)
  const publisher = reader.text(messageLimits.peerBytes) as PeerId
  if (topic === '' || publisher === '') throw new MalformedMessageError('A message without topic or publisher')
  return { topic, publisher, sequence: reader.varint(), bytes: reader.bytes(messageLimitBytes).slice() }
}

function decodeIds(reader: ByteReader): MessageId[] {
  const ids = reader.list(messageLimits.ids, (reader) => bytesToHex(reader.raw(idBytes)) as MessageId)
  if (ids.length === 0) throw new MalformedMessageError('An empty list of message ids')
  return ids
}
