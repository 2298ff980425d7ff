import type { ContainerType, MapContainer } from '../container.ts'
import type { Document } from '../document.ts'
import type { JsonValue } from '../json-value.ts'
import { leaf } from './leaves.ts'
import { createNested, openNested, type Schema } from './schema.ts'

/** A map of plain values under any keys. */
export interface TypedRecord<Value extends JsonValue> extends MapContainer {
  set(key: string, value: Value): void
  get(key: string): Value | undefined
  entries(): (readonly [string, Value])[]
  [Symbol.iterator](): Iterator<readonly [string, Value]>
}

/** A map of containers of one schema under any keys; errors as for `NestedList`. */
export interface NestedRecord<Face, Initial> extends Iterable<readonly [string, Face]> {
  readonly container: MapContainer
  readonly size: number
  /** When two peers create under one key at once, one of both stands. */
  create(key: string, initial?: Initial): Face
  get(key: string): Face | undefined
  has(key: string): boolean
  delete(key: string): boolean
  keys(): string[]
  entries(): (readonly [string, Face])[]
  toJSON(): { [key: string]: JsonValue }
}

/** A map whose keys are data. Without an item: of plain values. */
export function record<Value extends JsonValue = JsonValue>(): Schema<
  'map',
  TypedRecord<Value>,
  { readonly [key: string]: Value }
>
export function record<Face, Initial>(
  item: Schema<ContainerType, Face, Initial>,
): Schema<'map', NestedRecord<Face, Initial>, { readonly [key: string]: Initial }>
export function record(item?: Schema): Schema<'map'> {
  const plain = leaf<'map', MapContainer, { readonly [key: string]: JsonValue }>(
    'map',
    (document, name) => document.map(name),
    (container, initial) => Object.entries(initial).forEach(([key, value]) => container.set(key, value)),
  )
  return item === undefined ? plain : nested(plain, item)
}

function nested<Face, Initial>(
  plain: Schema<'map', MapContainer>,
  item: Schema<ContainerType, Face, Initial>,
): Schema<'map', NestedRecord<Face, Initial>, { readonly [key: string]: Initial }> {
  return {
    type: plain.type,
    root: plain.root,
    face: (document, container) => new RecordFace(document, container as MapContainer, item),
    fill: (face, initial = {}) => Object.entries(initial).forEach(([key, one]) => face.create(key, one)),
  }
}

class RecordFace<Face, Initial> implements NestedRecord<Face, Initial> {
  readonly container: MapContainer
  readonly #document: Document
  readonly #item: Schema<ContainerType, Face, Initial>

  constructor(document: Document, container: MapContainer, item: Schema<ContainerType, Face, Initial>) {
    this.container = container
    this.#document = document
    this.#item = item
  }

  get size(): number {
    return this.container.size
  }

  create(key: string, initial?: Initial): Face {
    const { container } = this
    return createNested(this.#item, this.#document, () => container.create(key, this.#item.type), initial)
  }

  get(key: string): Face | undefined {
    return openNested(this.#item, this.#document, this.container, key, this.container.get(key))
  }

  has(key: string): boolean {
    return this.container.has(key)
  }

  delete(key: string): boolean {
    return this.container.delete(key)
  }

  keys(): string[] {
    return this.container.keys()
  }

  entries(): (readonly [string, Face])[] {
    return this.keys().map((key) => [key, this.get(key) as Face] as const)
  }

  toJSON(): { [key: string]: JsonValue } {
    return this.container.toJSON()
  }

  [Symbol.iterator](): Iterator<readonly [string, Face]> {
    return this.entries()[Symbol.iterator]()
  }
}
