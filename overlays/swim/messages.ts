import {
  ByteWriter,
  MalformedMessageError,
  type ByteReader,
  type Codec,
  type MemberState,
  type PeerId,
} from '../../node/protocol/index.ts'

/** What one member says of another (or of itself). */
export interface MemberUpdate {
  readonly peer: PeerId
  readonly state: MemberState
  readonly incarnation: number
  /** Where the member says it is reached; only its own `alive` carries any. */
  readonly addresses: readonly string[]
  /** Of a suspicion: who came to it by a probe of its own. Absent: the sender of the message. */
  readonly accuser?: PeerId
}

interface Envelope {
  /** The incarnation of the sender, who speaks for itself: nobody needs a third party to know that it is there. */
  readonly incarnation: number
  /** The sender has left, and only answers those who have not heard. */
  readonly leaving?: true
  /** Piggybacked (SWIM §3.2); on `push` a part of the sender's member list. */
  readonly updates: readonly MemberUpdate[]
}

export type SwimBody =
  | { readonly type: 'ping'; readonly probe: number }
  | { readonly type: 'ack'; readonly probe: number }
  /** `nack` asks to be told as well when the target does not answer. */
  | { readonly type: 'ping-req'; readonly probe: number; readonly target: PeerId; readonly nack: boolean }
  /** The target of a `ping-req` has not answered so far (Lifeguard §IV-A). */
  | { readonly type: 'nack'; readonly probe: number }
  | { readonly type: 'gossip' }
  /** A part of the sender's member list; `pull` asks for the receiver's in return. */
  | { readonly type: 'push'; readonly pull: boolean }

export type SwimMessage = SwimBody & Envelope

/** What strangers may send. Frozen into the protocol's version: a peer that sends more is malformed to others. */
export const messageLimits: {
  readonly peerBytes: number
  readonly addresses: number
  readonly addressBytes: number
  readonly updates: number
  readonly incarnation: number
} = Object.freeze({
  peerBytes: 128,
  addresses: 8,
  addressBytes: 128,
  updates: 8192,
  incarnation: Number.MAX_SAFE_INTEGER - 1,
})

const types = ['ping', 'ack', 'ping-req', 'gossip', 'push', 'nack'] as const
const states: readonly MemberState[] = ['alive', 'suspected', 'failed', 'left']
const leavingFlag = 0x10
/** On `push` that it pulls, on `ping-req` that a nack is wanted. */
const answerFlag = 0x20
const addressedFlag = 0x10
const accuserFlag = 0x20

export const swimCodec: Codec<SwimMessage> = {
  encode(message, writer) {
    const answered = ('pull' in message && message.pull) || ('nack' in message && message.nack)
    const flags = (message.leaving === true ? leavingFlag : 0) | (answered ? answerFlag : 0)
    writer.u8(types.indexOf(message.type) | flags).varint(message.incarnation)
    if ('probe' in message) writer.varint(message.probe)
    if ('target' in message) writer.text(message.target)
    writer.varint(message.updates.length)
    for (const update of message.updates) encodeUpdate(update, writer)
  },
  decode(reader) {
    const first = reader.u8()
    const leaving = (first & leavingFlag) === 0 ? {} : { leaving: true as const }
    const answered = (first & answerFlag) !== 0
    const type = types[first & ~(leavingFlag | answerFlag)]
    if (answered && type !== 'push' && type !== 'ping-req') {
      throw new MalformedMessageError('Only a push can pull, only a ping-req can want a nack')
    }
    const incarnation = reader.varint(messageLimits.incarnation)
    const body = decodeBody(type, answered, reader)
    return { ...body, incarnation, ...leaving, updates: reader.list(messageLimits.updates, decodeUpdate) }
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
      return { type, probe: reader.varint() }
    case 'ping-req':
      return { type, probe: reader.varint(), target: decodePeer(reader), nack: answered }
    case 'gossip':
      return { type }
    case 'push':
      return { type, pull: answered }
    case undefined:
      throw new MalformedMessageError('An unknown type of SWIM message')
  }
}

function encodeUpdate(update: MemberUpdate, writer: ByteWriter): void {
  const addressed = update.addresses.length > 0
  const flags = (addressed ? addressedFlag : 0) | (update.accuser === undefined ? 0 : accuserFlag)
  writer.u8(states.indexOf(update.state) | flags)
  writer.text(update.peer).varint(update.incarnation)
  if (update.accuser !== undefined) writer.text(update.accuser)
  if (!addressed) return
  writer.varint(update.addresses.length)
  for (const address of update.addresses) writer.text(address)
}

function decodeUpdate(reader: ByteReader): MemberUpdate {
  const first = reader.u8()
  const state = states[first & ~(addressedFlag | accuserFlag)]
  if (state === undefined) throw new MalformedMessageError('An unknown state of a member')
  const peer = decodePeer(reader)
  const incarnation = reader.varint(messageLimits.incarnation)
  if ((first & accuserFlag) !== 0) {
    if (state !== 'suspected') throw new MalformedMessageError('An accuser of a member that is not suspected')
    if ((first & addressedFlag) === 0) {
      return { peer, state, incarnation, addresses: [], accuser: decodePeer(reader) }
    }
  }
  if ((first & addressedFlag) === 0) return { peer, state, incarnation, addresses: [] }
  if (state !== 'alive') throw new MalformedMessageError('Addresses of a member that is not said to be alive')
  const addresses = reader.list(messageLimits.addresses, (reader) => reader.text(messageLimits.addressBytes))
  if (addresses.length === 0) throw new MalformedMessageError('An empty list of addresses')
  return { peer, state, incarnation, addresses }
}

function decodePeer(reader: ByteReader): PeerId {
  const peer = reader.text(messageLimits.peerBytes)
  if (peer === '') throw new MalformedMessageError('A peer without a name')
  return peer as PeerId
}
