import { toString } from 'uint8arrays'
import type { PeerId, Signed, Ticket } from '../../node/protocol/index.ts'
import { signatureClaim, type SealedChangeSet } from './change-set.ts'

/** A set whose signature is being checked, and how it came. */
export interface Arrival {
  readonly set: SealedChangeSet
  readonly from: PeerId
  /** `push`: everyone is being told. `repair`: this peer asked for it, so others may lack it too. */
  readonly way: 'push' | 'repair'
}

/**
 * Change sets on their way in: held back until their signature is checked. At most `limit` bytes at a time, and of one sender at
 * most half of it, so that a peer that floods does not keep the others out.
 */
export class Inbox {
  readonly #limit: number
  readonly #verify: (claim: Signed) => Ticket
  readonly #arrivals = new Map<Ticket, Arrival>()
  readonly #hashes = new Set<string>()
  /** Bytes. */
  readonly #bySender = new Map<PeerId, number>()
  #bytes = 0

  constructor(limit: number, verify: (claim: Signed) => Ticket) {
    this.#limit = limit
    this.#verify = verify
  }

  /** Whether sets of a sender are being checked. */
  isBusyWith(sender: PeerId): boolean {
    return this.#bySender.has(sender)
  }

  /** @returns `known` when the same set is being checked already, `full` when too much is */
  put(arrival: Arrival): 'checking' | 'known' | 'full' {
    const name = nameOf(arrival.set)
    if (this.#hashes.has(name)) return 'known'
    const { length } = arrival.set.bytes
    const ofSender = this.#bySender.get(arrival.from) ?? 0
    if (this.#bytes + length > this.#limit || ofSender + length > this.#limit / 2) return 'full'
    this.#hashes.add(name)
    this.#count(arrival, length)
    this.#arrivals.set(this.#verify(signatureClaim(arrival.set)), arrival)
    return 'checking'
  }

  /** @returns what the ticket stood for */
  take(ticket: Ticket): Arrival | undefined {
    const arrival = this.#arrivals.get(ticket)
    if (arrival === undefined) return undefined
    this.#arrivals.delete(ticket)
    this.#hashes.delete(nameOf(arrival.set))
    this.#count(arrival, -arrival.set.bytes.length)
    return arrival
  }

  #count({ from }: Arrival, bytes: number): void {
    const left = (this.#bySender.get(from) ?? 0) + bytes
    if (left === 0) this.#bySender.delete(from)
    else this.#bySender.set(from, left)
    this.#bytes += bytes
  }
}

/** The signature is part of it: a copy with a wrong one must not keep the right one out. */
function nameOf({ hash, signature }: SealedChangeSet): string {
  return toString(hash, 'base64') + toString(signature, 'base64')
}
