import { ByteReader, ByteWriter, MalformedMessageError } from '../../node/protocol/index.ts'
import { containerTypes, type ContainerId } from '../container.ts'
import { readValue, writeValue, type JsonValue } from '../json-value.ts'
import { limits } from '../limits.ts'
import {
  countUnits,
  kinds,
  nobody,
  readContent,
  readFields,
  writeContent,
  writeFields,
  type NewContent,
} from '../operation.ts'
import { IntegerColumn, IntegerColumnReader, columnLimit } from './integer-column.ts'
import { readPacked, writePacked } from './packing.ts'
import type { RecordedOperation } from './recorded-operation.ts'

/** An operation and how far it stands from the one before. */
export interface PlacedOperation {
  /** Units between the operation before and this one. */
  readonly gap: number
  readonly operation: RecordedOperation
}

const opaque = 0
const backspace = 255

/** How content is written: integers in a column of their own, new containers by type, all else as bytes. */
const tag = { integer: 0, bytes: 1, create: 2, again: 100 } as const

/** Operations as columns. The text of insertions is not among them. */
export class OperationColumns {
  readonly #gaps = new IntegerColumn()
  readonly #kinds = new IntegerColumn()
  readonly #containers = new IntegerColumn()
  readonly #indices = new IntegerColumn()
  readonly #counts = new IntegerColumn()
  readonly #keys = new IntegerColumn(true)
  readonly #tags = new IntegerColumn()
  readonly #integers = new IntegerColumn(true)
  readonly #bytes = new ByteWriter(64)
  readonly #keyNumbers = new Map<string, number>()
  readonly #numberOf: (container: ContainerId) => number
  /** Where each author's last edit ended. */
  readonly #cursors: number[] = []
  #size = 0
  #items = 0

  constructor(numberOf: (container: ContainerId) => number) {
    this.#numberOf = numberOf
  }

  /** Operations, and items of lists: what reading them makes. */
  get size(): number {
    return this.#size + this.#items
  }

  push({ gap, operation }: PlacedOperation, author: number): void {
    this.#size++
    this.#gaps.push(gap)
    if (operation.type === 'opaque') {
      this.#kinds.push(opaque)
      this.#counts.push(operation.count)
      this.#bytes.bytes(operation.bytes)
      return
    }
    this.#kinds.push(operation.type === 'backspace' ? backspace : kinds[operation.type])
    this.#containers.push(this.#numberOf(operation.container))
    switch (operation.type) {
      case 'text-insert':
        this.#pushRange(operation.index, operation.text.length, operation.text.length, author)
        return
      case 'list-insert':
        this.#pushRange(operation.index, operation.items.length, operation.items.length, author)
        for (const item of operation.items) this.#pushContent(item)
        this.#items += operation.items.length
        return
      case 'sequence-delete':
        this.#pushRange(operation.index, operation.count, 0, author)
        return
      case 'backspace':
        this.#pushRange(operation.index, operation.count, 1 - operation.count, author)
        return
      case 'map-set':
        this.#pushKey(operation.key)
        this.#pushContent(operation.content)
        return
      case 'map-delete':
        this.#pushKey(operation.key)
        return
      case 'counter-add':
        this.#pushContent({ value: operation.amount })
        return
      case 'set-add':
      case 'set-delete':
      case 'assign':
        this.#pushContent({ value: operation.value })
        return
      default:
        writeFields(this.#bytes, operation, nobody)
    }
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#size)
    const positions = [this.#gaps, this.#kinds, this.#containers, this.#indices, this.#counts]
    for (const column of [...positions, this.#keys, this.#tags, this.#integers]) column.write(writer)
    const names = new ByteWriter(64).varint(this.#keyNumbers.size)
    for (const key of this.#keyNumbers.keys()) names.text(key)
    writePacked(writer, names.view())
    writePacked(writer, this.#bytes.view())
  }

  #pushRange(index: number, count: number, moved: number, author: number): void {
    this.#indices.push(index - (this.#cursors[author] ?? 0))
    this.#counts.push(count)
    this.#cursors[author] = index + moved
  }

  #pushKey(key: string): void {
    let number = this.#keyNumbers.get(key)
    if (number === undefined) this.#keyNumbers.set(key, (number = this.#keyNumbers.size))
    this.#keys.push(number)
  }

  #pushContent(content: NewContent): void {
    if ('create' in content) this.#tags.push(tag.create + containerTypes.indexOf(content.create))
    else if ('again' in content) {
      this.#tags.push(tag.again)
      writeContent(this.#bytes, content)
    } else if (isColumnInteger(content.value)) {
      this.#tags.push(tag.integer)
      this.#integers.push(content.value)
    } else {
      this.#tags.push(tag.bytes)
      writeValue(this.#bytes, content.value)
    }
  }
}

/** Reads what `OperationColumns` has written, operation by operation; every method throws MalformedMessageError. */
export class OperationColumnsReader {
  readonly #size: number
  readonly #columns: readonly IntegerColumnReader[]
  readonly #keyNames: readonly string[]
  readonly #bytes: ByteReader
  readonly #containers: readonly ContainerId[]
  readonly #cursors: number[] = []
  /** What may still be made of the bytes. */
  #budget: number
  /** Units of the operation that was read last. */
  lastCount = 0
  #read = 0
  #gap: number | undefined

  constructor(reader: ByteReader, containers: readonly ContainerId[], sizeLimit: number) {
    this.#size = reader.varint(sizeLimit)
    this.#budget = sizeLimit
    const column = (delta = false): IntegerColumnReader => new IntegerColumnReader(reader, delta)
    this.#columns = [column(), column(), column(), column(), column(), column(true), column(), column(true)]
    const names = new ByteReader(readPacked(reader))
    this.#keyNames = names.list(names.remaining, (names) => names.text(limits.nameBytes))
    names.finish()
    this.#bytes = new ByteReader(readPacked(reader))
    this.#containers = containers
  }

  /** Units between the last operation and the next one; undefined where there is none. */
  get gap(): number | undefined {
    if (this.#gap === undefined && this.#read < this.#size) this.#gap = this.#column(0).natural(Number.MAX_SAFE_INTEGER)
    return this.#gap
  }

  /** @param readText given the length of an insertion, its text */
  next(author: number, readText: (length: number) => string): RecordedOperation {
    this.#read++
    this.#gap = undefined
    this.lastCount = 1
    const kind = this.#column(1).next()
    if (kind === opaque) {
      const count = this.#column(4).natural(limits.changeOperations)
      this.lastCount = count
      return { type: 'opaque', count, bytes: this.#bytes.bytes(limits.changeBytes) }
    }
    const container = this.#containers[this.#column(2).next()]
    if (container === undefined) throw new MalformedMessageError('An operation on a container that is not listed')
    switch (kind) {
      case kinds['text-insert']: {
        const { index, count } = this.#range(author, 1)
        return { type: 'text-insert', container, index, text: readText(count) }
      }
      case kinds['list-insert']: {
        const { index, count } = this.#range(author, 1)
        const items: NewContent[] = []
        this.#budget -= count
        if (this.#budget < 0) throw new MalformedMessageError('More items than the bytes can hold')
        while (items.length < count) items.push(this.#content())
        return { type: 'list-insert', container, index, items }
      }
      case kinds['sequence-delete']:
        return { type: 'sequence-delete', container, ...this.#range(author, 0) }
      case backspace:
        return { type: 'backspace', container, ...this.#range(author, -1) }
      case kinds['map-set']:
        return { type: 'map-set', container, key: this.#key(), content: this.#content() }
      case kinds['map-delete']:
        return { type: 'map-delete', container, key: this.#key() }
      case kinds['counter-add']:
        return { type: 'counter-add', container, amount: this.#amount() }
      case kinds['set-add']:
        return { type: 'set-add', container, value: this.#value() }
      case kinds['set-delete']:
        return { type: 'set-delete', container, value: this.#value() }
      case kinds['assign']:
        return { type: 'assign', container, value: this.#value() }
      default: {
        const operation = readFields(this.#bytes, kind, container, nobody)
        this.lastCount = countUnits(operation)
        return operation
      }
    }
  }

  finish(): void {
    if (this.#read < this.#size || this.#columns.some((column) => !column.ended)) {
      throw new MalformedMessageError('More in a column than there are operations')
    }
    this.#bytes.finish()
  }

  #column(number: number): IntegerColumnReader {
    return this.#columns[number] as IntegerColumnReader
  }

  /** @param direction how the author's cursor moves with each unit: 1 forth, −1 back */
  #range(author: number, direction: 1 | 0 | -1): { readonly index: number; readonly count: number } {
    const index = (this.#cursors[author] ?? 0) + this.#column(3).next()
    const count = this.#column(4).natural(limits.changeOperations * 1024)
    if (count === 0 || index < 0 || !Number.isSafeInteger(index)) throw new MalformedMessageError('A range of nothing')
    this.lastCount = count
    this.#cursors[author] = direction === -1 ? index - count + 1 : index + direction * count
    return { index, count }
  }

  #key(): string {
    const key = this.#keyNames[this.#column(5).next()]
    if (key === undefined) throw new MalformedMessageError('A key that is not listed')
    return key
  }

  #content(): NewContent {
    const how = this.#column(6).next()
    if (how === tag.integer) return { value: this.#column(7).next() }
    if (how === tag.bytes) return { value: readValue(this.#bytes) }
    if (how === tag.again) return readContent(this.#bytes)
    const create = containerTypes[how - tag.create]
    if (create === undefined) throw new MalformedMessageError('A container of an unknown type')
    return { create }
  }

  #value(): JsonValue {
    const content = this.#content()
    if ('value' in content) return content.value
    throw new MalformedMessageError('A container where only a value can stand')
  }

  #amount(): number {
    const amount = this.#value()
    if (Number.isSafeInteger(amount)) return amount as number
    throw new MalformedMessageError('An amount that is no integer')
  }
}

function isColumnInteger(value: JsonValue): value is number {
  return Number.isInteger(value) && Math.abs(value as number) < columnLimit && !Object.is(value, -0)
}
