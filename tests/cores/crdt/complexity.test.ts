import { expect, test } from 'vitest'
import { createDocument, decodeChanges, loadDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { changesOf, type AuthoredTransaction } from '../../traces/trace-changes.ts'

// Each of these is done within seconds where the cost of an operation does not grow with what is there, and takes
// minutes where it does: the time that any test may take is the guard.

interface Branch {
  readonly document: Document
  /** What it changed itself. */
  readonly changes: Change[]
}

/** A document that goes on from another's state. */
function branch(base: Document, replica: string): Branch {
  const document = loadDocument(base.encode(), { replica })
  const changes: Change[] = []
  document.subscribe((event) => {
    if (event.type === 'changed' && event.origin === 'local') changes.push(...event.changes)
  })
  return { document, changes }
}

function createBase(text: string): Document {
  const base = createDocument({ replica: 'base' })
  base.text('t').insert(0, text)
  return base
}

function insertAnywhere(document: Document, count: number, letter: string, random: Random): void {
  const text = document.text('t')
  for (let insertion = 0; insertion < count; insertion++) text.insert(integer(random, text.length + 1), letter)
}

function mergeOneByOne(document: Document, changes: Iterable<Change>): void {
  for (const change of changes) document.apply([change])
}

function textOf(document: Document): string {
  return document.text('t').toString()
}

test('two replicas that each insert 50,000 times anywhere hear of each other one insertion at a time', () => {
  const base = createBase('0123456789')
  const random = createRandom(1)
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  insertAnywhere(a.document, 50_000, 'a', random)
  insertAnywhere(b.document, 50_000, 'b', random)
  mergeOneByOne(a.document, b.changes)
  mergeOneByOne(b.document, a.changes)
  expect(textOf(a.document)).toBe(textOf(b.document))
  expect(a.document.text('t').length).toBe(100_010)
})

test('two replicas that type 20,000 characters each, and hear of each one that the other types at once', () => {
  const base = createBase('[|]')
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  for (let key = 0; key < 20_000; key++) {
    a.document.text('t').insert(1 + key, 'a')
    b.document.text('t').insert(b.document.text('t').length - 1, 'b')
    a.document.apply(b.changes.slice(-1))
    b.document.apply(a.changes.slice(-1))
  }
  const expected = `[${'a'.repeat(20_000)}|${'b'.repeat(20_000)}]`
  expect(textOf(a.document) === expected && textOf(b.document) === expected).toBe(true)
})

test('1,540 clients insert at once into one text, and everybody hears of it in one go and one by one', () => {
  const base = createBase('[]')
  const changes = Array.from({ length: 1540 }, (_, client) => {
    const { document, changes: made } = branch(base, `client-${String(client).padStart(4, '0')}`)
    for (let key = 0; key < 5; key++) document.text('t').insert(1 + key, String.fromCharCode(97 + (client % 26)))
    return made
  }).flat()
  const batch = loadDocument(base.encode(), { replica: 'batch' })
  batch.apply(changes)
  const single = loadDocument(base.encode(), { replica: 'single' })
  mergeOneByOne(single, changes)
  expect(textOf(batch)).toHaveLength(2 + 5 * 1540)
  expect(textOf(single)).toBe(textOf(batch))
  expect(textOf(batch).startsWith('[aaaaabbbbbccccc')).toBe(true)
  single.text('t').insert(1, '!')
  expect(single.frontier).toHaveLength(1)
})

test('1,540 clients type at once, and everybody hears a keystroke of each in turn', () => {
  const base = createBase('[]')
  const clients = Array.from({ length: 1540 }, (_, client) => {
    const { document, changes } = branch(base, `client-${String(client).padStart(4, '0')}`)
    for (let key = 0; key < 6; key++) document.text('t').insert(1 + key, String.fromCharCode(97 + (client % 26)))
    return changes
  })
  const reader = loadDocument(base.encode(), { replica: 'reader' })
  for (let key = 0; key < 6; key++) for (const changes of clients) mergeOneByOne(reader, changes.slice(key, key + 1))
  expect(reader.frontier).toHaveLength(1540)
  expect(textOf(reader)).toHaveLength(2 + 6 * 1540)
  expect(textOf(reader).startsWith('[aaaaaabbbbbbcccccc')).toBe(true)
})

test('1,540 clients take turns, each having seen all before, and what they wrote arrives the other way round', () => {
  const turns = Array.from({ length: 1540 }, (_, client): AuthoredTransaction => ({
    parents: client === 0 ? [] : [client - 1],
    replica: `client-${client}`,
    patches: [[client, 0, String.fromCharCode(97 + (client % 26))]],
  }))
  const changes = [...changesOf(turns, 't')]
  const reader = createDocument({ replica: 'reader' })
  for (const change of changes.slice(1).reverse()) reader.apply([change])
  expect(reader.statistics.waiting).toBe(1539)
  reader.apply(changes.slice(0, 1))
  expect(textOf(reader)).toBe(turns.map(({ patches: [patch] }) => patch?.[2]).join(''))
})

test('two replicas type by turns, 20,000 characters each, and hear of each one', () => {
  const base = createBase('')
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  for (let key = 0; key < 20_000; key++) {
    a.document.text('t').insert(2 * key, 'a')
    b.document.apply(a.changes.slice(-1))
    b.document.text('t').insert(2 * key + 1, 'b')
    a.document.apply(b.changes.slice(-1))
  }
  expect(textOf(a.document) === 'ab'.repeat(20_000) && textOf(b.document) === textOf(a.document)).toBe(true)
})

test('two replicas delete the same 50,000 characters at once, from both ends', () => {
  const base = createBase('x'.repeat(50_000))
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  for (let left = 50_000; left > 0; left--) {
    a.document.text('t').delete(left - 1, 1)
    b.document.text('t').delete(0, 1)
  }
  a.document.text('t').insert(0, 'a')
  b.document.text('t').insert(0, 'b')
  mergeOneByOne(a.document, b.changes)
  b.document.apply(a.changes)
  expect([textOf(a.document), textOf(b.document)]).toEqual(['ab', 'ab'])
})

test('three replicas count to 100,000 and hear of each other one step at a time', () => {
  const base = createDocument({ replica: 'base' })
  base.counter('likes').add(0)
  const replicas = ['a', 'b', 'c'].map((replica) => branch(base, replica))
  for (let step = 0; step < 100_000; step++) replicas[step % 3]?.document.counter('likes').add(1)
  const reader = loadDocument(base.encode(), { replica: 'reader' })
  for (let step = 0; step < 33_334; step++) {
    for (const { changes } of replicas) {
      const change = changes[step]
      if (change !== undefined) reader.apply([change])
    }
  }
  expect(reader.counter('likes').value).toBe(100_000)
  expect(loadDocument(reader.encode()).counter('likes').value).toBe(100_000)
})

test('100,000 characters typed in front of each other go in, through the wire and through a file', () => {
  const base = createBase(']')
  const { document, changes } = branch(base, 'a')
  for (let key = 0; key < 100_000; key++) document.text('t').insert(0, String.fromCharCode(97 + (key % 26)))
  const reader = loadDocument(base.encode(), { replica: 'reader' })
  reader.text('t').insert(0, '[')
  mergeOneByOne(reader, changes)
  const prepended = textOf(document).slice(0, -1)
  expect([`[${prepended}]`, `${prepended}[]`]).toContain(textOf(reader))
  expect(textOf(loadDocument(reader.encode()))).toBe(textOf(reader))
})

test('a branch of 100,000 operations made offline comes in one go and one by one, beside edits made meanwhile', () => {
  const base = createBase('x'.repeat(1000))
  const random = createRandom(2)
  const offline = branch(base, 'offline')
  const text = offline.document.text('t')
  while (offline.changes.length < 100_000) {
    const at = integer(random, text.length + 1)
    if (integer(random, 3) === 0 && at < text.length) text.delete(at, 1)
    else text.insert(at, 'o')
  }
  const readers = ['batch', 'single'].map(() => {
    const online = branch(base, 'online')
    insertAnywhere(online.document, 5000, 'n', createRandom(3))
    return online.document
  }) as [Document, Document]
  readers[0].apply(offline.changes)
  mergeOneByOne(readers[1], offline.changes)
  expect(textOf(readers[1])).toBe(textOf(readers[0]))
  expect(decodeChanges(readers[0].encode())).toHaveLength(105_001)
  offline.document.merge(readers[0].changesSince(offline.document.version))
  expect(textOf(offline.document)).toBe(textOf(readers[0]))
})

test('50,000 keys are set by each of two replicas at once', () => {
  const base = createDocument({ replica: 'base' })
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  for (let key = 0; key < 50_000; key++) {
    a.document.map('m').set(`key ${key}`, key)
    b.document.map('m').set(`key ${key}`, -key)
  }
  b.document.apply(a.changes)
  mergeOneByOne(a.document, b.changes)
  expect(a.document.map('m').get('key 7')).toBe(-7)
  expect(a.document.map('m').toJSON()).toEqual(b.document.map('m').toJSON())
})

test('30,000 values are added to a set by two replicas at once, and half of them deleted again', () => {
  const base = createDocument({ replica: 'base' })
  const [a, b] = ['a', 'b'].map((replica) => branch(base, replica)) as [Branch, Branch]
  for (let value = 0; value < 30_000; value++) {
    a.document.set('s').add(value)
    b.document.set('s').add(value)
    if (value % 2 === 0) b.document.set('s').delete(value)
  }
  a.document.apply(b.changes)
  mergeOneByOne(b.document, a.changes)
  expect(a.document.set('s').size).toBe(30_000)
  expect(b.document.set('s').size).toBe(30_000)
})
