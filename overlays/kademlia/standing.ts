import type { Duration } from '../../node/protocol/index.ts'

/** Peers that are remembered. Beyond, who was heard of longest ago is forgotten. */
const peerLimit = 1024
/** The most that good deeds are worth, so that nobody saves them up, and the most that bad ones weigh. */
const scoreLimit = { good: 8, bad: -4 }
/** From here down a peer is doubted. */
const doubt = -2
/** How long nothing may be heard of a peer until half of it is forgiven. */
const halfLife: Duration = 60_000

interface Score {
  readonly points: number
  readonly at: Duration
}

/** How peers have done lately. Bounded, and it fades. */
export class Standing {
  readonly #now: () => Duration
  /** Who was heard of last is the last. */
  readonly #scores = new Map<string, Score>()

  constructor(now: () => Duration) {
    this.#now = now
  }

  isDoubted(peer: string): boolean {
    return this.#points(peer) <= doubt
  }

  /** It has done more good than bad. */
  isTrusted(peer: string): boolean {
    return this.#points(peer) > 0
  }

  praise(peer: string): void {
    this.#note(peer, this.#points(peer) + 1)
  }

  blame(peer: string, points = 1): void {
    this.#note(peer, this.#points(peer) - points)
  }

  forgive(peer: string): void {
    this.#scores.delete(peer)
  }

  clear(): void {
    this.#scores.clear()
  }

  #points(peer: string): number {
    const { points, at } = this.#scores.get(peer) ?? { points: 0, at: 0 }
    return Math.trunc(points / 2 ** Math.floor((this.#now() - at) / halfLife))
  }

  #note(peer: string, points: number): void {
    this.#scores.delete(peer)
    this.#scores.set(peer, {
      points: Math.max(scoreLimit.bad, Math.min(scoreLimit.good, points)),
      at: this.#now(),
    })
    const [longestAgo] = this.#scores.keys()
    if (this.#scores.size > peerLimit && longestAgo !== undefined) this.#scores.delete(longestAgo)
  }
}
