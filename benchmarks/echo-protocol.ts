import { type Libp2pHost } from '../node/libp2p/index.ts'
import type { Codec, HostEnvironment, PeerId, Protocol, ProtocolDefinition } from '../node/protocol/index.ts'
import { MalformedMessageError } from '../node/protocol/index.ts'

/** A request and its reply, as a protocol of ours would have it: validated, bounded, numbered. */
export interface EchoMessage {
  readonly type: 'request' | 'reply'
  readonly number: number
  readonly payload: Uint8Array
}

const payloadLimit = 4096

const echoCodec: Codec<EchoMessage> = {
  encode({ type, number, payload }, writer) {
    writer
      .u8(type === 'request' ? 1 : 2)
      .varint(number)
      .bytes(payload)
  },
  decode(reader) {
    const type = reader.u8()
    if (type !== 1 && type !== 2) throw new MalformedMessageError('Neither request nor reply')
    const number = reader.varint()
    return { type: type === 1 ? 'request' : 'reply', number, payload: reader.bytes(payloadLimit).slice() }
  },
}

export class Echo implements Protocol<EchoMessage, never> {
  readonly #environment: HostEnvironment<EchoMessage, never, PeerId, never>
  readonly #pending = new Map<number, (payload: Uint8Array) => void>()
  #number = 0

  constructor(environment: HostEnvironment<EchoMessage, never, PeerId, never>) {
    this.#environment = environment
  }

  start(): void {}

  connected(peer: PeerId): void {
    this.#environment.emit(peer)
  }

  expire(): void {}

  receive({ type, number, payload }: EchoMessage, from: PeerId): void {
    switch (type) {
      case 'request':
        this.#environment.send(from, { type: 'reply', number, payload })
        return
      case 'reply': {
        const answered = this.#pending.get(number)
        this.#pending.delete(number)
        answered?.(payload)
      }
    }
  }

  request(to: PeerId, payload: Uint8Array): Promise<Uint8Array> {
    const number = ++this.#number
    return new Promise((resolve) => {
      this.#pending.set(number, resolve)
      this.#environment.send(to, { type: 'request', number, payload })
    })
  }
}

const definition: ProtocolDefinition<EchoMessage, never, PeerId, Echo> = {
  name: '/bench/echo/1.0.0',
  plane: 'control',
  codec: echoCodec,
  create: (environment) => new Echo(environment),
}

export function runEcho(host: Libp2pHost, connected: (peer: PeerId) => void): Echo {
  return host.run(definition, undefined, connected)
}
