import { ByteWriter, type Codec } from '../protocol/index.ts'

/** What was sent to other peers, lost or not. */
export interface TrafficCount {
  readonly messages: number
  /** Size of the messages as their codec writes them, without frames; 0 unless the simulation measures bytes. */
  readonly bytes: number
}

/** Counts what is sent, by protocol. Protocols are numbered by the simulation. */
export class Traffic {
  readonly #messages: number[] = []
  readonly #bytes: number[] = []
  readonly #writer = new ByteWriter(1024)

  count(protocol: number): void {
    this.#messages[protocol] = (this.#messages[protocol] ?? 0) + 1
  }

  measure(protocol: number, codec: Codec<unknown>, message: unknown): void {
    this.#writer.truncate(0)
    codec.encode(message, this.#writer)
    this.#bytes[protocol] = (this.#bytes[protocol] ?? 0) + this.#writer.length
  }

  of(protocol: number): TrafficCount {
    return { messages: this.#messages[protocol] ?? 0, bytes: this.#bytes[protocol] ?? 0 }
  }

  total(): TrafficCount {
    return { messages: sum(this.#messages), bytes: sum(this.#bytes) }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
