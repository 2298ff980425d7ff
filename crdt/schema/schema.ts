import { isContainer, type Container, type ContainerType, type Content } from '../container.ts'
import type { Document } from '../document.ts'
import { ContainerTypeError } from '../errors.ts'

/**
 * What a container is and holds. `Face` is what one works with who uses the schema: the container itself under
 * narrower types, or, where containers are nested in it, an object in front of it. `Initial` is what a new one may be
 * filled with. Plain data and functions: a schema that is not used leaves nothing in a bundle.
 */
export interface Schema<Type extends ContainerType = ContainerType, Face = unknown, Initial = unknown> {
  readonly type: Type
  /** The root container of that name. @throws ContainerTypeError when the name has another type in the document */
  readonly root: (document: Document, name: string) => Container
  /** @param container one of this schema's type */
  face(document: Document, container: Container): Face
  /** Makes of a new container what was asked for, in the transaction that created it. */
  fill(face: Face, initial: Initial | undefined): void
}

export type FaceOf<Of extends Schema> = Of extends Schema<ContainerType, infer Face> ? Face : never
export type InitialOf<Of extends Schema> = Of extends Schema<ContainerType, unknown, infer Initial> ? Initial : never

/** A container under a key or index, through its schema. @throws ContainerTypeError when something else is there */
export function openNested<Face, Initial>(
  schema: Schema<ContainerType, Face, Initial>,
  document: Document,
  parent: Container,
  place: string | number,
  content: Content | undefined,
): Face | undefined {
  if (content === undefined) return undefined
  if (isContainer(content) && content.type === schema.type) return schema.face(document, content)
  throw unlike(schema, parent, place, content)
}

/** Creates a container and all that its schema says is in it, as one change. */
export function createNested<Face, Initial>(
  schema: Schema<ContainerType, Face, Initial>,
  document: Document,
  create: () => Container,
  initial: Initial | undefined,
): Face {
  return document.transact(() => {
    const face = schema.face(document, create())
    schema.fill(face, initial)
    return face
  })
}

export function unlike(
  schema: Schema,
  parent: Container,
  place: string | number,
  content: Content,
): ContainerTypeError {
  return new ContainerTypeError(
    `${parent.id}/${place}`,
    schema.type,
    isContainer(content) ? content.type : 'plain value',
  )
}
