import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  ContainerTypeError,
  createDocument,
  isContainer,
  isReplicaId,
  limits,
  loadDocument,
  ValueTooLargeError,
  type Document,
  type JsonValue,
} from '../../../crdt/index.ts'

const hostileKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  '0',
  '-1',
  '🙂',
  '\u0000',
]

function copyOf(document: Document): Document {
  return loadDocument(document.encode())
}

test.each(hostileKeys)('the key %j is only a key', (key) => {
  const document = createDocument()
  const map = document.map('map')
  expect(map.get(key)).toBeUndefined()
  expect(map.has(key)).toBe(false)
  map.set(key, 'value')
  expect(map.get(key)).toBe('value')
  const copy = copyOf(document).map('map')
  expect(copy.entries()).toEqual([[key, 'value']])
  expect(Object.keys(copy.toJSON())).toEqual([key])
  expect(Object.getPrototypeOf(copy.toJSON())).toBe(Object.prototype)
  expect(map.delete(key)).toBe(true)
  expect(map.size).toBe(0)
})

test.each(hostileKeys)('%j is only a member of a value, and a name of a container', (key) => {
  const document = createDocument()
  const value = JSON.parse(`{${JSON.stringify(key)}: {"polluted": true}}`) as JsonValue
  document.register(key).set(value)
  const copy = copyOf(document)
  expect(JSON.stringify(copy.register(key).get())).toBe(JSON.stringify(value))
  expect(Object.keys(copy.toJSON())).toEqual([key])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('all of that holds where the prototype cannot be assigned at all', () => {
  const script = `
    const { createDocument, loadDocument } = await import(${JSON.stringify(join(import.meta.dirname, '../../../crdt/index.ts'))})
    const document = createDocument()
    document.map('__proto__').set('__proto__', JSON.parse('{"__proto__": {"a": 1}}'))
    document.set('constructor').add('__proto__')
    console.log(JSON.stringify(loadDocument(document.encode())))`
  const output = execFileSync(process.execPath, ['--disable-proto=throw', '--input-type=module', '-e', script])
  expect(output.toString().trim()).toBe('{"__proto__":{"__proto__":{"__proto__":{"a":1}}},"constructor":["__proto__"]}')
})

const exact: readonly JsonValue[] = [
  null,
  false,
  0,
  -0,
  1,
  -1,
  2 ** 53 - 1,
  -(2 ** 53 - 1),
  2 ** 53,
  1e308,
  5e-324,
  0.1,
  '',
  'a\u0000b',
  '🙂',
  '\ufeffbom',
  [],
  {},
  [[[]]],
  { b: 1, a: [{}, null] },
]

test.each(exact.map((value) => [value]))('%j is kept exactly', (value) => {
  const document = createDocument()
  document.register('value').set(value)
  document.set('values').add(value)
  const copy = copyOf(document)
  expect(copy.register('value').get()).toEqual(value)
  expect(Object.is(copy.register('value').get(), -0)).toBe(Object.is(value, -0))
  expect(copy.set('values').has(value)).toBe(true)
})

class Point {
  readonly x = 1
}

const circle: unknown[] = []
circle.push(circle)

const refused: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['a lone high surrogate', '\ud83d'],
  ['a lone low surrogate in a value', ['a\ude42b']],
  ['a lone surrogate in a key', { '\ud83d': 1 }],
  ['a bigint', 1n],
  ['a symbol', Symbol('x')],
  ['a function', () => 1],
  ['a Date', new Date(0)],
  ['a Map', new Map()],
  ['an instance', new Point()],
  ['bytes', new Uint8Array(1)],
  ['a member that is undefined', { a: undefined }],
  ['a hole', Array.from({ length: 2 }).with(0, 1)],
  ['a circle', circle],
  ['nesting of 10,000', JSON.parse('['.repeat(10_000) + ']'.repeat(10_000))],
]

test.each(refused)('%s is refused, and nothing happens', (_name, value) => {
  const document = createDocument()
  const bad = value as JsonValue
  expect(() => document.register('r').set(bad)).toThrow(TypeError)
  expect(() => document.multiValueRegister('v').set(bad)).toThrow(TypeError)
  expect(() => document.map('m').set('k', bad)).toThrow(TypeError)
  expect(() => document.list('l').insert(0, 1, bad)).toThrow(TypeError)
  expect(() => document.set('s').add(bad)).toThrow(TypeError)
  expect(document.statistics.changes).toBe(0)
  expect(document.toJSON()).toEqual({})
})

test('values are copied and frozen: nobody changes a document behind its back', () => {
  const document = createDocument()
  const value = { list: [1] }
  document.register('value').set(value)
  value.list.push(2)
  const kept = document.register('value').get() as { list: number[] }
  expect(kept).toEqual({ list: [1] })
  expect(() => kept.list.push(3)).toThrow(TypeError)
})

test('an object from elsewhere with no prototype is as good as any', () => {
  const document = createDocument()
  document.register('value').set(Object.assign(Object.create(null) as object, { a: 1 }))
  expect(document.register('value').get()).toEqual({ a: 1 })
})

test('a value above 1 MiB, and a key or name above 4 KiB, are refused', () => {
  const document = createDocument()
  document.register('value').set('x'.repeat(limits.valueBytes - 4))
  expect(() => document.register('value').set('x'.repeat(limits.valueBytes))).toThrow(ValueTooLargeError)
  expect(() => document.register('value').set(Array.from({ length: 600_000 }, () => 1))).toThrow(ValueTooLargeError)
  document.map('map').set('k'.repeat(limits.nameBytes), 1)
  expect(() => document.map('map').set('k'.repeat(limits.nameBytes + 1), 1)).toThrow(ValueTooLargeError)
  expect(() => document.map('map').set('é'.repeat(limits.nameBytes - 1), 1)).toThrow(ValueTooLargeError)
  expect(() => document.text('n'.repeat(limits.nameBytes + 1))).toThrow(ValueTooLargeError)
  expect(() => document.map('map').set('\ud800', 1)).toThrow(TypeError)
  expect(() => document.text('\ud800')).toThrow(TypeError)
  expect(copyOf(document).toJSON()).toEqual(document.toJSON())
})

test('a name that stands for one type is refused as another, until peers have given it both', () => {
  const a = createDocument({ replica: 'a' })
  const b = createDocument({ replica: 'b' })
  a.text('thing').insert(0, 'text')
  expect(() => a.map('thing')).toThrow(ContainerTypeError)
  expect(() => a.map('thing')).toThrow(/"thing" as a map: this document has it as a text/)
  b.map('thing').set('k', 1)
  a.merge(b.encode())
  expect(a.text('thing').toString()).toBe('text')
  expect(a.map('thing').get('k')).toBe(1)
  expect(() => a.list('thing')).toThrow(ContainerTypeError)
  expect(a.toJSON()).toEqual({ 'thing:map': { k: 1 }, 'thing:text': 'text' })
})

test('a container that nobody wrote to is no content', () => {
  const document = createDocument()
  expect(document.text('body').toString()).toBe('')
  expect(document.toJSON()).toEqual({})
  expect(document.encode()).toEqual(createDocument().encode())
})

test('a counter counts exactly however far it goes, and refuses what is no safe integer', () => {
  const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica })) as [Document, Document]
  const most = Number.MAX_SAFE_INTEGER
  for (const amount of [most, most, 1, 1]) a.counter('count').add(amount)
  for (const amount of [-most, -most, -1]) b.counter('count').add(amount)
  const copies = [createDocument(), createDocument()] as const
  copies[0].merge(a.encode())
  copies[0].merge(b.encode())
  copies[1].merge(b.encode())
  copies[1].merge(a.encode())
  for (const copy of copies) expect(copy.counter('count').value).toBe(1)
  for (const amount of [Number.NaN, Infinity, 0.5, 2 ** 53, '1' as unknown as number]) {
    expect(() => a.counter('count').add(amount)).toThrow(RangeError)
  }
})

test('a replica id is 1 to 64 printable ASCII characters', () => {
  for (const id of ['', ' ', 'a b', 'é', 'x'.repeat(65), 'a\n', '\u007f']) {
    expect(() => createDocument({ replica: id })).toThrow(RangeError)
  }
  for (const id of ['a', '~', '!', 'x'.repeat(64)]) expect(createDocument({ replica: id }).replica).toBe(id)
  const chosen = new Set(Array.from({ length: 100 }, () => createDocument().replica))
  expect(chosen.size).toBe(100)
  for (const id of chosen) expect(isReplicaId(id)).toBe(true)
})

test('containers nest, are told from values, and are found by their id everywhere', () => {
  const document = createDocument({ replica: 'a' })
  const tasks = document.map('project').create('tasks', 'list')
  const first = tasks.create(0, 'map')
  first.set('title', 'milk')
  first.create('notes', 'text').insert(0, 'two litres')
  expect(document.toJSON()).toEqual({ project: { tasks: [{ title: 'milk', notes: 'two litres' }] } })
  expect(isContainer(tasks.get(0))).toBe(true)
  expect(isContainer(first.get('title'))).toBe(false)
  expect(isContainer({ type: 'map', id: 'map/x', toJSON: null })).toBe(false)
  const copy = copyOf(document)
  expect(copy.container(first.id)?.toJSON()).toEqual(first.toJSON())
  expect(copy.container(document.map('project').id)?.type).toBe('map')
})

test('what is written to a container that was deleted meanwhile shows nowhere and harms nobody', () => {
  const a = createDocument({ replica: 'a' })
  const notes = a.map('map').create('notes', 'text')
  const b = loadDocument(a.encode(), { replica: 'b' })
  a.map('map').delete('notes')
  const theirs = b.map('map').get('notes')
  if (!isContainer(theirs) || theirs.type !== 'text') throw new Error('the text is missing')
  theirs.insert(0, 'late')
  a.merge(b.encode())
  b.merge(a.encode())
  expect(a.toJSON()).toEqual({ map: {} })
  expect(b.toJSON()).toEqual({ map: {} })
  expect(notes.toString()).toBe('late')
})
