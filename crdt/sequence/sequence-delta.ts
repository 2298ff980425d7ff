import type { SequenceRun } from '../event.ts'

/** What strings and arrays have in common. */
interface Units<Self> {
  readonly length: number
  slice(start?: number, end?: number): Self
  concat(other: Self): Self
}

type Piece<Inserted> =
  | { readonly type: 'retain'; count: number }
  | { readonly type: 'insert'; units: Inserted }
  | { readonly type: 'delete'; count: number }

/** A delta of more pieces is told as one replaced range: still right, but coarse. */
const pieceLimit = 2000

/** Composes splices, each on the result of the one before, into one delta. */
export class SequenceDelta<Inserted extends Units<Inserted>> {
  readonly #oldLength: number
  #length: number
  #pieces: Piece<Inserted>[] | undefined
  /** Units at the start and at the end that no splice has touched. */
  #head: number
  #tail: number
  /** The piece of the last splice, and the units in front of it in the present sequence. */
  #hint = 0
  #hintStart = 0

  constructor(oldLength: number) {
    this.#oldLength = oldLength
    this.#length = oldLength
    this.#head = oldLength
    this.#tail = oldLength
    this.#pieces = oldLength === 0 ? [] : [{ type: 'retain', count: oldLength }]
  }

  /** Deletes, then inserts. */
  splice(index: number, deleted: number, inserted: Inserted | undefined): void {
    if (deleted > 0) this.#delete(index, deleted)
    if (inserted !== undefined) this.#insert(index, inserted)
  }

  #insert(index: number, units: Inserted): void {
    this.#touch(index, 0, units.length)
    if (this.#pieces === undefined) return
    const at = this.#seek(index)
    const before = this.#pieces[at - 1]
    if (before?.type === 'insert') {
      before.units = before.units.concat(units)
      this.#hint = at - 1
      this.#hintStart = index + units.length - before.units.length
    } else {
      this.#pieces.splice(at, 0, { type: 'insert', units })
      this.#hint = at
      this.#hintStart = index
    }
    this.#limit()
  }

  #delete(index: number, count: number): void {
    this.#touch(index, count, 0)
    if (this.#pieces === undefined) return
    let at = this.#seek(index)
    for (let left = count; left > 0;) {
      const piece = this.#pieces[at] as Piece<Inserted>
      const length = lengthOf(piece)
      const taken = Math.min(left, length)
      if (length > taken) this.#cut(at, taken)
      left -= taken
      if (piece.type === 'insert') this.#pieces.splice(at, 1)
      else {
        if (piece.type === 'retain') this.#pieces[at] = { type: 'delete', count: taken }
        at++
      }
    }
    this.#hint = Math.min(at, this.#pieces.length)
    this.#hintStart = index
    this.#limit()
  }

  /** Where a unit of the present sequence was in the old one; undefined where it was not. */
  oldIndexOf(index: number): number | undefined {
    let left = index
    let old = 0
    for (const piece of this.#pieces ?? []) {
      const length = lengthOf(piece)
      if (left < length) return piece.type === 'retain' ? old + left : undefined
      left -= length
      if (piece.type !== 'insert') old += piece.type === 'retain' ? length : piece.count
    }
    return undefined
  }

  /** @param slice reads the sequence as it is now */
  finish(slice: (start: number, end: number) => Inserted): SequenceRun<Inserted>[] {
    if (this.#pieces === undefined) return this.#coarse(slice)
    const runs: SequenceRun<Inserted>[] = []
    let deleted = 0
    let inserted: Inserted | undefined
    let retained = 0
    const flush = (): void => {
      if (inserted !== undefined) runs.push({ insert: inserted })
      if (deleted > 0) runs.push({ delete: deleted })
      inserted = undefined
      deleted = 0
    }
    for (const piece of this.#pieces) {
      if (piece.type === 'retain') {
        flush()
        retained += piece.count
        continue
      }
      if (retained > 0) runs.push({ retain: retained })
      retained = 0
      if (piece.type === 'delete') deleted += piece.count
      else inserted = inserted === undefined ? piece.units : inserted.concat(piece.units)
    }
    flush()
    return runs
  }

  #coarse(slice: (start: number, end: number) => Inserted): SequenceRun<Inserted>[] {
    const runs: SequenceRun<Inserted>[] = []
    if (this.#head > 0) runs.push({ retain: this.#head })
    const end = this.#length - this.#tail
    if (end > this.#head) runs.push({ insert: slice(this.#head, end) })
    const deleted = this.#oldLength - this.#tail - this.#head
    if (deleted > 0) runs.push({ delete: deleted })
    return runs
  }

  #touch(index: number, deleted: number, inserted: number): void {
    this.#head = Math.min(this.#head, index)
    this.#tail = Math.min(this.#tail, this.#length - index - deleted)
    this.#length += inserted - deleted
  }

  #limit(): void {
    if ((this.#pieces?.length ?? 0) > pieceLimit) this.#pieces = undefined
  }

  /** The place of the piece that begins at the index, after cutting the one that spans it; deletions in front stay so. */
  #seek(index: number): number {
    const pieces = this.#pieces as Piece<Inserted>[]
    if (index < this.#hintStart) {
      this.#hint = 0
      this.#hintStart = 0
    }
    let at = this.#hint
    let start = this.#hintStart
    for (; at < pieces.length; at++) {
      if (start === index) break
      const length = lengthOf(pieces[at] as Piece<Inserted>)
      if (start + length > index) {
        this.#cut(at, index - start)
        return at + 1
      }
      start += length
    }
    return at
  }

  #cut(at: number, offset: number): void {
    const pieces = this.#pieces as Piece<Inserted>[]
    const piece = pieces[at] as Piece<Inserted>
    if (piece.type === 'insert') {
      pieces.splice(at + 1, 0, { type: 'insert', units: piece.units.slice(offset) })
      piece.units = piece.units.slice(0, offset)
    } else {
      pieces.splice(at + 1, 0, { type: piece.type, count: piece.count - offset })
      piece.count = offset
    }
  }
}

/** Units in the sequence as it is now. */
function lengthOf(piece: Piece<unknown>): number {
  if (piece.type === 'delete') return 0
  return piece.type === 'retain' ? piece.count : (piece.units as { readonly length: number }).length
}
