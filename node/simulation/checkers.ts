import type { Duration, Instant, PeerId } from '../protocol/index.ts'

/** Looks at the whole system: between events (`check`), at what cores emit (`heard`), or both. */
export interface Checker {
  readonly name: string
  /** How often `check` is called, in virtual milliseconds; 0: after every event. @default 1000 */
  readonly interval?: Duration
  /** @returns what is wrong, or undefined */
  check?(now: Instant): string | undefined
  /**
   * Called with every event that a core emits: costs nothing while nothing is said, where a look at everybody would cost
   * the same each time. The run ends after the event in which it was heard.
   *
   * @returns what is wrong, or undefined
   */
  heard?(peer: PeerId, protocol: string, event: unknown, now: Instant): string | undefined
}

interface Failure {
  readonly checker: string
  readonly finding: string
  readonly seed: number | string
  readonly time: Instant
  /** The command that runs into it again. */
  readonly replay?: string | undefined
}

/** A checker found something wrong. The message names checker, time, seed and, if there is one, the replay command. */
export class CheckFailedError extends Error {
  override readonly name: 'CheckFailedError' = 'CheckFailedError'
  readonly checker: string
  readonly finding: string
  readonly seed: number | string
  readonly time: Instant
  /** The command that runs into it again, if the simulation was given one. */
  readonly replay: string | undefined

  constructor({ checker, finding, seed, time, replay }: Failure) {
    const again = replay === undefined ? '' : `\nAgain: ${replay}`
    super(`${checker}: ${finding} (seed ${seed}, after ${time} ms)${again}`)
    this.checker = checker
    this.finding = finding
    this.seed = seed
    this.time = time
    this.replay = replay
  }
}

interface Periodic {
  readonly checker: Checker
  due: Instant
}

/** Calls checkers when they are due. */
export class Checkers {
  readonly #seed: number | string
  readonly #replay: string | undefined
  readonly #periodic: Periodic[] = []
  readonly #ears: Checker[] = []
  #nextDue: Instant = Infinity
  #failure: CheckFailedError | undefined

  constructor(seed: number | string, replay: string | undefined) {
    this.#seed = seed
    this.#replay = replay
  }

  add(checker: Checker, now: Instant): void {
    if (checker.check !== undefined) {
      this.#periodic.push({ checker, due: now })
      this.#nextDue = Math.min(this.#nextDue, now)
    }
    if (checker.heard !== undefined) this.#ears.push(checker)
  }

  /** Whether anybody wants to know what cores emit. */
  get listen(): boolean {
    return this.#ears.length > 0
  }

  /** A finding ends the run at the next look, not here: in the midst of a core's handler. */
  hear(peer: PeerId, protocol: string, event: unknown, now: Instant): void {
    for (const checker of this.#ears) {
      const finding = checker.heard?.(peer, protocol, event, now)
      if (finding === undefined || this.#failure !== undefined) continue
      this.#failure = this.#fail(checker, finding, now)
      this.#nextDue = -Infinity
    }
  }

  /**
   * @param now what the world looks like at
   * @param next time of the next event: nothing changes before it
   * @throws CheckFailedError
   */
  run(now: Instant, next: Instant): void {
    if (this.#nextDue > next) return
    if (this.#failure !== undefined) throw this.#failure
    this.#nextDue = Infinity
    for (const entry of this.#periodic) {
      if (entry.due <= next) {
        const finding = entry.checker.check?.(now)
        if (finding !== undefined) {
          this.#nextDue = now
          throw this.#fail(entry.checker, finding, now)
        }
        entry.due = next + (entry.checker.interval ?? 1000)
      }
      this.#nextDue = Math.min(this.#nextDue, entry.due)
    }
  }

  #fail(checker: Checker, finding: string, time: Instant): CheckFailedError {
    return new CheckFailedError({ checker: checker.name, finding, seed: this.#seed, time, replay: this.#replay })
  }
}
