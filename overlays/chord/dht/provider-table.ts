import type { Instant, Key, PeerId, Provider } from '../../../node/protocol/index.ts'
import type { ResolvedDhtOptions } from './options.ts'

interface Announcement extends Provider {
  readonly expiresAt: Instant
}

export type ProviderLimits = Pick<ResolvedDhtOptions, 'providerKeyLimit' | 'providerLimit' | 'providerTotalLimit'>

/** One peer may take this share of the room at most. */
const peerShare = 1 / 8

/** Who provides what, as they said themselves. */
export class ProviderTable {
  readonly #byKey = new Map<Key, Map<PeerId, Announcement>>()
  /** How many keys each provides. */
  readonly #counts = new Map<PeerId, number>()
  readonly #limits: ProviderLimits
  #total = 0

  constructor(limits: ProviderLimits) {
    this.#limits = limits
  }

  /** @returns false when there is no room */
  add(key: Key, provider: Provider, expiresAt: Instant): boolean {
    const known = this.#byKey.get(key) ?? new Map<PeerId, Announcement>()
    if (!known.has(provider.peer)) {
      if (!this.#hasRoom(key, known.size, provider.peer)) return false
      this.#count(provider.peer, 1)
    }
    this.#byKey.set(key, known.set(provider.peer, { ...provider, expiresAt }))
    return true
  }

  of(key: Key, now: Instant): Provider[] {
    const known = [...(this.#byKey.get(key)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now)
    return known.map(({ peer, addresses }) => ({ peer, addresses }))
  }

  expire(now: Instant): void {
    for (const [key, known] of this.#byKey) {
      for (const [peer, { expiresAt }] of known) {
        if (expiresAt > now) continue
        known.delete(peer)
        this.#count(peer, -1)
      }
      if (known.size === 0) this.#byKey.delete(key)
    }
  }

  #hasRoom(key: Key, providers: number, peer: PeerId): boolean {
    const { providerLimit, providerKeyLimit, providerTotalLimit } = this.#limits
    if (providers >= providerLimit || this.#total >= providerTotalLimit) return false
    if ((this.#counts.get(peer) ?? 0) >= Math.ceil(providerKeyLimit * peerShare)) return false
    return this.#byKey.has(key) || this.#byKey.size < providerKeyLimit
  }

  #count(peer: PeerId, difference: 1 | -1): void {
    const count = (this.#counts.get(peer) ?? 0) + difference
    if (count === 0) this.#counts.delete(peer)
    else this.#counts.set(peer, count)
    this.#total += difference
  }
}
