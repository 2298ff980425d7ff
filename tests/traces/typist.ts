import { integer, type Random } from '../../node/protocol/index.ts'
import type { Patch } from './trace.ts'

const syllables = ['al', 'be', 'co', 'da', 'en', 'fi', 'ga', 'ho', 'is', 'ke', 'lo', 'ma', 'no', 'or', 'pe', 're', 'st']
const wide = ['🙂', '👩', '𝒳', '🦊']
const accented = ['é', 'ß', 'ж', '語']

type Mood = 'typing' | 'correcting' | 'erasing'

/** Somebody who writes prose a keystroke at a time: words in bursts, corrections, jumps to another place, pastes. */
export class Typist {
  readonly #random: Random
  readonly #ascii: boolean
  /** In code points. */
  #cursor = 0
  #mood: Mood = 'typing'
  #strokes = 0
  #pending: string[] = []

  /** @param ascii whether nothing but ASCII is written */
  constructor(random: Random, ascii: boolean) {
    this.#random = random
    this.#ascii = ascii
  }

  /** @param length of the text as it is to the typist, in code points */
  next(length: number): Patch {
    this.#cursor = Math.min(this.#cursor, length)
    if (this.#strokes-- <= 0) this.#turn(length)
    if (this.#mood === 'correcting' && this.#cursor > 0) return [--this.#cursor, 1, '']
    if (this.#mood === 'erasing' && this.#cursor < length) {
      const deleted = this.#once(40) ? Math.min(length - this.#cursor, 10 + this.#below(40)) : 1
      return [this.#cursor, deleted, '']
    }
    return this.#type()
  }

  /** Somebody else's patch appears; the cursor keeps to its place, roughly. */
  see([position, deleted, inserted]: Patch): void {
    if (position < this.#cursor) this.#cursor = Math.max(position, this.#cursor - deleted + Array.from(inserted).length)
  }

  /** The next burst. */
  #turn(length: number): void {
    const before = this.#mood
    this.#mood = 'typing'
    this.#strokes = 5 + this.#below(60)
    if (before === 'typing' && this.#once(2)) {
      this.#mood = this.#once(6) ? 'erasing' : 'correcting'
      this.#strokes = 1 + this.#below(this.#once(5) ? 30 : 6)
    } else if (this.#once(6)) {
      const near = this.#cursor - 400 + this.#below(800)
      this.#cursor = this.#once(3) ? this.#below(length + 1) : Math.min(length, Math.max(0, near))
    } else if (this.#once(3)) this.#cursor = length
  }

  #type(): Patch {
    const inserted = this.#once(2000) ? this.#sentence() : this.#character()
    const patch: Patch = [this.#cursor, 0, inserted]
    this.#cursor += Array.from(inserted).length
    return patch
  }

  #character(): string {
    if (this.#pending.length === 0) this.#pending = Array.from(this.#word())
    return this.#pending.shift() as string
  }

  #sentence(): string {
    return Array.from({ length: 5 + this.#below(15) }, () => this.#word()).join('')
  }

  #word(): string {
    if (!this.#ascii && this.#once(12)) return pick(this.#random, this.#once(2) ? wide : accented)
    const word = Array.from({ length: 1 + this.#below(3) }, () => pick(this.#random, syllables)).join('')
    return word + (this.#once(10) ? (this.#once(4) ? '.\n' : ', ') : ' ')
  }

  #below(bound: number): number {
    return integer(this.#random, bound)
  }

  #once(times: number): boolean {
    return integer(this.#random, times) === 0
  }
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}
