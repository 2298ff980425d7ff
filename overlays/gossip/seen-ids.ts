import type { MessageId } from './messages.ts'

/**
 * Ids of messages that were seen: between half of the limit and all of it are remembered. Two halves, of which the older
 * one goes at once: a set that loses its first entries one by one grows slow at naming the first.
 */
export class SeenIds {
  readonly #half: number
  #latest = new Set<MessageId>()
  #earlier = new Set<MessageId>()

  /** @param limit most ids remembered */
  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2))
  }

  has(id: MessageId): boolean {
    return this.#latest.has(id) || this.#earlier.has(id)
  }

  forget(id: MessageId): void {
    this.#latest.delete(id)
    this.#earlier.delete(id)
  }

  add(id: MessageId): void {
    this.#latest.add(id)
    if (this.#latest.size < this.#half) return
    this.#earlier = this.#latest
    this.#latest = new Set()
  }
}
