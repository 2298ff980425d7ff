import type { Duration, Instant } from '../protocol/index.ts'

/** Looks at the whole system between events. */
export interface Checker {
  readonly name: string
  /** How often, in virtual milliseconds. @default 1000 */
  readonly interval?: Duration
  /** @returns what is wrong, or undefined */
  check(now: Instant): string | undefined
}

/** A checker found something wrong. The message names checker, time and seed: enough to run it again. */
export class CheckFailedError extends Error {
  override readonly name: 'CheckFailedError' = 'CheckFailedError'
  readonly checker: string
  readonly seed: number | string
  readonly time: Instant

  constructor(checker: string, seed: number | string, time: Instant, finding: string) {
    super(`${checker}: ${finding} (seed ${seed}, after ${time} ms)`)
    this.checker = checker
    this.seed = seed
    this.time = time
  }
}

/** Calls checkers when they are due. */
export class Checkers {
  readonly #seed: number | string
  readonly #entries: { readonly checker: Checker; due: Instant }[] = []

  constructor(seed: number | string) {
    this.#seed = seed
  }

  add(checker: Checker, now: Instant): void {
    this.#entries.push({ checker, due: now })
  }

  /**
   * @param now what the world looks like at
   * @param next time of the next event: nothing changes before it
   * @throws CheckFailedError
   */
  run(now: Instant, next: Instant): void {
    for (const entry of this.#entries) {
      if (entry.due > next) continue
      const finding = entry.checker.check(now)
      if (finding !== undefined) throw new CheckFailedError(entry.checker.name, this.#seed, now, finding)
      entry.due = next + (entry.checker.interval ?? 1000)
    }
  }
}
