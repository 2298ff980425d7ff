import type { MapContainer, TreeContainer, TreeNodeId } from '../container.ts'
import type { Document } from '../document.ts'
import type { JsonValue } from '../json-value.ts'
import { leaf } from './leaves.ts'
import type { Schema } from './schema.ts'

/** A tree whose nodes all hold the same: see `TreeContainer`. */
export interface TypedTree<Face, Initial> extends Iterable<TreeNodeId> {
  readonly container: TreeContainer
  readonly size: number
  create(parent?: TreeNodeId, index?: number, initial?: Initial): TreeNodeId
  move(node: TreeNodeId, parent: TreeNodeId | undefined, index?: number): void
  delete(node: TreeNodeId): boolean
  has(node: TreeNodeId): boolean
  parent(node: TreeNodeId): TreeNodeId | undefined
  roots(): TreeNodeId[]
  children(parent: TreeNodeId): TreeNodeId[]
  data(node: TreeNodeId): Face | undefined
  nodes(): TreeNodeId[]
  toJSON(): JsonValue[]
}

/** @param data what each node holds, a `map` or `record`. Left out: any map */
export function tree(): Schema<'tree', TreeContainer, never>
export function tree<Face, Initial>(data: Schema<'map', Face, Initial>): Schema<'tree', TypedTree<Face, Initial>, never>
export function tree(data?: Schema<'map'>): Schema<'tree'> {
  const plain = leaf<'tree', TreeContainer, never>(
    'tree',
    (document, name) => document.tree(name),
    () => undefined,
  )
  if (data === undefined) return plain
  return { ...plain, face: (document, container) => new TreeFace(document, container as TreeContainer, data) }
}

class TreeFace<Face, Initial> implements TypedTree<Face, Initial> {
  readonly container: TreeContainer
  readonly #document: Document
  readonly #data: Schema<'map', Face, Initial>

  constructor(document: Document, container: TreeContainer, data: Schema<'map', Face, Initial>) {
    this.container = container
    this.#document = document
    this.#data = data
  }

  get size(): number {
    return this.container.size
  }

  create(parent?: TreeNodeId, index?: number, initial?: Initial): TreeNodeId {
    return this.#document.transact(() => {
      const node = this.container.create(parent, index)
      this.#data.fill(this.data(node) as Face, initial)
      return node
    })
  }

  move(node: TreeNodeId, parent: TreeNodeId | undefined, index?: number): void {
    this.container.move(node, parent, index)
  }

  delete(node: TreeNodeId): boolean {
    return this.container.delete(node)
  }

  has(node: TreeNodeId): boolean {
    return this.container.has(node)
  }

  parent(node: TreeNodeId): TreeNodeId | undefined {
    return this.container.parent(node)
  }

  roots(): TreeNodeId[] {
    return this.container.roots()
  }

  children(parent: TreeNodeId): TreeNodeId[] {
    return this.container.children(parent)
  }

  data(node: TreeNodeId): Face | undefined {
    const held: MapContainer | undefined = this.container.data(node)
    return held && this.#data.face(this.#document, held)
  }

  nodes(): TreeNodeId[] {
    return this.container.nodes()
  }

  toJSON(): JsonValue[] {
    return this.container.toJSON()
  }

  [Symbol.iterator](): Iterator<TreeNodeId> {
    return this.nodes()[Symbol.iterator]()
  }
}
