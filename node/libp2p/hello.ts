import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ByteReader, ByteWriter, MalformedMessageError, type PeerId, type Plane } from '../protocol/index.ts'
import type { RejectedReason } from './events.ts'

/** Peers of one major version get along; a minor one only adds optional fields. */
const formatVersion: { readonly major: number; readonly minor: number } = Object.freeze({ major: 1, minor: 1 })

const magic = 0x504c4f4d // PLOM
const nonceLength = 32
const proofLength = 32
const agentLimit = 64
const protocolNameLimit = 128
const fieldLimit = 32

/** Fields of an introduction. New ones get new numbers; unknown ones are skipped. */
const field = Object.freeze({ protocols: 1, agent: 2, bulkWindow: 3 })

/** What a peer tells of itself once the other has proved that it belongs to the network. */
export interface Introduction {
  /** Names with versions. Frames to this peer carry the place in this list, counted from 1. */
  readonly protocols: readonly string[]
  /** Free text. Since format 1.1. */
  readonly agent?: string
  /** Bytes of credit that a bulk sender begins with. Since format 1.1. */
  readonly bulkWindow?: number
}

export interface HelloOptions {
  readonly secret: Uint8Array
  readonly plane: Plane
  /** Who opened the stream. Part of the proof, so that a proof cannot be handed back to the one who made it. */
  readonly role: 'opener' | 'acceptor'
  readonly self: PeerId
  readonly peer: PeerId
  /** 32 fresh random bytes. */
  readonly nonce: Uint8Array
  /** Asked for when the other side has proved itself. */
  readonly introduction: () => Introduction
  /** Longest list of protocols that is accepted. */
  readonly protocolLimit: number
  /** @default formatVersion */
  readonly version?: { readonly major: number; readonly minor: number }
}

export interface HelloStep {
  /** Frames to be sent now. */
  readonly replies: readonly Uint8Array[]
  /** The other's introduction: the hello is over and right. */
  readonly introduction?: Introduction
}

/** The other side's hello is wrong; the stream is of no use. */
export class HelloRefusedError extends Error {
  override readonly name: 'HelloRefusedError' = 'HelloRefusedError'
  readonly reason: RejectedReason

  constructor(reason: RejectedReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/**
 * The first frames of a channel, the same from both sides: a challenge (format version, nonce), a proof that the
 * sender knows the network's secret, and an introduction.
 *
 *     opener    challenge →                                  proof, introduction →
 *     acceptor              ← challenge, proof                                       ← introduction
 *
 * The proof is an HMAC over both challenges, both PeerIds, the plane and who opened. libp2p has authenticated the
 * PeerIds, so a proof is worth nothing on another connection, stream or plane. Nobody introduces itself to a peer that
 * has proved nothing, and nothing else is read before that.
 */
export class Hello {
  readonly #options: HelloOptions
  readonly #challenge: Uint8Array
  #theirs: Uint8Array | undefined
  #proved = false

  constructor(options: HelloOptions) {
    this.#options = options
    const { major, minor } = options.version ?? formatVersion
    this.#challenge = new ByteWriter(nonceLength + 6).u32(magic).u8(major).u8(minor).raw(options.nonce).finish()
  }

  /** To be sent as soon as the stream is there. */
  get challenge(): Uint8Array {
    return this.#challenge
  }

  /** @throws HelloRefusedError */
  receive(frame: Uint8Array): HelloStep {
    try {
      if (this.#theirs === undefined) return { replies: [this.#challenged(frame)] }
      if (!this.#proved) return { replies: [this.#prove(frame)] }
      return { replies: [], introduction: decodeIntroduction(frame, this.#options.protocolLimit) }
    } catch (cause) {
      if (!(cause instanceof MalformedMessageError)) throw cause
      throw new HelloRefusedError('hello-malformed', cause.message, { cause })
    }
  }

  #challenged(frame: Uint8Array): Uint8Array {
    const reader = new ByteReader(frame)
    if (reader.u32() !== magic) throw new MalformedMessageError('Not a hello')
    const major = reader.u8()
    const expected = this.#options.version?.major ?? formatVersion.major
    if (major !== expected) {
      throw new HelloRefusedError('unsupported-version', `Format ${major} where ${expected} is spoken`)
    }
    reader.u8()
    reader.raw(nonceLength)
    // What a later minor version appends is no error; being part of the frame, it is part of the proof.
    this.#theirs = Uint8Array.from(frame)
    return this.#proof(this.#options.role)
  }

  #prove(frame: Uint8Array): Uint8Array {
    if (frame.length !== proofLength) throw new MalformedMessageError('A proof of the wrong length')
    if (!equal(frame, this.#proof(this.#options.role === 'opener' ? 'acceptor' : 'opener'))) {
      throw new HelloRefusedError('wrong-network', 'The proof of the network key is wrong')
    }
    this.#proved = true
    return encodeIntroduction(this.#options.introduction())
  }

  #proof(prover: 'opener' | 'acceptor'): Uint8Array {
    const { role, self, peer, plane, secret } = this.#options
    const theirs = this.#theirs as Uint8Array
    const opened = role === 'opener'
    const transcript = new ByteWriter()
      .text('peerloom/hello/v1')
      .text(plane)
      .text(prover)
      .text(opened ? self : peer)
      .text(opened ? peer : self)
      .bytes(opened ? this.#challenge : theirs)
      .bytes(opened ? theirs : this.#challenge)
    return hmac(sha256, secret, transcript.view())
  }
}

function encodeIntroduction(introduction: Introduction): Uint8Array {
  const { protocols, agent, bulkWindow } = introduction
  const writer = new ByteWriter()
  const list = new ByteWriter().varint(protocols.length)
  for (const protocol of protocols) list.text(protocol)
  writer.varint(field.protocols).bytes(list.view())
  if (agent !== undefined) writer.varint(field.agent).bytes(new ByteWriter().text(agent).view())
  if (bulkWindow !== undefined) writer.varint(field.bulkWindow).bytes(new ByteWriter().varint(bulkWindow).view())
  return writer.finish()
}

/** @throws MalformedMessageError */
function decodeIntroduction(bytes: Uint8Array, protocolLimit: number): Introduction {
  const reader = new ByteReader(bytes)
  let protocols: readonly string[] | undefined
  let agent: string | undefined
  let bulkWindow: number | undefined
  for (let count = 0; reader.remaining > 0; count++) {
    if (count === fieldLimit) throw new MalformedMessageError('An introduction of too many fields')
    const type = reader.varint()
    const value = new ByteReader(reader.bytes(bytes.length))
    if (type === field.protocols && protocols === undefined) protocols = readProtocols(value, protocolLimit)
    else if (type === field.agent && agent === undefined) agent = value.text(4 * agentLimit).slice(0, agentLimit)
    else if (type === field.bulkWindow && bulkWindow === undefined) bulkWindow = value.varint(1 << 30)
    else if (type <= field.bulkWindow) throw new MalformedMessageError('An introduction with a field twice')
  }
  if (protocols === undefined) throw new MalformedMessageError('An introduction without protocols')
  return {
    protocols,
    ...(agent === undefined ? {} : { agent }),
    ...(bulkWindow === undefined ? {} : { bulkWindow }),
  }
}

/** @throws MalformedMessageError */
export function readProtocols(reader: ByteReader, limit: number): readonly string[] {
  return reader.list(limit, (item) => item.text(protocolNameLimit))
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  let difference = left.length ^ right.length
  for (let index = 0; index < left.length; index++) difference |= (left[index] as number) ^ (right[index] ?? 0)
  return difference === 0
}
