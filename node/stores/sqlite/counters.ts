import { StoreDamagedError } from '../../protocol/index.ts'
import type { ValueTable } from './values.ts'

interface Kept {
  /** Every counter from here on was never leased. */
  readonly next: number
  /** Released ones. Whatever is neither here nor above was lost, or is held now. */
  readonly free: readonly number[]
}

/** More are not kept: the rest count as lost. */
const freeLimit = 1_000

/**
 * The replica counters. A leased counter is taken off the list before anybody hears of it, so a crash needs no clearing
 * up: it is gone for ever unless it was released.
 */
export class Counters {
  readonly #internals: ValueTable
  #distrusted = false

  constructor(internals: ValueTable) {
    this.#internals = internals
  }

  /** Has to be kept before the counter is used. */
  take(): number {
    const { next, free } = this.#read()
    const [counter = next, ...rest] = free
    this.#write({ next: Math.max(next, counter + 1), free: rest })
    return counter
  }

  giveBack(counter: number): void {
    const { next, free } = this.#read()
    if (this.#distrusted || free.length >= freeLimit) return
    this.#write({ next, free: [...free, counter].sort((one, other) => one - other) })
  }

  /** Changes that were written under released counters may be lost, or somebody else goes on writing under them. */
  distrust(): void {
    this.#distrusted = true
  }

  /** After `distrust`: makes it last. */
  forget(): void {
    if (this.#distrusted) this.#write(this.#read())
  }

  #read(): Kept {
    const bytes = this.#internals.get('counters')
    if (bytes === undefined) return { next: 0, free: [] }
    const kept = JSON.parse(new TextDecoder().decode(bytes)) as Kept
    if (!Number.isSafeInteger(kept.next))
      throw new StoreDamagedError('Cannot lease a replica counter: they are damaged')
    return this.#distrusted ? { next: kept.next, free: [] } : kept
  }

  #write(kept: Kept): void {
    this.#internals.put('counters', new TextEncoder().encode(JSON.stringify(kept)))
  }
}
