import { describe, expect, test } from 'vitest'
import {
  createDocument,
  isContainer,
  loadDocument,
  undoManager,
  type Container,
  type ContainerType,
  type Document,
  type JsonValue,
  type UndoManager,
  type UndoStep,
} from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { DocumentMirror } from './document-mirror.ts'
import { editRandomly } from './random-edits.ts'

const seeds = Array.from({ length: figure('groups', 60, 2000) }, (_, index) => index + 1)

/** All that can be undone: everything but counters that only grow. @param without nor containers of this type */
function contentOf(document: Document, without?: ContainerType): JsonValue {
  const roots: readonly Container[] = [
    document.text('text'),
    document.list('list'),
    document.map('map'),
    document.counter('counter'),
    document.set('set'),
    document.register('register'),
    document.multiValueRegister('values'),
    document.tree('tree'),
    document.removeWinsSet('shy'),
  ]
  return roots.map((root) => plain(root, without))
}

function plain(value: unknown, without: ContainerType | undefined): JsonValue {
  if (!isContainer(value)) return value as JsonValue
  if (value.type === without) return 0
  switch (value.type) {
    case 'grow-only-counter':
      return 0
    case 'list':
      return value.toArray().map((content) => plain(content, without))
    case 'map':
      return value.entries().map(([key, content]) => [key, plain(content, without)])
    case 'tree':
      return value.nodes().map((node) => [node, value.parent(node) ?? null, plain(value.data(node), without)])
    default:
      return value.toJSON()
  }
}

function exchange(...documents: readonly Document[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of documents) for (const to of documents) to.merge(from.changesSince(to.version))
  }
}

describe('a document that one edits alone', () => {
  test.each(seeds)('is undone and redone step by step, in any container, to what it was (seed %i)', (seed) => {
    const random = createRandom(seed)
    const document = createDocument({ replica: 'a' })
    for (let count = integer(random, 20); count > 0; count--) editRandomly(document, random)
    const manager = undoManager(document)
    let state = contentOf(document)
    manager.subscribe(({ type, step }) => {
      if (type === 'added') step?.meta.set('before', state)
      if (type === 'added' || type === 'extended') step?.meta.set('after', (state = contentOf(document)))
      else expect(contentOf(document)).toEqual(step?.meta.get(type === 'undone' ? 'before' : 'after'))
    })
    for (let count = 0; count < 30; count++) {
      const choice = integer(random, 8)
      if (choice === 0) manager.undo()
      else if (choice === 1) manager.redo()
      else if (choice === 2) manager.group(() => [editRandomly(document, random), editRandomly(document, random)])
      else editRandomly(document, random)
      state = contentOf(document)
    }
    while (manager.redo());
    state = contentOf(document)
    for (let round = 0; round < 2; round++) {
      while (manager.undo());
      while (manager.redo());
    }
    expect(contentOf(document)).toEqual(state)
    expect(contentOf(loadDocument(document.encode()))).toEqual(state)
  })
})

/** Types and deletes characters of which there is only one each, so that it is known whose they are. */
class Typist {
  readonly document: Document
  readonly typed = new Set<string>()
  readonly deleted = new Set<string>()

  constructor(replica: string) {
    this.document = createDocument({ replica })
  }

  edit(random: Random, fresh: () => string): void {
    const text = this.document.text('t')
    const index = integer(random, text.length + 1)
    if (integer(random, 2) === 0) {
      const characters = Array.from({ length: 1 + integer(random, 3) }, fresh)
      for (const character of characters) this.typed.add(character)
      text.insert(index, characters.join(''))
    } else {
      const count = Math.min(integer(random, 5), text.length - index)
      for (const character of text.slice(index, index + count).split('')) this.deleted.add(character)
      text.delete(index, count)
    }
  }
}

function typists(): { readonly a: Typist; readonly b: Typist; readonly c: Typist; readonly fresh: () => string } {
  let next = 0x4e00
  const fresh = (): string => String.fromCharCode(next++)
  return { a: new Typist('a'), b: new Typist('b'), c: new Typist('c'), fresh }
}

describe('what several write at once', () => {
  test.each(seeds)('is without one of them exactly what the others have written and left (seed %i)', (seed) => {
    const random = createRandom(seed)
    const { a, b, c, fresh } = typists()
    const all = [a, b, c]
    const first = Array.from({ length: 12 }, fresh).join('')
    b.document.text('t').insert(0, first)
    exchange(...all.map(({ document }) => document))
    const manager = undoManager(a.document)
    for (let round = 0; round < 60; round++) {
      const one = all[integer(random, 3)] as Typist
      const other = all[integer(random, 3)] as Typist
      const choice = integer(random, 9)
      if (choice < 3) one.document.merge(other.document.changesSince(one.document.version))
      else if (choice < 5 && one === a) manager.group(() => [a.edit(random, fresh), a.edit(random, fresh)])
      else one.edit(random, fresh)
    }
    exchange(...all.map(({ document }) => document))
    while (manager.undo());
    const left = a.document.text('t').toString().split('')
    const theirs = [...first.split(''), ...b.typed, ...c.typed].filter(
      (one) => !b.deleted.has(one) && !c.deleted.has(one),
    )
    expect(left.slice().sort()).toEqual(theirs.slice().sort())
    // And what was there before stands in its order.
    const old = first.split('').filter((one) => theirs.includes(one))
    expect(left.filter((one) => first.includes(one))).toEqual(old)
    exchange(...all.map(({ document }) => document))
    for (const { document } of all) expect(document.encode()).toEqual(a.document.encode())
  })

  test.each(seeds)('loses and doubles nothing of theirs while one undoes and redoes all the time (seed %i)', (seed) => {
    const random = createRandom(seed)
    const { a, b, c, fresh } = typists()
    const all = [a, b, c]
    const manager = undoManager(a.document)
    for (let round = 0; round < 90; round++) {
      const one = all[integer(random, 3)] as Typist
      const other = all[integer(random, 3)] as Typist
      const choice = integer(random, 6)
      if (choice < 2) one.document.merge(other.document.changesSince(one.document.version))
      else if (one === a && choice === 2) manager.undo()
      else if (one === a && choice === 3) manager.redo()
      else one.edit(random, fresh)
    }
    exchange(...all.map(({ document }) => document))
    while (manager.undo());
    const left = a.document.text('t').toString().split('')
    expect(new Set(left).size).toBe(left.length)
    expect(left.filter((one) => a.typed.has(one))).toEqual([])
    // What others deleted just while it was brought back may be there.
    const theirs = [...b.typed, ...c.typed].filter((one) => !b.deleted.has(one) && !c.deleted.has(one))
    expect(theirs.filter((one) => !left.includes(one))).toEqual([])
  })
})

describe('replicas on which everybody undoes and redoes', () => {
  test.each(seeds)('end equal, in any container, and their events tell what has happened (seed %i)', (seed) => {
    const random = createRandom(seed)
    const documents = ['a', 'B', 'c'].map((replica) => createDocument({ replica }))
    const managers = documents.map((document) => undoManager(document))
    const mirrors = documents.map((document) => {
      const mirror = new DocumentMirror()
      document.subscribe((event) => mirror.hear(event))
      return mirror
    })
    for (let round = 0; round < 70; round++) {
      const index = integer(random, 3)
      const document = documents[index] as Document
      const manager = managers[index] as UndoManager
      const choice = integer(random, 8)
      if (choice < 2) document.merge((documents[integer(random, 3)] as Document).changesSince(document.version))
      else if (choice === 2) manager.undo()
      else if (choice === 3) manager.redo()
      else editRandomly(document, random)
    }
    exchange(...documents)
    const [first] = documents as [Document]
    for (const [index, document] of documents.entries()) {
      expect(document.toJSON()).toEqual(first.toJSON())
      expect(document.encode()).toEqual(first.encode())
      expect(document.statistics.rejected).toBe(0)
      expect(mirrors[index]?.read(document.text('text').id) ?? '').toBe(document.text('text').toString())
      expect(mirrors[index]?.read(document.list('list').id) ?? []).toHaveLength(document.list('list').length)
    }
    expect(loadDocument(first.encode()).toJSON()).toEqual(first.toJSON())
  })

  test.each(seeds)('are what they were when one undoes and redoes, and nobody else edits (seed %i)', (seed) => {
    const random = createRandom(seed)
    const documents = ['a', 'B', 'c'].map((replica) => createDocument({ replica }))
    const [document] = documents as [Document]
    const manager = undoManager(document)
    for (let round = 0; round < 60; round++) {
      const one = documents[integer(random, 3)] as Document
      if (integer(random, 4) === 0) one.merge((documents[integer(random, 3)] as Document).changesSince(one.version))
      else editRandomly(one, random)
    }
    exchange(...documents)
    // Several values that stood in a register at once cannot be put back.
    const read = (): JsonValue => contentOf(document, 'multi-value-register')
    let turned: UndoStep | undefined
    manager.subscribe(({ step }) => {
      turned = step
    })
    const state = read()
    const undone = new Set<UndoStep | undefined>()
    for (let wanted = integer(random, 20); undone.size < wanted && manager.undo();) undone.add(turned)
    const between = read()
    while (manager.canRedo) manager.redo()
    expect(read()).toEqual(state)
    // A step that was about such registers only may be gone by now.
    while (manager.undo() && undone.has(turned));
    if (!undone.has(turned)) manager.redo()
    expect(read()).toEqual(between)
  })
})
