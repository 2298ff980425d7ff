import {
  MalformedMessageError,
  type Codec,
  type Environment,
  type PeerId,
  type Protocol,
  type ProtocolDefinition,
  type ProtocolName,
} from '../protocol/index.ts'

/** `hello` is answered by `welcome`; either says that the sender takes streams of the service from here on. */
type AdmissionMessage = 'hello' | 'welcome'

const kinds: readonly AdmissionMessage[] = ['hello', 'welcome']

export interface AdmissionEvent {
  readonly type: 'admitted' | 'left'
  readonly peer: PeerId
}

const codec: Codec<AdmissionMessage> = {
  encode: (message, writer) => void writer.u8(kinds.indexOf(message)),
  decode(reader) {
    const kind = kinds[reader.u8()]
    if (kind === undefined) throw new MalformedMessageError('An admission of no known kind')
    return kind
  },
}

/**
 * Which peers have proven the network and run the same libp2p service. Its channel is the proof; its messages only make
 * sure that neither side opens a stream before the other would take it.
 */
export class Admission implements Protocol<AdmissionMessage, never> {
  readonly #environment: Environment<AdmissionMessage, never, AdmissionEvent>
  /** Whose streams are taken. */
  readonly #proven = new Set<PeerId>()
  /** Those of them that take ours. */
  readonly #admitted = new Set<PeerId>()

  constructor(environment: Environment<AdmissionMessage, never, AdmissionEvent>) {
    this.#environment = environment
  }

  start(): void {}

  expire(): void {}

  connected(peer: PeerId): void {
    this.#proven.add(peer)
    this.#environment.send(peer, 'hello')
  }

  disconnected(peer: PeerId): void {
    this.#proven.delete(peer)
    if (this.#admitted.delete(peer)) this.#environment.emit({ type: 'left', peer })
  }

  receive(message: AdmissionMessage, from: PeerId): void {
    if (!this.#proven.has(from)) return
    // Again to one who was admitted before: it may have lost the channel while this side has not.
    if (message === 'hello') this.#environment.send(from, 'welcome')
    this.#admitted.add(from)
    this.#environment.emit({ type: 'admitted', peer: from })
  }

  stop(): void {
    this.#proven.clear()
    this.#admitted.clear()
  }

  /** Streams that this peer opens are to be taken. */
  isProven(peer: PeerId): boolean {
    return this.#proven.has(peer)
  }

  /** Streams to this peer will be taken. */
  isAdmitted(peer: PeerId): boolean {
    return this.#admitted.has(peer)
  }
}

export function admissionDefinition(
  name: ProtocolName,
): ProtocolDefinition<AdmissionMessage, never, AdmissionEvent, Admission> {
  return { name, plane: 'control', codec, create: (environment) => new Admission(environment) }
}
