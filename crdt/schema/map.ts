import { isContainer, type MapContainer } from '../container.ts'
import type { Document } from '../document.ts'
import type { JsonValue } from '../json-value.ts'
import { createNested, openNested, unlike, type FaceOf, type InitialOf, type Schema } from './schema.ts'

/** For each key its schema. A register is the key itself, which goes by the same rule and needs no creation. */
export type MapShape = { readonly [key: string]: Schema }

/** The keys that hold plain values. */
type ValueKey<Shape extends MapShape> = {
  [Key in keyof Shape & string]: Shape[Key]['type'] extends 'register' ? Key : never
}[keyof Shape & string]

/** The keys that hold containers. */
type NestedKey<Shape extends MapShape> = Exclude<keyof Shape & string, ValueKey<Shape>>

/** What is found under a key. */
type Held<Of extends Schema> = Of['type'] extends 'register' ? InitialOf<Of> : FaceOf<Of>

/** What a new map may be filled with. Containers that are left out are created empty, so that they are there for all. */
export type MapInitial<Shape extends MapShape> = { readonly [Key in keyof Shape]?: InitialOf<Shape[Key]> }

/**
 * A map of known keys. Where something else is found than the schema says, reading throws ContainerTypeError;
 * `container` reaches it nevertheless.
 */
export interface TypedMap<Shape extends MapShape> {
  readonly container: MapContainer
  get<Key extends keyof Shape & string>(key: Key): Held<Shape[Key]> | undefined
  set<Key extends ValueKey<Shape>>(key: Key, value: InitialOf<Shape[Key]>): void
  /**
   * Sets the key to a new container. A map that was itself created by its schema has all of its containers already; in
   * a root map create before sharing, since of two created at once only one stands.
   */
  create<Key extends NestedKey<Shape>>(key: Key, initial?: InitialOf<Shape[Key]>): FaceOf<Shape[Key]>
  has(key: keyof Shape & string): boolean
  delete(key: keyof Shape & string): boolean
  toJSON(): { [key: string]: JsonValue }
}

export function map<Shape extends MapShape>(shape: Shape): Schema<'map', TypedMap<Shape>, MapInitial<Shape>> {
  return {
    type: 'map',
    root: (document, name) => document.map(name),
    face: (document, container) => new MapFace(document, container as MapContainer, shape),
    fill(face, initial) {
      for (const [key, schema] of Object.entries(shape)) {
        const value = initial !== undefined && Object.hasOwn(initial, key) ? initial[key] : undefined
        if (schema.type !== 'register') face.create(key as never, value)
        else if (value !== undefined) face.set(key as never, value)
      }
    },
  }
}

class MapFace<Shape extends MapShape> implements TypedMap<Shape> {
  readonly container: MapContainer
  readonly #document: Document
  readonly #shape: Shape

  constructor(document: Document, container: MapContainer, shape: Shape) {
    this.container = container
    this.#document = document
    this.#shape = shape
  }

  get<Key extends keyof Shape & string>(key: Key): Held<Shape[Key]> | undefined {
    const { container } = this
    const content = container.get(key)
    const schema = this.#schemaOf(key)
    if (schema.type !== 'register') {
      return openNested(schema, this.#document, container, key, content) as Held<Shape[Key]> | undefined
    }
    if (isContainer(content)) throw unlike(schema, container, key, content)
    return content as Held<Shape[Key]> | undefined
  }

  set<Key extends ValueKey<Shape>>(key: Key, value: InitialOf<Shape[Key]>): void {
    const { type } = this.#schemaOf(key)
    if (type !== 'register') throw new TypeError(`Cannot set ${JSON.stringify(key)}: the schema has a ${type} there`)
    this.container.set(key, value as JsonValue)
  }

  create<Key extends NestedKey<Shape>>(key: Key, initial?: InitialOf<Shape[Key]>): FaceOf<Shape[Key]> {
    const schema = this.#schemaOf(key) as Schema<Schema['type'], FaceOf<Shape[Key]>, InitialOf<Shape[Key]>>
    const { container } = this
    return createNested(schema, this.#document, () => container.create(key, schema.type), initial)
  }

  has(key: keyof Shape & string): boolean {
    return this.container.has(key)
  }

  delete(key: keyof Shape & string): boolean {
    return this.container.delete(key)
  }

  toJSON(): { [key: string]: JsonValue } {
    return this.container.toJSON()
  }

  /** Those without the compiler's guard are told as well. */
  #schemaOf(key: string): Schema {
    const schema = Object.hasOwn(this.#shape, key) ? this.#shape[key] : undefined
    if (schema === undefined) throw new TypeError(`Cannot use the key ${JSON.stringify(key)}: the schema has none such`)
    return schema
  }
}
