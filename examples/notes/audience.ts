import type { PeerId } from 'peerloom'
import { decodePresence, type PresenceMessage } from './presence-message.ts'

/** Somebody else's tab with the same note. */
export interface Onlooker extends PresenceMessage {
  readonly peer: PeerId
}

export interface AudienceLimits {
  /** Somebody who was silent so long is gone: a tab that crashed says no good-bye. Milliseconds. */
  readonly silence: number
  /** How long messages of somebody who is gone may still be on their way. Milliseconds. */
  readonly afterlife: number
  /** Tabs known at once. */
  readonly onlookers: number
}

const audienceLimits: AudienceLimits = Object.freeze({ silence: 10_000, afterlife: 60_000, onlookers: 64 })

/**
 * Who else has the note open, from messages that may be late, repeated, forged or missing. Plain data: whoever uses it
 * says what time it is, in milliseconds.
 */
export class Audience {
  readonly #self: PeerId
  readonly #isMember: (peer: PeerId) => boolean
  readonly #limits: AudienceLimits
  readonly #present = new Map<PeerId, { readonly message: PresenceMessage; readonly heard: number }>()
  /** The last clock of those who have gone. Broadcast repeats old messages to newcomers. */
  readonly #gone = new Map<PeerId, { readonly clock: number; readonly since: number }>()

  constructor(self: PeerId, isMember: (peer: PeerId) => boolean, limits: AudienceLimits = audienceLimits) {
    this.#self = self
    this.#isMember = isMember
    this.#limits = limits
  }

  get onlookers(): readonly Onlooker[] {
    return Array.from(this.#present, ([peer, { message }]) => ({ ...message, peer }))
  }

  /** @returns whether anything about who is there has changed */
  hear(peer: PeerId, bytes: Uint8Array, now: number): boolean {
    if (peer === this.#self) return false
    const message = decodePresence(bytes)
    if (message === undefined) return false
    const last = this.#present.get(peer)?.message.clock ?? this.#gone.get(peer)?.clock ?? -1
    if (message.clock <= last) return false
    if (!message.here) return this.#remove(peer, message.clock, now)
    if (!this.#present.has(peer) && !this.#hasRoom(peer)) return false
    this.#gone.delete(peer)
    this.#present.set(peer, { message, heard: now })
    return true
  }

  /** Membership says that the peer failed or left. @returns whether it was there */
  leave(peer: PeerId, now: number): boolean {
    const present = this.#present.get(peer)
    return present !== undefined && this.#remove(peer, present.message.clock, now)
  }

  /** @returns whether anybody has been silent for too long */
  expire(now: number): boolean {
    const { silence, afterlife } = this.#limits
    let changed = false
    for (const [peer, { message, heard }] of this.#present) {
      if (now - heard >= silence) changed = this.#remove(peer, message.clock, now) || changed
    }
    for (const [peer, { since }] of this.#gone) if (now - since >= afterlife) this.#gone.delete(peer)
    return changed
  }

  #remove(peer: PeerId, clock: number, now: number): boolean {
    this.#gone.delete(peer)
    const [oldest] = this.#gone.keys()
    if (this.#gone.size >= this.#limits.onlookers && oldest !== undefined) this.#gone.delete(oldest)
    this.#gone.set(peer, { clock, since: now })
    return this.#present.delete(peer)
  }

  /** When it is full, somebody whom membership knows takes the place of somebody whom it does not. */
  #hasRoom(peer: PeerId): boolean {
    if (this.#present.size < this.#limits.onlookers) return true
    if (!this.#isMember(peer)) return false
    const stranger = [...this.#present.keys()].find((present) => !this.#isMember(present))
    return stranger !== undefined && this.#present.delete(stranger)
  }
}
