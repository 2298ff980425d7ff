import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Failure } from '../failure.ts'

const frameTypes = { request: 1, item: 2, chunk: 3, end: 4, error: 5 } as const
export type FrameType = keyof typeof frameTypes

export interface Frame {
  readonly type: FrameType
  readonly payload: Buffer
}

/** Largest payload a server and a client accept, in bytes. */
export const frameLimits: { readonly server: number; readonly client: number } = Object.freeze({
  server: 4 * 1024 * 1024,
  client: 128 * 1024 * 1024,
})

/** Bytes of frames nobody has asked for yet, beyond which the socket is paused. */
const queueLimitBytes = 4 * 1024 * 1024

const names: ReadonlyMap<number, FrameType> = new Map(
  Object.entries(frameTypes).map(([name, number]) => [number, name as FrameType]),
)

/** Frames on a socket. Reading goes on even when nobody asks for frames, so that the end of the other side is noticed. */
export class FrameConnection {
  readonly #socket: Socket
  readonly #limitBytes: number
  readonly #frames: Frame[] = []
  readonly #closing = new AbortController()
  #queued = 0
  #pieces: Buffer[] = []
  #held = 0
  #ended = false
  #failure: Error | undefined
  #wake: (() => void) | undefined

  /** @param limitBytes largest payload that is accepted */
  constructor(socket: Socket, limitBytes: number) {
    this.#socket = socket
    this.#limitBytes = limitBytes
    socket.on('data', (bytes: Buffer) => this.#hear(bytes))
    socket.on('error', (error) => (this.#failure ??= error))
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
  }

  /** Aborted when the other side is gone. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** The next frame, or undefined after the last. @throws Error when the connection broke or was no conversation of ours */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame !== undefined) {
        this.#queued -= frame.payload.length
        if (this.#queued < queueLimitBytes) this.#socket.resume()
        return frame
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Resolves when more may be sent. */
  async send(type: FrameType, payload: Uint8Array | string = ''): Promise<void> {
    if (this.#socket.destroyed || !this.#socket.writable) return
    const head = Buffer.alloc(5)
    head.writeUInt32BE(Buffer.byteLength(payload) + 1)
    head[4] = frameTypes[type]
    this.#socket.cork()
    this.#socket.write(head)
    const free = payload.length === 0 || this.#socket.write(payload)
    this.#socket.uncork()
    if (!free) await once(this.#socket, 'drain', { signal: this.closed }).catch(() => undefined)
  }

  sendJson(type: FrameType, value: unknown): Promise<void> {
    return this.send(type, JSON.stringify(value))
  }

  /** After what was sent so far. */
  end(): void {
    this.#socket.end()
  }

  /** After the frames that are here already there are no more: `next` throws the reason. */
  interrupt(reason: Error): void {
    this.#failure ??= reason
    this.#tell()
  }

  destroy(): void {
    this.#socket.destroy()
    this.#end()
  }

  #hear(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#held += bytes.length
    while (this.#failure === undefined && this.#take()) continue
    if (this.#queued >= queueLimitBytes) this.#socket.pause()
    this.#tell()
  }

  /** @returns whether a whole frame was there */
  #take(): boolean {
    if (this.#held < 5) return false
    this.#gather(5)
    const [first] = this.#pieces
    const length = (first as Buffer).readUInt32BE() - 1
    const type = names.get((first as Buffer)[4] as number)
    if (type === undefined || length < 0 || length > this.#limitBytes) {
      this.#failure = new Failure('refused', 'Cannot go on: the other side of the control socket sent no frame of ours')
      this.#socket.destroy()
      return false
    }
    if (this.#held < length + 5) return false
    this.#gather(length + 5)
    const whole = this.#pieces[0] as Buffer
    this.#frames.push({ type, payload: whole.subarray(5, length + 5) })
    this.#queued += length
    this.#held -= length + 5
    this.#pieces[0] = whole.subarray(length + 5)
    return true
  }

  /** Sees to it that the first piece has so many bytes. */
  #gather(length: number): void {
    if ((this.#pieces[0] as Buffer).length < length) this.#pieces = [Buffer.concat(this.#pieces)]
  }

  #end(): void {
    this.#ended = true
    this.#closing.abort(new Failure('interrupted', 'The other side of the control socket is gone'))
    this.#tell()
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
