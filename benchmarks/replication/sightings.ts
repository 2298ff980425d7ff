import { now, type Seen } from './orders.ts'

/** Which operations the replica's user has heard of, and when that became so many. */
export class Sightings {
  readonly #seen = new Set<number>()
  #last = 0
  #wanted = Number.POSITIVE_INFINITY
  #reached: (() => void) | undefined

  add(operation: number): void {
    if (this.#seen.has(operation)) return
    this.#seen.add(operation)
    this.#last = now()
    if (this.#seen.size >= this.#wanted) this.#reached?.()
  }

  /** One at a time. @returns what there is when it is so many, or after so many milliseconds */
  async reach(count: number, patience: number): Promise<Seen> {
    if (this.#seen.size < count) {
      this.#wanted = count
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, patience)
        this.#reached = () => {
          clearTimeout(timeout)
          resolve()
        }
      })
      this.#wanted = Number.POSITIVE_INFINITY
    }
    return { count: this.#seen.size, at: this.#last }
  }
}
