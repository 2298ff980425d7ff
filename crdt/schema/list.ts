import type { ContainerType, ListContainer } from '../container.ts'
import type { Document } from '../document.ts'
import type { JsonValue } from '../json-value.ts'
import { leaf } from './leaves.ts'
import { createNested, openNested, type Schema } from './schema.ts'

/** A list of plain values. */
export interface TypedList<Value extends JsonValue> extends ListContainer {
  insert(index: number, ...values: readonly Value[]): void
  push(...values: readonly Value[]): void
  get(index: number): Value | undefined
  toArray(): Value[]
  [Symbol.iterator](): Iterator<Value>
}

/**
 * A list of containers, all of one schema. Where something else is found in it, as somebody without the schema may have
 * put there, reading throws ContainerTypeError; `container` reaches it nevertheless.
 */
export interface NestedList<Face, Initial> extends Iterable<Face> {
  readonly container: ListContainer
  readonly length: number
  create(index: number, initial?: Initial): Face
  push(initial?: Initial): Face
  /** @param count @default 1 */
  delete(index: number, count?: number): void
  /** @param to where it is afterwards */
  move(from: number, to: number): void
  get(index: number): Face | undefined
  toArray(): Face[]
  toJSON(): JsonValue[]
}

/** Without an item: a list of plain values. */
export function list<Value extends JsonValue = JsonValue>(): Schema<'list', TypedList<Value>, readonly Value[]>
export function list<Face, Initial>(
  item: Schema<ContainerType, Face, Initial>,
): Schema<'list', NestedList<Face, Initial>, readonly Initial[]>
export function list(item?: Schema): Schema<'list'> {
  const plain = leaf<'list', ListContainer, readonly JsonValue[]>(
    'list',
    (document, name) => document.list(name),
    (container, initial) => container.push(...initial),
  )
  return item === undefined ? plain : nested(plain, item)
}

function nested<Face, Initial>(
  plain: Schema<'list', ListContainer>,
  item: Schema<ContainerType, Face, Initial>,
): Schema<'list', NestedList<Face, Initial>, readonly Initial[]> {
  return {
    type: plain.type,
    root: plain.root,
    face: (document, container) => new ListFace(document, container as ListContainer, item),
    fill: (face, initial = []) => initial.forEach((one) => face.push(one)),
  }
}

class ListFace<Face, Initial> implements NestedList<Face, Initial> {
  readonly container: ListContainer
  readonly #document: Document
  readonly #item: Schema<ContainerType, Face, Initial>

  constructor(document: Document, container: ListContainer, item: Schema<ContainerType, Face, Initial>) {
    this.container = container
    this.#document = document
    this.#item = item
  }

  get length(): number {
    return this.container.length
  }

  create(index: number, initial?: Initial): Face {
    const { container } = this
    return createNested(this.#item, this.#document, () => container.create(index, this.#item.type), initial)
  }

  push(initial?: Initial): Face {
    return this.create(this.length, initial)
  }

  delete(index: number, count?: number): void {
    this.container.delete(index, count)
  }

  move(from: number, to: number): void {
    this.container.move(from, to)
  }

  get(index: number): Face | undefined {
    return openNested(this.#item, this.#document, this.container, index, this.container.get(index))
  }

  toArray(): Face[] {
    return this.container
      .toArray()
      .map((content, index) => openNested(this.#item, this.#document, this.container, index, content) as Face)
  }

  toJSON(): JsonValue[] {
    return this.container.toJSON()
  }

  [Symbol.iterator](): Iterator<Face> {
    return this.toArray()[Symbol.iterator]()
  }
}
