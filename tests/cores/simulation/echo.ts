import type {
  ByteReader,
  ByteWriter,
  Codec,
  HostEnvironment,
  PeerId,
  Protocol,
  ProtocolDefinition,
  Ticket,
} from '../../../node/protocol/index.ts'

export interface EchoMessage {
  readonly type: 'ask' | 'answer'
  readonly number: number
}

interface EchoTimer {
  readonly number: number
}

export interface EchoEvent {
  readonly type: 'answered' | 'kept' | 'restored' | 'connected' | 'disconnected' | 'verified'
  readonly value: number | string | boolean
}

type EchoEnvironment = HostEnvironment<EchoMessage, EchoTimer, EchoEvent, number>

const codec: Codec<EchoMessage> = {
  encode: (message: EchoMessage, writer: ByteWriter) => {
    writer.u8(message.type === 'ask' ? 0 : 1).varint(message.number)
  },
  decode: (reader: ByteReader) => ({ type: reader.u8() === 0 ? 'ask' : 'answer', number: reader.varint() }),
}

/** The least protocol that uses everything a host offers. */
export class EchoCore implements Protocol<EchoMessage, EchoTimer, number> {
  readonly #environment: EchoEnvironment
  readonly answers: number[] = []
  readonly tickets = new Map<Ticket, number>()
  #bytes: Uint8Array = new Uint8Array()

  constructor(environment: EchoEnvironment) {
    this.#environment = environment
  }

  restore(entries: Iterable<number>): void {
    for (const entry of entries) this.#environment.emit({ type: 'restored', value: entry })
  }

  start(): void {}

  ask(to: PeerId, number: number): boolean {
    return this.#environment.send(to, { type: 'ask', number })
  }

  askLater(number: number, delay: number): void {
    this.#environment.schedule({ number }, delay)
  }

  keep(number: number): void {
    this.tickets.set(this.#environment.write(number), number)
  }

  signAndVerify(bytes: Uint8Array): void {
    this.tickets.set(this.#environment.sign(bytes), 0)
    this.#bytes = bytes
  }

  receive(message: EchoMessage, from: PeerId): void {
    if (message.type === 'ask') this.#environment.send(from, { type: 'answer', number: message.number })
    else {
      this.answers.push(message.number)
      this.#environment.emit({ type: 'answered', value: message.number })
    }
  }

  expire({ number }: EchoTimer): void {
    this.#environment.send(this.#environment.self, { type: 'ask', number })
  }

  connected(peer: PeerId): void {
    this.#environment.emit({ type: 'connected', value: peer })
  }

  disconnected(peer: PeerId): void {
    this.#environment.emit({ type: 'disconnected', value: peer })
  }

  written(ticket: Ticket): void {
    this.#environment.emit({ type: 'kept', value: this.tickets.get(ticket) ?? -1 })
  }

  signed(_ticket: Ticket, signature: Uint8Array): void {
    const { author } = this.#environment
    this.#environment.verify({ key: author, bytes: this.#bytes, signature })
    this.#environment.verify({ key: author, bytes: Uint8Array.of(...this.#bytes, 1), signature })
    this.#environment.verify({ key: author.map((byte) => byte ^ 1), bytes: this.#bytes, signature })
  }

  verified(_ticket: Ticket, valid: boolean): void {
    this.#environment.emit({ type: 'verified', value: valid })
  }
}

export function echo(
  plane: 'control' | 'bulk' = 'control',
): ProtocolDefinition<EchoMessage, EchoTimer, EchoEvent, EchoCore, undefined, number> {
  return { name: '/test/echo/1.0.0', plane, codec, create: (environment) => new EchoCore(environment) }
}
