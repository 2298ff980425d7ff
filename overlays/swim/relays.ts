import type { PeerId } from '../../node/protocol/index.ts'

/** A ping sent on behalf of another member. */
export interface Relay {
  readonly target: PeerId
  readonly requester: PeerId
  /** The number under which the requester waits. */
  readonly requesterProbe: number
}

/** Pings sent for others that may await an answer at once; beyond it the oldest is forgotten. */
const relayLimit = 256

/** Pings on behalf of others (SWIM §3.1: ping-req) by their own numbers, until their target answers. */
export class Relays {
  #relays: Map<number, Relay> | undefined

  add(number: number, relay: Relay): void {
    this.#relays ??= new Map()
    this.#relays.set(number, relay)
    if (this.#relays.size <= relayLimit) return
    const [oldest] = this.#relays.keys()
    this.#relays.delete(oldest as number)
  }

  /** @returns the relay of that number, while its target has not answered */
  awaiting(number: number): Relay | undefined {
    return this.#relays?.get(number)
  }

  /** @returns whom to pass the ack on to, unless it comes from somebody else than the target */
  acknowledge(number: number, from: PeerId): Relay | undefined {
    const relay = this.#relays?.get(number)
    if (relay?.target !== from) return undefined
    this.#relays?.delete(number)
    return relay
  }
}
