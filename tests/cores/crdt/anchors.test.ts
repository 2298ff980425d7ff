import { expect, test } from 'vitest'
import {
  createDocument,
  loadDocument,
  replicaId,
  type Anchor,
  type ContainerId,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'

test('an anchor keeps to its character', () => {
  const document = createDocument()
  const text = document.text('t')
  text.insert(0, 'hello world')
  const before = document.anchor(text, 6, 'before')
  const after = document.anchor(text, 6, 'after')
  expect([document.resolve(before), document.resolve(after)]).toEqual([6, 6])
  text.insert(6, 'big ')
  expect([document.resolve(before), document.resolve(after)]).toEqual([10, 6])
  text.insert(0, '> ')
  expect([document.resolve(before), document.resolve(after)]).toEqual([12, 8])
  text.delete(2, 4)
  expect([document.resolve(before), document.resolve(after)]).toEqual([8, 4])
})

test('where the character is deleted the anchor stays at the gap', () => {
  const document = createDocument()
  const text = document.text('t')
  text.insert(0, 'abcdef')
  const before = document.anchor(text, 3, 'before')
  const after = document.anchor(text, 3, 'after')
  text.delete(1, 4)
  expect([document.resolve(before), document.resolve(after)]).toEqual([1, 1])
  text.insert(0, 'xx')
  expect([document.resolve(before), document.resolve(after)]).toEqual([3, 3])
})

test('anchors at the ends keep to the ends', () => {
  const document = createDocument()
  const text = document.text('t')
  const start = document.anchor(text, 0, 'after')
  const end = document.anchor(text, 0, 'before')
  text.insert(0, 'abc')
  expect([document.resolve(start), document.resolve(end)]).toEqual([0, 3])
  text.insert(0, '<')
  text.insert(4, '>')
  expect([document.resolve(start), document.resolve(end)]).toEqual([0, 5])
})

test('an anchor of a list keeps to its item', () => {
  const document = createDocument()
  const list = document.list('l')
  list.push('a', 'b', 'c')
  const anchor = document.anchor(list, 1, 'before')
  list.insert(0, 'x', 'y')
  expect(list.get(document.resolve(anchor) as number)).toBe('b')
})

test('an anchor can be made and resolved inside a transaction, at what it has just typed', () => {
  const document = createDocument({ replica: 'a' })
  const text = document.text('t')
  text.insert(0, 'old')
  const anchor = document.transact(() => {
    text.insert(3, 'new')
    const made = document.anchor(text, 4, 'before')
    text.insert(0, '>>')
    expect(document.resolve(made)).toBe(6)
    return made
  })
  expect(anchor.character).toEqual({ replica: 'a', sequence: 4 })
  expect(document.resolve(anchor)).toBe(6)
  expect(loadDocument(document.encode()).resolve(anchor)).toBe(6)
})

test('an anchor whose character or container is not here cannot be resolved, and harms nothing', () => {
  const document = createDocument({ replica: 'a' })
  document.text('t').insert(0, 'abc')
  document.text('t').delete(1, 1)
  document.counter('c').add(1)
  const id = document.text('t').id
  const unknown: readonly Anchor[] = [
    { container: id, side: 'before', character: { replica: replicaId('b'), sequence: 0 } },
    { container: id, side: 'before', character: { replica: replicaId('a'), sequence: 99 } },
    { container: id, side: 'before', character: { replica: replicaId('a'), sequence: 3 } },
    { container: id, side: 'before', character: { replica: replicaId('a'), sequence: 4 } },
    { container: 'text/other' as ContainerId, side: 'before', character: undefined },
    { container: document.counter('c').id, side: 'before', character: undefined },
  ]
  for (const anchor of unknown) expect(document.resolve(anchor)).toBeUndefined()
  expect(document.resolve({ container: id, side: 'before', character: undefined })).toBe(2)
  expect(() => document.anchor(createDocument().text('t'), 0, 'before')).toThrow(TypeError)
})

test.each(Array.from({ length: 25 }, (_, index) => index + 1))(
  'an anchor stands before the same character on every replica, whoever edits (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const documents = ['a', 'b', 'c'].map((replica) => createDocument({ replica }))
    const anchors: { readonly anchor: Anchor; readonly character: string }[] = []
    let next = 0x4e00
    for (let step = 0; step < 80; step++) {
      const document = documents[integer(random, 3)] as Document
      const text = document.text('t')
      const choice = integer(random, 10)
      if (choice < 4) text.insert(integer(random, text.length + 1), String.fromCharCode(next++, next++))
      else if (choice < 5 && text.length > 0) text.delete(integer(random, text.length), 1)
      else if (choice < 8) document.merge((documents[integer(random, 3)] as Document).changesSince(document.version))
      else if (text.length > 0) {
        const index = integer(random, text.length)
        anchors.push({ anchor: document.anchor(text, index, 'before'), character: text.toString().charAt(index) })
      }
    }
    for (const from of documents) for (const to of documents) to.merge(from.encode())
    for (const from of documents) for (const to of documents) to.merge(from.encode())
    const fresh = createDocument()
    fresh.merge((documents[0] as Document).encode())
    for (const { anchor, character } of anchors) {
      const places = [...documents, fresh].map((document) => document.resolve(anchor))
      expect(new Set(places).size).toBe(1)
      const found = fresh.text('t').toString().indexOf(character)
      if (found !== -1) expect(places[0]).toBe(found)
    }
  },
)
