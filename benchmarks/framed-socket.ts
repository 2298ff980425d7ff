import type { Socket } from 'node:net'

/** Length, number and payload on a bare socket: what remains when nothing is checked, encrypted or multiplexed. */
export class FramedSocket {
  readonly #socket: Socket
  readonly #hear: (number: number, payload: Buffer) => void
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, hear: (number: number, payload: Buffer) => void) {
    this.#socket = socket
    this.#hear = hear
    socket.on('data', (chunk) => this.#feed(chunk))
  }

  send(number: number, payload: Uint8Array): void {
    const frame = Buffer.allocUnsafe(8 + payload.length)
    frame.writeUInt32BE(payload.length, 0)
    frame.writeUInt32BE(number, 4)
    frame.set(payload, 8)
    this.#socket.write(frame)
  }

  #feed(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let offset = 0
    while (bytes.length - offset >= 8) {
      const end = offset + 8 + bytes.readUInt32BE(offset)
      if (end > bytes.length) break
      this.#hear(bytes.readUInt32BE(offset + 4), bytes.subarray(offset + 8, end))
      offset = end
    }
    this.#rest = bytes.subarray(offset)
  }
}
