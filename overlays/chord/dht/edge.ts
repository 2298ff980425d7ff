import { recordClaim, type DhtRecord, type Ticket } from '../../../node/protocol/index.ts'
import type { DhtEntry, DhtEnvironment } from './events.ts'

/** What waits for the host: signatures and flushes. Each is answered exactly once, unless the peer stops. */
export class Edge {
  readonly #environment: DhtEnvironment
  readonly #limit: number
  readonly #verifying = new Map<Ticket, (isValid: boolean) => void>()
  readonly #writing = new Map<Ticket, () => void>()
  readonly #signing = new Map<Ticket, (signature: Uint8Array) => void>()

  /** @param limit of what strangers may keep waiting */
  constructor(environment: DhtEnvironment, limit: number) {
    this.#environment = environment
    this.#limit = limit
  }

  get isFull(): boolean {
    return this.#verifying.size + this.#writing.size >= this.#limit
  }

  /** @param settle called at once for a record that bears no signature */
  verify(record: DhtRecord, settle: (isValid: boolean) => void): void {
    const claim = recordClaim(record)
    if (claim === undefined) settle(true)
    else this.#verifying.set(this.#environment.verify(claim), settle)
  }

  write(entry: DhtEntry, settle?: () => void): void {
    const ticket = this.#environment.write(entry)
    if (settle !== undefined) this.#writing.set(ticket, settle)
  }

  sign(bytes: Uint8Array, settle: (signature: Uint8Array) => void): void {
    this.#signing.set(this.#environment.sign(bytes), settle)
  }

  verified(ticket: Ticket, isValid: boolean): void {
    const settle = this.#verifying.get(ticket)
    this.#verifying.delete(ticket)
    settle?.(isValid)
  }

  written(ticket: Ticket): void {
    const settle = this.#writing.get(ticket)
    this.#writing.delete(ticket)
    settle?.()
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    const settle = this.#signing.get(ticket)
    this.#signing.delete(ticket)
    settle?.(signature)
  }
}
