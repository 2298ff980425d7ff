import type { Connection, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { ByteReader, type Instant, MalformedMessageError, type PeerId, type Plane } from '../protocol/index.ts'
import type { MutableCounters, RejectedReason } from './events.ts'
import { FrameDecoder, FrameTooLongError } from './frame-decoder.ts'
import { Hello, HelloRefusedError, type HelloOptions, type Introduction, readProtocols } from './hello.ts'
import { defaultHostLimits, type HostLimits } from './limits.ts'
import { channelIndex, Outbox } from './outbox.ts'
import { monotonicNow, type Timers } from './timers.ts'

/** Kinds of frames that belong to the channel itself. Unknown ones are skipped. */
const control = Object.freeze({ credit: 1, protocols: 2 })

/** A host announces a protocol once it runs it; more often than this only somebody with a grudge does. */
const announcementLimit = 64

export interface ChannelOwner {
  readonly limits: HostLimits
  readonly counters: MutableCounters
  readonly timers: Timers
  /** The hello of both sides is right. */
  opened(channel: Channel): void
  /** The other side has told of further protocols. */
  announced(channel: Channel): void
  /** The last call about a channel. `error` is what was wrong with it, if anything was. */
  closed(channel: Channel, error: unknown): void
  /** A frame for the protocol at this place, from 1, of the list this host has announced. */
  frame(channel: Channel, index: number, reader: ByteReader, size: number): void
  /** Credit is back, or the stream can be written to again, after something was refused. */
  writable(channel: Channel): void
  /** Whether senders of bulk data get further credit now. */
  creditAllowed(): boolean
  rejected(channel: Channel, reason: RejectedReason, cause: unknown): void
}

type Phase = 'hello' | 'open' | 'closed'

/** One stream of one plane to one peer, from its first byte to its last. */
export class Channel {
  readonly peer: PeerId
  readonly plane: Plane
  readonly outbox: Outbox
  readonly since: Instant = monotonicNow()
  /** Place on the wire of each own protocol in the other's list, by own place; 0 where the other does not speak it. */
  readonly wire: number[] = []
  /** Own protocols that the other side has been told of. */
  announced = 0
  readonly #owner: ChannelOwner
  readonly #stream: Stream
  readonly #connection: Connection
  readonly #decoder: FrameDecoder
  readonly #hello: Hello
  readonly #deadline: Deadline = { missed: () => this.#helloTimedOut() }
  #phase: Phase = 'hello'
  #introduction: Introduction | undefined
  #helloSize = 0
  #announcements = 0
  /** Bulk bytes received that no credit was given back for yet. */
  #unreturned = 0
  #window: number

  constructor(owner: ChannelOwner, stream: Stream, connection: Connection, hello: HelloOptions) {
    this.#owner = owner
    this.#stream = stream
    this.#connection = connection
    this.peer = hello.peer
    this.plane = hello.plane
    this.#hello = new Hello({
      ...hello,
      introduction: () => {
        const introduction = hello.introduction()
        this.announced = introduction.protocols.length
        return introduction
      },
    })
    this.#decoder = new FrameDecoder(owner.limits.helloSize)
    this.#window = owner.limits.bulkWindow
    stream.maxWriteBufferLength = owner.limits.streamBuffer
    this.outbox = new Outbox(
      stream,
      owner.limits,
      owner.counters,
      (error) => this.close(error),
      () => owner.writable(this),
    )
    stream.addEventListener('message', this.#message)
    stream.addEventListener('close', this.#streamClosed)
    stream.addEventListener('remoteCloseWrite', this.#remoteClosed)
    owner.timers.set(helloTimedOut, this.#deadline, owner.limits.helloTimeout)
    this.outbox.raw(this.#hello.challenge)
  }

  get open(): boolean {
    return this.#phase === 'open'
  }

  get introduction(): Introduction {
    return this.#introduction as Introduction
  }

  get connection(): Connection {
    return this.#connection
  }

  /** Tells the other side of all protocols of this host, those included that it knows of. */
  announce(protocols: readonly string[]): void {
    this.announced = protocols.length
    this.outbox.own((writer) => {
      writer.u8(control.protocols).varint(protocols.length)
      for (const protocol of protocols) writer.text(protocol)
    })
  }

  /** Gives credit back for what has been dealt with. */
  returnCredit(): void {
    if (this.#phase !== 'open' || this.plane !== 'bulk' || this.#unreturned < this.#window / 4) return
    if (!this.#owner.creditAllowed()) return
    const returned = this.#unreturned
    this.#unreturned = 0
    this.outbox.own((writer) => writer.u8(control.credit).varint(returned))
  }

  /**
   * What waits is still written, and read by the other side, for as long as the signal allows: a listener that stops cuts
   * its connections off, and what was written and not read yet is lost with them.
   */
  async finish(signal: AbortSignal): Promise<void> {
    this.outbox.flush(true)
    this.#end(undefined)
    try {
      await this.#stream.close({ signal })
      await closedByBoth(this.#stream, signal)
    } catch (error) {
      this.#stream.abort(asError(error))
    }
  }

  /** At once; the other side sees a reset. */
  close(error?: unknown): void {
    if (this.#end(error)) this.#stream.abort(asError(error ?? 'The channel is not needed any more'))
  }

  #end(error: unknown): boolean {
    if (this.#phase === 'closed') return false
    this.#phase = 'closed'
    this.#deadline.missed = undefined
    this.outbox.close()
    this.#stream.removeEventListener('message', this.#message)
    this.#stream.removeEventListener('close', this.#streamClosed)
    this.#stream.removeEventListener('remoteCloseWrite', this.#remoteClosed)
    this.#owner.closed(this, error)
    return true
  }

  readonly #message = ({ data }: StreamMessageEvent): void => {
    try {
      if (data instanceof Uint8Array) this.#decoder.feed(plain(data), this.#frame)
      else for (const chunk of data) if (this.#phase !== 'closed') this.#decoder.feed(plain(chunk), this.#frame)
      if (this.#phase === 'hello') this.#checkHelloSize()
      else this.returnCredit()
    } catch (error) {
      this.#fail(error)
    }
  }

  readonly #frame = (bytes: Uint8Array, start: number, end: number): boolean => {
    if (this.#phase === 'open') this.#openFrame(bytes, start, end)
    else if (this.#phase === 'hello') this.#helloFrame(bytes.subarray(start, end))
    return this.#phase !== 'closed'
  }

  #openFrame(bytes: Uint8Array, start: number, end: number): void {
    const reader = new ByteReader(bytes, start, end)
    const index = reader.varint()
    if (index === channelIndex) {
      this.#control(reader)
      return
    }
    const size = end - start + 4
    const { counters } = this.#owner
    counters.framesReceived++
    counters.bytesReceived += size
    if (this.plane === 'bulk') this.#charge(size)
    this.#owner.frame(this, index, reader, size)
  }

  #charge(size: number): void {
    this.#unreturned += size
    // The last frame may overdraw the credit, and a peer of format 1.0 does not know this host's window.
    const most = Math.max(this.#window, defaultHostLimits.bulkWindow) + this.#owner.limits.frameSize + 16
    if (this.#unreturned > most) throw new ChannelRefusedError('credit-overrun', 'More bulk data than credit')
  }

  #control(reader: ByteReader): void {
    switch (reader.u8()) {
      case control.credit:
        this.outbox.credited(reader.varint(1 << 30))
        return
      case control.protocols:
        this.#announced(reader)
    }
  }

  #announced(reader: ByteReader): void {
    if (++this.#announcements > announcementLimit) {
      throw new ChannelRefusedError('too-many-announcements', 'Too many changes of the list of protocols')
    }
    const protocols = readProtocols(reader, this.#owner.limits.protocols)
    if (this.introduction.protocols.some((protocol, index) => protocols[index] !== protocol)) {
      throw new MalformedMessageError('A list of protocols that takes some back')
    }
    this.#introduction = { ...this.introduction, protocols }
    this.#owner.announced(this)
  }

  #helloFrame(frame: Uint8Array): void {
    this.#helloSize += frame.length + 4
    this.#checkHelloSize()
    const { replies, introduction } = this.#hello.receive(frame)
    for (const reply of replies) this.outbox.raw(reply)
    if (introduction === undefined) return
    this.#introduction = introduction
    this.#phase = 'open'
    this.#deadline.missed = undefined
    this.#decoder.limit = this.#owner.limits.frameSize
    if (this.plane === 'bulk') this.outbox.meter(introduction.bulkWindow ?? defaultHostLimits.bulkWindow)
    this.#owner.opened(this)
  }

  #checkHelloSize(): void {
    if (this.#helloSize + this.#decoder.partial > this.#owner.limits.helloSize) {
      throw new HelloRefusedError('hello-oversized', 'A hello that is longer than allowed')
    }
  }

  #helloTimedOut(): void {
    if (this.#phase === 'hello') this.#fail(new HelloRefusedError('hello-timeout', 'No hello in time'))
  }

  /** The other side broke the rules: count it, and be done with the stream. */
  #fail(error: unknown): void {
    this.#owner.rejected(this, this.#reason(error), error)
    // The other side is to see by the own proof, if it was asked for already, that the networks differ.
    if (this.#phase === 'hello') this.outbox.flush()
    this.close(error)
  }

  #reason(error: unknown): RejectedReason {
    if (error instanceof HelloRefusedError || error instanceof ChannelRefusedError) return error.reason
    const hello = this.#phase === 'hello'
    if (error instanceof FrameTooLongError) return hello ? 'hello-oversized' : 'oversized'
    return hello ? 'hello-malformed' : 'malformed-control'
  }

  readonly #remoteClosed = (): void => {
    if (this.#phase === 'open' && this.#decoder.partial > 0) {
      this.#owner.rejected(this, 'malformed-control', new MalformedMessageError('The stream ended within a frame'))
    }
    if (!this.#end(undefined)) return
    this.#stream.close().catch((error: unknown) => this.#stream.abort(asError(error)))
  }

  readonly #streamClosed = ({ error }: StreamCloseEvent): void => void this.#end(error)
}

/** The other side closes its half when it has read everything. @throws the signal's reason */
async function closedByBoth(stream: Stream, signal: AbortSignal): Promise<void> {
  const isHalfOpen = (): boolean => stream.status === 'open' || stream.status === 'closing'
  await new Promise<void>((resolve) => {
    if (!isHalfOpen() || signal.aborted) return resolve()
    stream.addEventListener('close', () => resolve(), { once: true })
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
  if (isHalfOpen()) signal.throwIfAborted()
}

/** Emptied as soon as it does not matter any more: a timer must not keep a whole connection in memory. */
interface Deadline {
  missed: (() => void) | undefined
}

function helloTimedOut(deadline: unknown): void {
  ;(deadline as Deadline).missed?.()
}

/** What a peer did is no accident: the channel is closed. */
class ChannelRefusedError extends Error {
  override readonly name: 'ChannelRefusedError' = 'ChannelRefusedError'
  readonly reason: RejectedReason

  constructor(reason: RejectedReason, message: string) {
    super(message)
    this.reason = reason
  }
}

/** Node's Buffer is a Uint8Array whose `slice` copies nothing: codecs that rely on a copy must never see one. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
