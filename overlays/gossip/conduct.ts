import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'

interface Account {
  level: number
  at: Instant
}

/** Offences that are forgiven each second: an honest neighbour meets a limit now and then. */
const forgivenPerSecond = 64

/** Most peers with an account, and most that are excluded; the oldest make room. */
const accountLimit = 1024

export interface ConductLimits {
  readonly offenceLimit: number
  readonly excludeFor: Duration
}

/** How often each peer met a limit of late (a leaky bucket each), and who has lost its place for that. */
export class Conduct {
  readonly #limits: ConductLimits
  readonly #accounts = new Map<PeerId, Account>()
  readonly #excludedUntil = new Map<PeerId, Instant>()

  constructor(limits: ConductLimits) {
    this.#limits = limits
  }

  /** @returns whether the peer has just lost its place */
  charge(peer: PeerId, offences: number, now: Instant): boolean {
    const account = this.#accounts.get(peer) ?? { level: 0, at: now }
    account.level = this.#level(account, now) + offences
    account.at = now
    put(this.#accounts, peer, account)
    if (account.level < this.#limits.offenceLimit || this.isExcluded(peer, now)) return false
    this.#accounts.delete(peer)
    put(this.#excludedUntil, peer, now + this.#limits.excludeFor)
    return true
  }

  isExcluded(peer: PeerId, now: Instant): boolean {
    const until = this.#excludedUntil.get(peer)
    if (until === undefined) return false
    if (now < until) return true
    this.#excludedUntil.delete(peer)
    return false
  }

  #level({ level, at }: Account, now: Instant): number {
    return Math.max(0, level - ((now - at) * forgivenPerSecond) / 1000)
  }
}

function put<Value>(map: Map<PeerId, Value>, peer: PeerId, value: Value): void {
  map.delete(peer)
  map.set(peer, value)
  if (map.size <= accountLimit) return
  const [oldest] = map.keys()
  map.delete(oldest as PeerId)
}
