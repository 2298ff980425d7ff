import { assert } from '../../protocol/index.ts'
import { Sketch } from './sketch.ts'
import { SymbolWalk, checksum } from './symbol-walk.ts'

/** A hash that is in one of two sets. */
export interface PeeledHash {
  readonly high: number
  readonly low: number
}

/** `open`: more symbols are needed. `stuck`: no honest sketch leads there, or two hashes are the same. */
export type PeelingState = 'open' | 'complete' | 'stuck'

/** Symbols touched at the most, for each symbol there is: an honest peeling touches about 2·ln(symbols). */
const stepsPerSymbol = 64

const walk = new SymbolWalk()

/**
 * Finds the hashes of which two sketches differ (the paper's peeling decoder): a symbol with one hash gives it away, and
 * taking that out of its other symbols leaves more such. Symbols may be added until it is complete. Whatever the symbols
 * are, it finds no more hashes than there are symbols and comes to an end.
 */
export class Peeling {
  /** Theirs less ours. */
  #difference = new Sketch(0)
  #length = 0
  #state: PeelingState = 'open'
  #steps = 0
  #found = 0
  /** Of what was found: the hash, whose it is, and where its walk goes on when there are more symbols. */
  #highs = new Uint32Array(0)
  #lows = new Uint32Array(0)
  #signs = new Int8Array(0)
  #places = new Float64Array(0)
  #walks = new Int32Array(0)
  readonly #pure: number[] = []

  get state(): PeelingState {
    return this.#state
  }

  /** How many symbols it has. */
  get length(): number {
    return this.#length
  }

  /** Hashes of theirs that are not among ours. */
  get lacked(): PeeledHash[] {
    return this.#hashes(1)
  }

  /** Hashes of ours that are not among theirs. */
  get own(): PeeledHash[] {
    return this.#hashes(-1)
  }

  /** The next symbols of both. */
  extend(theirs: Sketch, ours: Sketch): PeelingState {
    const from = this.#length
    const to = from + theirs.length
    assert(theirs.length === ours.length, 'symbols of two sketches are taken in pairs')
    if (this.#state !== 'open') return this.#state
    this.#grow(to)
    this.#subtract(from, theirs, ours)
    for (let place = 0; place < this.#found; place++) this.#resume(place)
    for (let index = from; index < to; index++) if (this.#isPure(index)) this.#pure.push(index)
    this.#state = this.#peel()
    return this.#state
  }

  /** No more is found than there are symbols. */
  #grow(length: number): void {
    this.#difference = this.#difference.extended(length)
    this.#highs = grown(this.#highs, new Uint32Array(length))
    this.#lows = grown(this.#lows, new Uint32Array(length))
    this.#signs = grown(this.#signs, new Int8Array(length))
    this.#places = grown(this.#places, new Float64Array(length))
    this.#walks = grown(this.#walks, new Int32Array(2 * length))
    this.#length = length
  }

  #subtract(from: number, theirs: Sketch, ours: Sketch): void {
    const { highs, lows, checks, counts } = this.#difference
    for (let at = 0; at < theirs.length; at++) {
      highs[from + at] = (theirs.highs[at] as number) ^ (ours.highs[at] as number)
      lows[from + at] = (theirs.lows[at] as number) ^ (ours.lows[at] as number)
      checks[from + at] = (theirs.checks[at] as number) ^ (ours.checks[at] as number)
      counts[from + at] = (theirs.counts[at] as number) - (ours.counts[at] as number)
    }
  }

  #peel(): PeelingState {
    const { highs, lows, counts } = this.#difference
    for (let index = this.#pure.pop(); index !== undefined; index = this.#pure.pop()) {
      if (!this.#isPure(index)) continue
      if (this.#found === this.#length || this.#steps > stepsPerSymbol * this.#length) return 'stuck'
      const place = this.#found++
      this.#highs[place] = highs[index] as number
      this.#lows[place] = lows[index] as number
      this.#signs[place] = counts[index] as number
      walk.start(highs[index] as number, lows[index] as number)
      this.#takeOut(place, true)
    }
    return this.#isEmpty() ? 'complete' : 'open'
  }

  #resume(place: number): void {
    walk.index = this.#places[place] as number
    walk.first = this.#walks[2 * place] as number
    walk.second = this.#walks[2 * place + 1] as number
    this.#takeOut(place, false)
  }

  /** Takes a hash out of all symbols from where the walk is. */
  #takeOut(place: number, looks: boolean): void {
    const { highs, lows, checks, counts } = this.#difference
    const high = this.#highs[place] as number
    const low = this.#lows[place] as number
    const sign = this.#signs[place] as number
    const check = checksum(high, low)
    while (walk.index < this.#length) {
      const { index } = walk
      highs[index] = (highs[index] as number) ^ high
      lows[index] = (lows[index] as number) ^ low
      checks[index] = (checks[index] as number) ^ check
      counts[index] = (counts[index] as number) - sign
      if (looks && this.#isPure(index)) this.#pure.push(index)
      this.#steps++
      walk.advance()
    }
    this.#places[place] = walk.index
    this.#walks[2 * place] = walk.first
    this.#walks[2 * place + 1] = walk.second
  }

  #isPure(index: number): boolean {
    const { highs, lows, checks, counts } = this.#difference
    const count = counts[index] as number
    if (count !== 1 && count !== -1) return false
    return checks[index] === checksum(highs[index] as number, lows[index] as number)
  }

  #isEmpty(): boolean {
    const { highs, lows, checks, counts } = this.#difference
    for (let index = 0; index < this.#length; index++) {
      if (counts[index] !== 0 || highs[index] !== 0 || lows[index] !== 0 || checks[index] !== 0) return false
    }
    return true
  }

  #hashes(sign: 1 | -1): PeeledHash[] {
    const hashes: PeeledHash[] = []
    for (let place = 0; place < this.#found; place++) {
      if (this.#signs[place] !== sign) continue
      hashes.push({ high: this.#highs[place] as number, low: this.#lows[place] as number })
    }
    return hashes
  }
}

function grown<Numbers extends { set(numbers: Numbers): void }>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}
