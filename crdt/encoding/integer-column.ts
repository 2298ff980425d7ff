import { ByteReader, ByteWriter, MalformedMessageError } from '../../node/protocol/index.ts'
import { readPacked, writePacked } from './packing.ts'

/** Integers one after the other: equal ones in a row stand once, the others as zigzag varints. */
export class IntegerColumn {
  readonly #values: number[] = []
  readonly #delta: boolean
  #last = 0

  /** @param delta whether the differences to the one before are what repeats */
  constructor(delta = false) {
    this.#delta = delta
  }

  push(value: number): void {
    this.#values.push(this.#delta ? value - this.#last : value)
    this.#last = value
  }

  /** Groups: 2·n + 1 and a value that stands n times; or 2·n and n values. */
  write(writer: ByteWriter): void {
    const values = this.#values
    const groups = new ByteWriter(values.length + 8)
    for (let at = 0; at < values.length;) {
      const end = endOfRun(values, at)
      if (end - at > 2) {
        writeZigzag(groups.varint((end - at) * 2 + 1), values[at] as number)
        at = end
        continue
      }
      let to = at
      while (to < values.length) {
        const next = endOfRun(values, to)
        if (next - to > 2) break
        to = next
      }
      groups.varint((to - at) * 2)
      for (; at < to; at++) writeZigzag(groups, values[at] as number)
    }
    writePacked(writer, groups.view())
  }
}

/** Reads what an `IntegerColumn` has written, one by one: a run of a billion costs nothing before it is read. */
export class IntegerColumnReader {
  readonly #groups: ByteReader
  readonly #delta: boolean
  #left = 0
  #run = false
  #value = 0
  #last = 0

  /** @throws MalformedMessageError, as do all methods */
  constructor(reader: ByteReader, delta = false) {
    this.#groups = new ByteReader(readPacked(reader))
    this.#delta = delta
  }

  get ended(): boolean {
    return this.#left === 0 && this.#groups.remaining === 0
  }

  /** @returns an integer within ±2^52 */
  next(): number {
    if (this.#left === 0) {
      const head = this.#groups.varint()
      this.#run = head % 2 === 1
      this.#left = Math.floor(head / 2)
      if (this.#left === 0) throw new MalformedMessageError('A group of nothing')
      if (this.#run) this.#value = readZigzag(this.#groups)
    }
    this.#left--
    const value = this.#run ? this.#value : readZigzag(this.#groups)
    if (!this.#delta) return value
    this.#last += value
    if (!Number.isSafeInteger(this.#last)) throw new MalformedMessageError('A number out of range')
    return this.#last
  }

  /** @returns a number from 0 to the limit */
  natural(limit: number): number {
    const value = this.next()
    if (value >= 0 && value <= limit) return value
    throw new MalformedMessageError(`A number of ${value} where at most ${limit} is allowed`)
  }
}

/** Beyond this a difference or its zigzag form would no longer be exact. */
export const columnLimit: number = 2 ** 51

export function writeZigzag(writer: ByteWriter, value: number): ByteWriter {
  return writer.varint(value < 0 ? -2 * value - 1 : 2 * value)
}

export function readZigzag(reader: ByteReader): number {
  const value = reader.varint()
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

function endOfRun(values: readonly number[], at: number): number {
  const value = values[at]
  let end = at + 1
  while (end < values.length && values[end] === value) end++
  return end
}
