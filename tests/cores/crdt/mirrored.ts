import { expect } from 'vitest'
import { isContainer, type Container, type Content, type Document, type JsonValue } from '../../../crdt/index.ts'
import { label, type DocumentMirror } from './document-mirror.ts'

/** Expects the mirror to know of every root that `editRandomly` edits what the document holds. */
export function expectMirrored(mirror: DocumentMirror | undefined, document: Document): void {
  for (const root of roots(document)) {
    const heard = mirror?.read(root.id)
    if (heard !== undefined) expect([root.id, heard]).toEqual([root.id, read(root)])
    else expect([[], '', 0, null]).toContainEqual(read(root))
  }
}

function read(content: Content): JsonValue {
  if (!isContainer(content)) return content
  if (content.type === 'list') return content.toArray().map(read)
  if (content.type === 'map') return content.entries().map(([key, value]) => [key, read(value)])
  if (content.type === 'tree') {
    const nodes = content.nodes()
    return nodes.map((id) => ({ id, parent: content.parent(id) ?? null, data: read(content.data(id) as Content) }))
  }
  if (content.type === 'set' || content.type === 'remove-wins-set') return content.values().map(label).sort()
  return content.toJSON()
}

function roots(document: Document): Container[] {
  return [
    document.text('text'),
    document.list('list'),
    document.map('map'),
    document.counter('counter'),
    document.set('set'),
    document.register('register'),
    document.multiValueRegister('values'),
    document.tree('tree'),
    document.removeWinsSet('shy'),
    document.growOnlyCounter('views'),
  ]
}
