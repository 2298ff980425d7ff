import type { Document } from '../document.ts'
import type { MapShape } from './map.ts'
import type { FaceOf } from './schema.ts'

/** The root containers of a document, each under its name. */
export type TypedDocument<Shape extends MapShape> = { readonly [Name in keyof Shape]: FaceOf<Shape[Name]> }

export interface DocumentSchema<Shape extends MapShape> {
  /**
   * Sees a document through the schema. Opening writes nothing, and may be done any number of times.
   *
   * @throws ContainerTypeError when the document has one of the names as another type
   */
  open(document: Document): TypedDocument<Shape>
}

/**
 * Says what the root containers of a document are and hold, so that the compiler knows:
 *
 * ```ts
 * const Notes = defineDocument({ title: register<string>(), todo: list(map({ done: register<boolean>() })) })
 * const notes = Notes.open(doc)
 * notes.title.set('Notes')
 * notes.todo.push({ done: false }).set('done', true)
 * ```
 *
 * Containers of another type than the schema says are refused. Plain values are not looked into: their types are what
 * all who write promise each other.
 */
export function defineDocument<Shape extends MapShape>(shape: Shape): DocumentSchema<Shape> {
  return {
    open: (document) =>
      Object.fromEntries(
        Object.entries(shape).map(([name, schema]) => [name, schema.face(document, schema.root(document, name))]),
      ) as TypedDocument<Shape>,
  }
}
