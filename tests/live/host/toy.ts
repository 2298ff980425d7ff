import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { noise } from '@libp2p/noise'
import type {
  Codec,
  HostEnvironment,
  PeerId,
  Plane,
  Protocol,
  ProtocolDefinition,
  ProtocolName,
  Signed,
  Ticket,
} from '../../../node/protocol/index.ts'
import { MalformedMessageError } from '../../../node/protocol/index.ts'
import {
  createHost,
  type HostEvent,
  type HostOptions,
  type Libp2pHost,
  networkSecret,
} from '../../../node/libp2p/index.ts'

/** A protocol for tests: it says what it is told to, and writes down what it hears. */
export interface ToyMessage {
  readonly number: number
  readonly payload: Uint8Array
}

export type ToyEvent =
  | { readonly type: 'heard'; readonly from: PeerId; readonly number: number; readonly size: number }
  | { readonly type: 'connected' | 'disconnected' | 'writable'; readonly peer: PeerId }
  | { readonly type: 'expired'; readonly timer: string }
  | { readonly type: 'written' | 'signed'; readonly ticket: Ticket }
  | { readonly type: 'verified'; readonly ticket: Ticket; readonly valid: boolean }
  | { readonly type: 'restored'; readonly entries: readonly string[] }

export const toyCodec: Codec<ToyMessage> = {
  encode: ({ number, payload }, writer) => void writer.varint(number).bytes(payload),
  decode: (reader) => {
    const message = { number: reader.varint(), payload: reader.bytes(1 << 20).slice() }
    if (message.number === 666) throw new MalformedMessageError('A number that no honest peer says')
    return message
  },
}

export class Toy implements Protocol<ToyMessage, string, string> {
  readonly environment: HostEnvironment<ToyMessage, string, ToyEvent, string>
  /** Replaced by tests that want the core to do something with what it hears. */
  onMessage: (message: ToyMessage, from: PeerId) => void = () => {}

  constructor(environment: HostEnvironment<ToyMessage, string, ToyEvent, string>) {
    this.environment = environment
  }

  restore(entries: Iterable<string>): void {
    this.environment.emit({ type: 'restored', entries: [...entries] })
  }

  start(): void {}

  say(to: PeerId, number: number, payload: Uint8Array = new Uint8Array(0)): boolean {
    return this.environment.send(to, { number, payload })
  }

  receive(message: ToyMessage, from: PeerId): void {
    this.onMessage(message, from)
    this.environment.emit({ type: 'heard', from, number: message.number, size: message.payload.length })
  }

  expire(timer: string): void {
    this.environment.emit({ type: 'expired', timer })
  }

  connected(peer: PeerId): void {
    this.environment.emit({ type: 'connected', peer })
  }

  disconnected(peer: PeerId): void {
    this.environment.emit({ type: 'disconnected', peer })
  }

  writable(peer: PeerId): void {
    this.environment.emit({ type: 'writable', peer })
  }

  written(ticket: Ticket): void {
    this.environment.emit({ type: 'written', ticket })
  }

  signed(ticket: Ticket): void {
    this.environment.emit({ type: 'signed', ticket })
  }

  verified(ticket: Ticket, valid: boolean): void {
    this.environment.emit({ type: 'verified', ticket, valid })
  }

  verify(claim: Signed): Ticket {
    return this.environment.verify(claim)
  }
}

export function toy(
  name: ProtocolName = '/test/toy/1.0.0',
  plane: Plane = 'control',
  codec: Codec<ToyMessage> = toyCodec,
): ProtocolDefinition<ToyMessage, string, ToyEvent, Toy, undefined, string> {
  return { name, plane, codec, create: (environment) => new Toy(environment) }
}

/** Everything that was told so far, and a way to wait for more of it. */
export class Story<Event> {
  readonly events: Event[] = []
  #waiting: (() => void)[] = []

  readonly tell = (event: Event): void => {
    this.events.push(event)
    const waiting = this.#waiting
    this.#waiting = []
    for (const check of waiting) check()
  }

  /** Resolves with the events that match, as soon as there are so many. */
  async some<Found extends Event>(match: (event: Event) => event is Found, count?: number): Promise<Found[]>
  async some(match: (event: Event) => boolean, count?: number): Promise<Event[]>
  async some(match: (event: Event) => boolean, count = 1): Promise<Event[]> {
    for (;;) {
      const found = this.events.filter(match)
      if (found.length >= count) return found
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** The same for events of one type. */
  type<Type extends string>(type: Type, count = 1): Promise<Extract<Event, { type: Type }>[]> {
    return this.some(
      (event): event is Extract<Event, { type: Type }> & Event => (event as { type: string }).type === type,
      count,
    )
  }
}

export interface ToyHost {
  readonly node: Libp2p
  readonly host: Libp2pHost
  readonly toy: Toy
  readonly told: Story<ToyEvent>
  readonly events: Story<HostEvent>
  [Symbol.asyncDispose](): Promise<void>
}

/** A stock libp2p node, written without Peerloom. */
export function stockNode(options: Partial<Libp2pOptions> = {}): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
    ...options,
  })
}

export interface ToyHostOptions extends Partial<Omit<HostOptions, 'node'>> {
  readonly definition?: ReturnType<typeof toy>
  readonly node?: Libp2p
  readonly prepare?: (host: Libp2pHost) => void
}

export async function toyHost(options: ToyHostOptions = {}): Promise<ToyHost> {
  const { definition = toy(), node = await stockNode(), prepare, ...rest } = options
  const host = createHost({ network: networkSecret('test'), ...rest, node })
  const events = new Story<HostEvent>()
  const told = new Story<ToyEvent>()
  host.subscribe(events.tell)
  prepare?.(host)
  const core = host.run(definition, undefined, told.tell)
  await host.start()
  return {
    node,
    host,
    toy: core,
    told,
    events,
    async [Symbol.asyncDispose]() {
      await host.stop()
      await node.stop()
    },
  }
}

export async function dial(from: ToyHost, to: ToyHost): Promise<void> {
  await from.node.dial(to.node.getMultiaddrs())
}

/** Both speak the toy protocol with each other. */
export async function introduced(left: ToyHost, right: ToyHost): Promise<void> {
  await dial(left, right)
  await Promise.all([left.told.type('connected'), right.told.type('connected')])
}

/** Two hosts in the order in which they open channels: the first is the opener. */
export function byId(left: ToyHost, right: ToyHost): [opener: ToyHost, acceptor: ToyHost] {
  return left.host.self < right.host.self ? [left, right] : [right, left]
}
