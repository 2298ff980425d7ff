import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ByteWriter, type PeerId } from '../../node/protocol/index.ts'

declare const brand: unique symbol

/** 32 hexadecimal digits of the hash of a message: nobody can give two messages one id, or choose it. */
export type MessageId = string & { readonly [brand]: 'MessageId' }

/** Of one publisher and one life of it, the messages that came before: how many of them. */
export interface Past {
  readonly publisher: PeerId
  readonly life: number
  readonly count: number
}

/** What is spread. The same everywhere; who handed it on stands outside. */
export interface Payload {
  readonly topic: string
  readonly publisher: PeerId
  /** Drawn at random by the publisher at each start, so that no two of its lives number alike. */
  readonly life: number
  /** Counted by the publisher in each life, from 0: equal bytes published twice are two messages. */
  readonly sequence: number
  /** What the publisher had told its listeners before (a vector clock); empty unless it publishes in causal order. */
  readonly past: readonly Past[]
  readonly bytes: Uint8Array
}

/** A message by its id, and how many hops it had made to whoever speaks of it (the round of Plumtree). */
export interface Announcement {
  readonly id: MessageId
  readonly round: number
}

/** A message itself. */
export interface GossipedMessage {
  readonly type: 'gossip'
  /** Hops from its publisher to the receiver. */
  readonly round: number
  /** Beyond Plumtree: it travels along branches alone; who is given it twice prunes, who could have it sooner grafts. */
  readonly shapes: boolean
  /** Beyond Plumtree: given over a link that is no branch, and is not to become one. */
  readonly isShortcut: boolean
  readonly payload: Payload
}

/** Plumtree (SRDS 2007), figure 2 and after. */
export type PlumtreeMessage =
  | GossipedMessage
  /** The sender has these. `again`: it has said so before, and the receiver is to say that it has them too. */
  | { readonly type: 'ihave'; readonly again: boolean; readonly announced: readonly Announcement[] }
  /** The sender wants a tree link for the topics of these messages; and the messages too, unless `payload` is false. */
  | { readonly type: 'graft'; readonly payload: boolean; readonly ids: readonly MessageId[] }
  /** The sender wants no more payload of that message's topic over this link. */
  | { readonly type: 'prune'; readonly id: MessageId }

/** HyParView (DSN 2007), §4. */
export type HyParViewMessage =
  /** The sender is new, and wants the receiver as its first neighbour. */
  | { readonly type: 'join' }
  /** Somebody is new; a random walk looks for neighbours for it. */
  | { readonly type: 'forward-join'; readonly joiner: PeerId; readonly ttl: number }
  /** The sender wants to be a neighbour, or makes sure it still is. An urgent wish (high priority) is always granted. */
  | { readonly type: 'neighbour'; readonly urgent: boolean }
  | { readonly type: 'accept' }
  | { readonly type: 'reject' }
  /** The sender is a neighbour no longer. */
  | { readonly type: 'disconnect' }
  | { readonly type: 'shuffle'; readonly origin: PeerId; readonly ttl: number; readonly peers: readonly PeerId[] }
  | { readonly type: 'shuffle-reply'; readonly peers: readonly PeerId[] }

export type GossipMessage = PlumtreeMessage | HyParViewMessage

/** What strangers may send. Frozen into the protocol's version: a peer that sends more is malformed to others. */
export const messageLimits: {
  readonly peerBytes: number
  readonly topicBytes: number
  readonly ids: number
  readonly round: number
  readonly ttl: number
  readonly shuffled: number
  readonly past: number
  readonly life: number
  readonly sequence: number
} = Object.freeze({
  peerBytes: 128,
  topicBytes: 256,
  ids: 1024,
  round: 255,
  ttl: 32,
  shuffled: 64,
  past: 256,
  life: 2 ** 48,
  // One more is a count, and a count must still be written.
  sequence: 2 ** 53 - 2,
})

export const idBytes = 16

/** A payload is handed on as it is, and its hash is the dearest part of receiving it: each is hashed once. */
const known = new WeakMap<Payload, MessageId>()

/** For what is hashed, and then forgotten. */
const writer = new ByteWriter()

export function messageId(payload: Payload): MessageId {
  const found = known.get(payload)
  if (found !== undefined) return found
  writer.truncate(0)
  encodePayload(payload, writer)
  const id = bytesToHex(sha256(writer.view()).subarray(0, idBytes)) as MessageId
  known.set(payload, id)
  return id
}

export function encodePayload({ topic, publisher, life, sequence, past, bytes }: Payload, writer: ByteWriter): void {
  writer.text(topic).text(publisher).varint(life).varint(sequence).varint(past.length)
  for (const { publisher, life, count } of past) writer.text(publisher).varint(life).varint(count)
  writer.bytes(bytes)
}

/** Besides its publisher: an entry of a past, roughly. */
const pastBytes = 96

/** What a message takes in memory, in bytes, roughly. */
export function sizeOf({ topic, past, bytes }: Payload): number {
  let size = bytes.length + topic.length
  for (const { publisher } of past) size += publisher.length + pastBytes
  return size
}
