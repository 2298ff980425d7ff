import { createHmac, randomBytes } from 'node:crypto'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Libp2p } from 'libp2p'
import type { NetworkSecret } from '../../../node/libp2p/index.ts'
import { ByteWriter, type Plane } from '../../../node/protocol/index.ts'
import { stockNode, type ToyHost } from './toy.ts'

/** Frames by hand: a stock libp2p node whose hello is written here a second time, from docs and not from the code. */
export interface ScriptedHello {
  readonly secret: Uint8Array
  readonly major?: number
  readonly minor?: number
  /** Appended to the challenge, as a later version may. */
  readonly extra?: Uint8Array
  readonly introduction: Uint8Array
}

/** A key whose PeerId is below, or above, that of the host: the lower one opens the channels. */
async function keyFor(role: 'opener' | 'acceptor', host: ToyHost): Promise<Ed25519PrivateKey> {
  for (;;) {
    const key = await generateKeyPair('Ed25519')
    if (peerIdFromPrivateKey(key).toString() < host.host.self === (role === 'opener')) return key
  }
}

export async function scriptedNode(role: 'opener' | 'acceptor', host: ToyHost): Promise<Libp2p> {
  return stockNode({ privateKey: await keyFor(role, host) })
}

/** Type, length, value; the fields of an introduction. */
export function fields(...all: readonly (readonly [type: number, value: Uint8Array])[]): Uint8Array {
  const writer = new ByteWriter()
  for (const [type, value] of all) writer.varint(type).bytes(value)
  return writer.finish()
}

export function names(...protocols: readonly string[]): Uint8Array {
  const writer = new ByteWriter().varint(protocols.length)
  for (const protocol of protocols) writer.text(protocol)
  return writer.finish()
}

/** A stream read frame by frame. */
export class ScriptedStream {
  readonly stream: Stream
  readonly closed: Promise<void>
  #bytes = Buffer.alloc(0)
  #arrived: () => void = () => {}
  #ended = false

  constructor(stream: Stream) {
    this.stream = stream
    stream.addEventListener('message', ({ data }) => {
      this.#bytes = Buffer.concat([this.#bytes, data.subarray()])
      this.#arrived()
    })
    this.closed = new Promise((resolve) => {
      const end = (): void => {
        this.#ended = true
        this.#arrived()
        resolve()
      }
      stream.addEventListener('close', end)
      stream.addEventListener('remoteCloseWrite', end)
    })
  }

  frame(body: Uint8Array): void {
    this.stream.send(new ByteWriter().u32(body.length).raw(body).finish())
  }

  message(index: number, body: Uint8Array): void {
    this.frame(new ByteWriter().varint(index).raw(body).finish())
  }

  /** @returns undefined when the stream ends first */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#bytes.length >= 4) {
        const end = 4 + this.#bytes.readUInt32BE(0)
        if (this.#bytes.length >= end) {
          const frame = this.#bytes.subarray(4, end)
          this.#bytes = this.#bytes.subarray(end)
          return frame
        }
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#arrived = resolve
      })
    }
  }
}

export interface ScriptedOptions extends ScriptedHello {
  readonly plane: Plane
  readonly role: 'opener' | 'acceptor'
  readonly self: string
  readonly peer: string
}

export interface Challenges {
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

/** What shows that the prover, on this stream, knows the secret. */
export function proofOf(
  prover: 'opener' | 'acceptor',
  { secret, role, self, peer, plane }: Pick<ScriptedOptions, 'secret' | 'role' | 'self' | 'peer' | 'plane'>,
  { ours, theirs }: Challenges,
): Uint8Array {
  const opened = role === 'opener'
  const transcript = new ByteWriter()
    .text('peerloom/hello/v1')
    .text(plane)
    .text(prover)
    .text(opened ? self : peer)
    .text(opened ? peer : self)
    .bytes(opened ? ours : theirs)
    .bytes(opened ? theirs : ours)
  return createHmac('sha256', secret).update(transcript.finish()).digest()
}

/** @returns the other's introduction, or undefined when it refused */
export async function sayHello(stream: ScriptedStream, options: ScriptedOptions): Promise<Uint8Array | undefined> {
  const { major = 1, minor = 1, extra = new Uint8Array(0), role, introduction } = options
  const challenge = new ByteWriter()
    .raw(Buffer.from('PLOM'))
    .u8(major)
    .u8(minor)
    .raw(randomBytes(32))
    .raw(extra)
    .finish()
  stream.frame(challenge)
  const theirs = await stream.read()
  if (theirs === undefined) return undefined
  const challenges = { ours: challenge, theirs }
  stream.frame(proofOf(role, options, challenges))
  const answer = await stream.read()
  if (answer === undefined) return undefined
  const expected = proofOf(role === 'opener' ? 'acceptor' : 'opener', options, challenges)
  if (!Buffer.from(answer).equals(expected)) throw new Error('The proof is wrong')
  stream.frame(introduction)
  return stream.read()
}

/** Opens a channel to the host by hand. */
export async function openByHand(
  node: Libp2p,
  host: ToyHost,
  hello: Partial<ScriptedHello> & { readonly plane?: Plane; readonly network?: NetworkSecret } = {},
): Promise<{ readonly stream: ScriptedStream; readonly introduction: Uint8Array | undefined }> {
  const { plane = 'control' } = hello
  const connection = await node.dial(host.node.getMultiaddrs())
  const stream = new ScriptedStream(await connection.newStream(`/peerloom/${plane}/1.0.0`))
  const introduction = await sayHello(stream, {
    secret: host.host.network.secret,
    introduction: fields([1, names('/test/toy/1.0.0')]),
    ...hello,
    plane,
    role: 'opener',
    self: node.peerId.toString(),
    peer: host.host.self,
  })
  return { stream, introduction }
}
