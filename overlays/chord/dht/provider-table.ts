import type { Instant, Key, PeerId, Provider } from '../../../node/protocol/index.ts'

interface Announcement extends Provider {
  readonly expiresAt: Instant
}

/** Who provides what, as they said themselves. */
export class ProviderTable {
  readonly #byKey = new Map<Key, Map<PeerId, Announcement>>()
  readonly #limits: { readonly providerKeyLimit: number; readonly providerLimit: number }

  constructor(limits: { readonly providerKeyLimit: number; readonly providerLimit: number }) {
    this.#limits = limits
  }

  /** @returns false when there is no room */
  add(key: Key, provider: Provider, expiresAt: Instant): boolean {
    const known = this.#byKey.get(key) ?? new Map<PeerId, Announcement>()
    if (!known.has(provider.peer) && known.size >= this.#limits.providerLimit) return false
    if (!this.#byKey.has(key) && this.#byKey.size >= this.#limits.providerKeyLimit) return false
    this.#byKey.set(key, known.set(provider.peer, { ...provider, expiresAt }))
    return true
  }

  of(key: Key, now: Instant): Provider[] {
    const known = [...(this.#byKey.get(key)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now)
    return known.map(({ peer, addresses }) => ({ peer, addresses }))
  }

  expire(now: Instant): void {
    for (const [key, known] of this.#byKey) {
      for (const [peer, { expiresAt }] of known) if (expiresAt <= now) known.delete(peer)
      if (known.size === 0) this.#byKey.delete(key)
    }
  }
}
