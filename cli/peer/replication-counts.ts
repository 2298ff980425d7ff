import type { ReplicatorRejection } from '../../node/peer/index.ts'

/** How often which kind of change was refused. */
export class RejectionCounts {
  readonly #counts = new Map<ReplicatorRejection, number>()

  count(reason: ReplicatorRejection): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1)
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
