import { expect, test } from 'vitest'
import { createDocument, type Document, type DocumentEvent } from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { DocumentMirror } from './document-mirror.ts'
import { expectMirrored } from './mirrored.ts'
import { editRandomly } from './random-edits.ts'

test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
  'a mirror that only hears events equals the document (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const documents = ['a', 'b', 'c'].map((replica) => createDocument({ replica }))
    const mirrors = documents.map((document) => {
      const mirror = new DocumentMirror()
      document.subscribe((event) => mirror.hear(event))
      return mirror
    })
    for (let step = 0; step < 60; step++) {
      const document = documents[integer(random, 3)] as Document
      const other = documents[integer(random, 3)] as Document
      if (integer(random, 3) === 0) document.merge(other.changesSince(document.version))
      else editRandomly(document, random)
    }
    for (const [index, document] of documents.entries()) expectMirrored(mirrors[index], document)
  },
)

test('a delta of very many places is told as one replaced range', () => {
  const writer = createDocument({ replica: 'writer' })
  const text = writer.text('text')
  text.insert(0, '.'.repeat(10_000))
  const reader = createDocument({ replica: 'reader' })
  const mirror = new DocumentMirror()
  reader.subscribe((event) => mirror.hear(event))
  reader.merge(writer.encode())
  for (let index = 100; index < 9_900; index += 3) text.replace(index, 1, 'x')
  const { deltas } = reader.merge(writer.changesSince(reader.version))
  expect(deltas).toHaveLength(1)
  expect(deltas[0]).toMatchObject({ type: 'text', delta: [{ retain: 100 }, {}, {}] })
  expect(mirror.read(text.id)).toBe(text.toString())
})

function hear(document: Document): DocumentEvent[] {
  const events: DocumentEvent[] = []
  document.subscribe((event) => void events.push(event))
  return events
}

test('a transaction is one change and one event, with its author', () => {
  const document = createDocument({ replica: 'ada', now: () => 1234.4 })
  const events = hear(document)
  document.transact(() => {
    document.text('body').insert(0, 'hello world')
    document.text('body').delete(0, 6)
    document.transact(() => document.counter('likes').add(2))
  })
  expect(events).toMatchObject([
    {
      type: 'changed',
      origin: 'local',
      changes: [expect.objectContaining({ replica: 'ada', sequence: 0, count: 18, dependencies: [], time: 1234 })],
      replicas: ['ada'],
      deltas: [
        { type: 'text', container: document.text('body'), delta: [{ insert: 'world' }] },
        { type: 'counter', container: document.counter('likes'), old: 0, new: 2 },
      ],
    },
  ])
})

test('what comes from others names them all, and is what merge returns', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((replica) => createDocument({ replica })) as [Document, Document, Document]
  b.set('tags').add('b')
  a.set('tags').add('a')
  c.merge(b.encode())
  c.merge(a.encode())
  const reader = createDocument()
  const events = hear(reader)
  const visible = reader.merge(c.encode())
  expect(visible.replicas).toEqual(['a', 'b'])
  expect(events).toEqual([{ type: 'changed', origin: 'remote', ...visible }])
})

test('a change without lasting effect is an event without deltas; a transaction without edits is none', () => {
  const document = createDocument()
  const events = hear(document)
  document.transact(() => undefined)
  expect(events).toEqual([])
  document.transact(() => {
    document.text('body').insert(0, 'x')
    document.text('body').delete(0, 1)
  })
  expect(events).toMatchObject([{ type: 'changed', deltas: [], changes: [{ count: 2 }] }])
})

test('an edit made by a listener is told after the event that caused it, to everybody in the same order', () => {
  const document = createDocument()
  const text = document.text('body')
  const first: number[] = []
  const second: number[] = []
  document.subscribe((event) => {
    if (event.type === 'changed') first.push(...event.changes.map(({ sequence }) => sequence))
    if (text.length < 3) text.insert(text.length, 'x')
  })
  document.subscribe((event) => {
    if (event.type === 'changed') second.push(...event.changes.map(({ sequence }) => sequence))
  })
  text.insert(0, 'x')
  expect(first).toEqual([0, 1, 2])
  expect(second).toEqual([0, 1, 2])
})

test('a listener that throws silences nobody, and the edit stands', () => {
  const document = createDocument()
  document.subscribe(() => {
    throw new Error('from a listener')
  })
  const events = hear(document)
  expect(() => document.counter('likes').add(1)).toThrow('from a listener')
  expect(document.counter('likes').value).toBe(1)
  expect(events).toHaveLength(1)
})

test('a subscription ends with its signal', () => {
  const document = createDocument()
  const control = new AbortController()
  let told = 0
  document.subscribe(() => void told++, { signal: control.signal })
  document.counter('likes').add(1)
  control.abort()
  document.counter('likes').add(1)
  expect(told).toBe(1)
})

test('a key that goes from −0 to 0 is told of', () => {
  const document = createDocument({ replica: 'a' })
  const told: unknown[] = []
  document.subscribe((event) => {
    if (event.type !== 'changed') return
    for (const delta of event.deltas) if (delta.type === 'map') told.push(delta.keys.get('k'))
  })
  document.map('m').set('k', -0)
  document.map('m').set('k', 0)
  expect(told).toEqual([
    { old: undefined, new: -0 },
    { old: -0, new: 0 },
  ])
})

test('what a listener throws reaches whoever edited, also when the listener has just unsubscribed', () => {
  const document = createDocument()
  const control = new AbortController()
  document.subscribe(
    () => {
      control.abort()
      throw new Error('enough')
    },
    { signal: control.signal },
  )
  expect(() => document.text('body').insert(0, 'a')).toThrow('enough')
  document.text('body').insert(1, 'b')
  expect(document.text('body').toString()).toBe('ab')
})
