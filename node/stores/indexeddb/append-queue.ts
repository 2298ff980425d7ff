import type { StoredChangeSet } from '../../protocol/index.ts'

interface Append {
  readonly sets: readonly StoredChangeSet[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Appends made at once, and those made while one is under way, share a transaction and with it the flush. */
export class AppendQueue {
  readonly #write: (sets: readonly StoredChangeSet[]) => Promise<void>
  readonly #underWay = new Set<Promise<void>>()
  #waiting: Append[] = []

  /** @param write starts a transaction before it returns; resolves when that is flushed */
  constructor(write: (sets: readonly StoredChangeSet[]) => Promise<void>) {
    this.#write = write
  }

  append(sets: readonly StoredChangeSet[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ sets, resolve, reject })
      if (this.#underWay.size === 0 && this.#waiting.length === 1) queueMicrotask(() => this.start())
    })
  }

  /** Starts what waits, so that a transaction begun after this call sees it. */
  start(): void {
    if (this.#waiting.length === 0) return
    const appends = this.#waiting
    this.#waiting = []
    const writing = this.#settle(appends).finally(() => {
      this.#underWay.delete(writing)
      if (this.#underWay.size === 0) this.start()
    })
    this.#underWay.add(writing)
  }

  async idle(): Promise<void> {
    this.start()
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** All of them or, where one fails, each by itself: one that has no room must not take the others with it. */
  async #settle(appends: readonly Append[]): Promise<void> {
    try {
      await this.#write(appends.flatMap(({ sets }) => sets))
      for (const { resolve } of appends) resolve()
    } catch (error) {
      if (appends.length === 1) appends[0]?.reject(error)
      else for (const append of appends) await this.#settle([append])
    }
  }
}
