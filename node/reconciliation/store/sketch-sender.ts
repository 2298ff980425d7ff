import type { HeadRecord } from '../heads/head-record.ts'
import type { HeadSnapshot } from '../heads/head-snapshot.ts'
import { firstCounts, firstSymbols } from '../sketch/estimate.ts'
import { storeLimits } from './limits.ts'
import type { Standing, StoreBodyOf } from './messages.ts'

/** The side of L2 that sends symbols, as many as the other asks for. */
export class SketchSender {
  readonly #snapshot: HeadSnapshot
  /** Left out of the sketch. */
  readonly #without: readonly HeadRecord[]
  #sent = 0

  constructor(snapshot: HeadSnapshot, without: readonly HeadRecord[]) {
    this.#snapshot = snapshot
    this.#without = without
  }

  get sent(): number {
    return this.#sent
  }

  /** The first symbols, and counts of those behind them. */
  first(standings: readonly Standing[]): StoreBodyOf<'sketch'> {
    const sketch = this.#snapshot.sketch(firstSymbols + firstCounts, this.#without)
    const first = { mark: this.#snapshot.mark, standings, counts: sketch.counts.slice(firstSymbols) }
    this.#sent = firstSymbols
    return { kind: 'sketch', from: 0, size: sketch.counts[0] as number, symbols: sketch.slice(0, firstSymbols), first }
  }

  /** Further symbols, as many as go into a message; undefined when there are no more. */
  next(to: number): StoreBodyOf<'sketch'> | undefined {
    const from = this.#sent
    const end = Math.min(to, from + storeLimits.symbols, this.#snapshot.symbolLimit)
    if (from >= end) return undefined
    const sketch = this.#snapshot.sketch(end, this.#without)
    this.#sent = end
    return { kind: 'sketch', from, size: sketch.counts[0] as number, symbols: sketch.slice(from, end) }
  }
}
