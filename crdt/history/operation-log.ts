import { ByteWriter } from '../../node/protocol/index.ts'
import type { Operation } from '../operation.ts'
import { TextArena } from './text-arena.ts'

/** How the units of a row follow each other. */
export const rowKind = {
  /** Unit i of a text stands at `index + i`. */
  text: 0,
  /** The same for items of a list. */
  items: 1,
  /** Every unit is deleted at `index`. */
  delete: 2,
  /** Unit i is deleted at `index − i`. */
  backspace: 3,
  /** Of two units the first is deleted at `index`, the second stands at `offset` then. */
  move: 4,
  /** Operations on containers that are no sequences, one a unit, encoded one behind the other. */
  encoded: 5,
  /** The bytes of a change that is invalid: counts, does nothing, is handed on as it came. */
  opaque: 6,
} as const

export type RowKind = (typeof rowKind)[keyof typeof rowKind]

/** Operations that follow each other, as the log holds them; or a part of a row, made for somebody who asked. */
export interface Row {
  /** Local number of the first unit. */
  readonly start: number
  readonly kind: RowKind
  /** Number of the container in the log's table; −1 for rows of several. */
  readonly container: number
  readonly index: number
  readonly count: number
  /** Where its content begins: in the text for `text`, else in the bytes; of a `move` where it goes. */
  readonly offset: number
  /** Units the sequence held here before; for `encoded` and `opaque` where the bytes end. */
  readonly before: number
}

export interface LogMark {
  readonly end: number
  readonly kind: RowKind
  readonly before: number
  readonly replaced: number
  readonly text: number
  readonly bytes: number
}

/** So that one can be found among its row without reading far. */
const encodedLimit = 16

/**
 * Every operation in the order of local numbers, as columns, run-length merged: a keystroke that goes on where the last
 * one was costs a character (eg-walker, Gentle & Kleppmann 2024, §3.8).
 */
export class OperationLog {
  readonly text: TextArena = new TextArena()
  readonly bytes: ByteWriter = new ByteWriter(64)
  /** How often rows were taken back: who has read them has to forget them then. */
  #restored = 0
  #replaced = 0
  /** The encoded operation that was added last: it is what is mostly asked for. */
  #newest: Operation | undefined
  #newestStart = -1
  /** Below this some rows are missing, as long as `#complete` is there. */
  #missing = 0
  #complete: (() => void) | undefined
  readonly #starts: number[] = []
  readonly #kinds: RowKind[] = []
  readonly #containers: number[] = []
  readonly #indices: number[] = []
  readonly #counts: number[] = []
  readonly #offsets: number[] = []
  readonly #befores: number[] = []
  /** For each container that is a sequence its rows. */
  readonly #rowsOf: number[][] = []

  get size(): number {
    return this.#starts.length
  }

  /** Where the next operation goes. */
  get end(): number {
    const last = this.size - 1
    return last < 0
      ? this.#missing
      : Math.max(this.#missing, (this.#starts[last] as number) + (this.#counts[last] as number))
  }

  /** Below this the rows came with a snapshot. */
  get loaded(): number {
    return this.#missing
  }

  /** Rows of operations numbered below `end` are told when somebody asks for them. @param complete calls `replace` */
  expect(end: number, complete: () => void): void {
    this.#missing = end
    this.#complete = complete
  }

  /** All rows up to the present, in order. */
  replace(rows: readonly Row[]): void {
    this.#replaced++
    for (const column of [...this.#columns, ...this.#rowsOf]) column.length = 0
    this.#newestStart = -1
    for (const row of rows) this.push(row)
  }

  push({ start, kind, container, index, count, offset, before }: Row): void {
    this.#push(start, kind, container, index, count, offset, before)
  }

  #need(number: number): void {
    const complete = this.#complete
    if (complete === undefined || number >= this.#missing) return
    this.#complete = undefined
    try {
      complete()
    } catch (error) {
      this.#complete = complete
      throw error
    }
  }

  get #columns(): number[][] {
    const numbers = [this.#starts, this.#kinds, this.#containers, this.#indices, this.#counts, this.#offsets]
    return [...numbers, this.#befores]
  }

  at(row: number): Row {
    return {
      start: this.#starts[row] as number,
      kind: this.#kinds[row] as RowKind,
      container: this.#containers[row] as number,
      index: this.#indices[row] as number,
      count: this.#counts[row] as number,
      offset: this.#offsets[row] as number,
      before: this.#befores[row] as number,
    }
  }

  /** The rows of one container. */
  rowsOf(container: number): readonly number[] {
    return this.#rowsOf[container] ?? none
  }

  /** @param goesOn whether it was made on exactly the operation numbered before, by the same agent */
  insertText(start: number, container: number, index: number, text: string, before: number, goesOn: boolean): void {
    const offset = this.text.append(text)
    const last = this.size - 1
    if (goesOn && this.#isNext(last, rowKind.text, start, container)) {
      const count = this.#counts[last] as number
      if ((this.#indices[last] as number) + count === index) {
        this.#counts[last] = count + text.length
        return
      }
    }
    this.#push(start, rowKind.text, container, index, text.length, offset, before)
  }

  /** @param bytes the encoded items */
  insertItems(start: number, container: number, index: number, count: number, bytes: Uint8Array, before: number): void {
    const offset = this.bytes.length
    this.bytes.raw(bytes)
    this.#push(start, rowKind.items, container, index, count, offset, before)
  }

  delete(start: number, container: number, index: number, count: number, before: number, goesOn: boolean): void {
    const last = this.size - 1
    if (goesOn && last >= 0) {
      const done = this.#counts[last] as number
      const at = this.#indices[last] as number
      if (this.#isNext(last, rowKind.delete, start, container)) {
        if (at === index) {
          this.#counts[last] = done + count
          return
        }
        if (done === 1 && count === 1 && index === at - 1) {
          this.#kinds[last] = rowKind.backspace
          this.#counts[last] = 2
          return
        }
      } else if (count === 1 && this.#isNext(last, rowKind.backspace, start, container) && index === at - done) {
        this.#counts[last] = done + 1
        return
      }
    }
    this.#push(start, rowKind.delete, container, index, count, 0, before)
  }

  move(start: number, container: number, from: number, to: number, before: number): void {
    this.#push(start, rowKind.move, container, from, 2, to, before)
  }

  /** One operation that was just written to `bytes`, from `offset` on. */
  addEncoded(start: number, offset: number, operation: Operation): void {
    this.#newest = operation
    this.#newestStart = start
    const last = this.size - 1
    if (this.#isNext(last, rowKind.encoded, start, -1) && (this.#counts[last] as number) < encodedLimit) {
      ;(this.#counts[last] as number)++
      this.#befores[last] = this.bytes.length
    } else this.#push(start, rowKind.encoded, -1, 0, 1, offset, this.bytes.length)
  }

  /** The operation itself, where it is encoded and nothing encoded was added behind it. */
  newestAt(start: number): Operation | undefined {
    return start === this.#newestStart ? this.#newest : undefined
  }

  addOpaque(start: number, count: number, bytes: Uint8Array): void {
    const offset = this.bytes.length
    this.bytes.raw(bytes)
    this.#push(start, rowKind.opaque, -1, 0, count, offset, this.bytes.length)
  }

  /** The first row with units numbered from `number` on; `size` where there is none. */
  rowAt(number: number): number {
    this.#need(number)
    if (number >= this.end) return this.size
    let low = 0
    let high = this.size - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] as number) <= number) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The place in `rowsOf(container)` of the first row with units from `number` on. */
  placeAt(container: number, number: number): number {
    this.#need(number)
    const rows = this.rowsOf(container)
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const row = rows[middle] as number
      if ((this.#starts[row] as number) + (this.#counts[row] as number) > number) high = middle
      else low = middle + 1
    }
    return low
  }

  /** The parts of rows within a range of numbers, but `encoded` rows whole where the range touches them. */
  *between(from: number, to: number): Generator<Row> {
    for (let at = this.rowAt(from); at < this.size && (this.#starts[at] as number) < to; at++) {
      yield sliceRow(this.at(at), from, to)
    }
  }

  mark(): LogMark {
    const last = this.size - 1
    return {
      end: this.end,
      kind: this.#kinds[last] ?? rowKind.text,
      before: this.#befores[last] ?? 0,
      replaced: this.#replaced,
      text: this.text.length,
      bytes: this.bytes.length,
    }
  }

  get restored(): number {
    return this.#restored
  }

  /** Takes back what was added since. Rows may have been replaced meanwhile, when those of a snapshot were told. */
  restore({ end, kind, before, replaced, text, bytes }: LogMark): void {
    this.#restored++
    this.#newestStart = -1
    while (this.size > 0 && (this.#starts[this.size - 1] as number) >= end) {
      this.#rowsOf[this.#containers.at(-1) as number]?.pop()
      for (const column of this.#columns) column.pop()
    }
    const last = this.size - 1
    const start = this.#starts[last] ?? end
    if (start + (this.#counts[last] ?? 0) > end) {
      this.#counts[last] = end - start
      if (this.#kinds[last] === rowKind.backspace && end - start === 1) this.#kinds[last] = rowKind.delete
      if (this.#kinds[last] === rowKind.encoded) this.#befores[last] = bytes
    }
    if (replaced === this.#replaced) {
      if (last >= 0) {
        this.#kinds[last] = kind
        this.#befores[last] = before
      }
      this.text.truncate(text)
    }
    this.bytes.truncate(bytes)
  }

  #isNext(last: number, kind: RowKind, start: number, container: number): boolean {
    return (
      last >= 0 &&
      this.#kinds[last] === kind &&
      this.#containers[last] === container &&
      (this.#starts[last] as number) + (this.#counts[last] as number) === start
    )
  }

  #push(
    start: number,
    kind: RowKind,
    container: number,
    index: number,
    count: number,
    offset: number,
    before: number,
  ): void {
    if (container >= 0) {
      while (this.#rowsOf.length <= container) this.#rowsOf.push([])
      this.#rowsOf[container]?.push(this.size)
    }
    this.#starts.push(start)
    this.#kinds.push(kind)
    this.#containers.push(container)
    this.#indices.push(index)
    this.#counts.push(count)
    this.#offsets.push(offset)
    this.#befores.push(before)
  }
}

/** The part of a row within a range of numbers. Items and encoded operations keep their bytes; a move is never cut. */
export function sliceRow(row: Row, from: number, to: number): Row {
  const skip = Math.max(0, from - row.start)
  const count = Math.min(row.start + row.count, to) - row.start - skip
  if (row.kind >= rowKind.move || (skip === 0 && count === row.count)) return row
  const inserts = row.kind <= rowKind.items
  return {
    ...row,
    start: row.start + skip,
    count,
    index: inserts ? row.index + skip : row.kind === rowKind.backspace ? row.index - skip : row.index,
    offset: row.kind === rowKind.text ? row.offset + skip : row.offset,
    before: inserts ? row.before + skip : row.before - skip,
  }
}

const none: readonly number[] = []
