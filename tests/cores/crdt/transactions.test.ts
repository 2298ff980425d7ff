import { expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  limits,
  loadDocument,
  TransactionTooLargeError,
  VectorClock,
  type Change,
  type Document,
  type MapContainer,
  type TextContainer,
} from '../../../crdt/index.ts'
import { createRandom } from '../../../node/protocol/index.ts'
import { editRandomly } from './random-edits.ts'

test('a transaction in which something throws leaves nothing behind', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = createRandom(seed)
    const document = createDocument({ replica: 'a' })
    for (let edit = 0; edit < 15; edit++) editRandomly(document, random)
    const before = document.encode()
    const content = document.toJSON()
    let told = 0
    document.subscribe(() => void told++)
    const failing = (): void =>
      document.transact(() => {
        for (let edit = 0; edit < 10; edit++) editRandomly(document, random)
        document.anchor(document.text('text'), document.text('text').length, 'after')
        throw new Error('changed my mind')
      })
    expect(failing).toThrow('changed my mind')
    expect(told).toBe(0)
    expect(document.toJSON()).toEqual(content)
    expect(document.encode()).toEqual(before)
    const other = loadDocument(before, { replica: 'b' })
    for (let edit = 0; edit < 10; edit++) {
      editRandomly(document, random)
      editRandomly(other, random)
    }
    document.merge(other.encode())
    const copy = loadDocument(document.encode())
    expect(copy.toJSON()).toEqual(document.toJSON())
    const text = document.text('text')
    const anchor = document.anchor(text, text.length, 'after')
    expect(document.resolve(anchor)).toBe(text.length)
    expect(copy.text('text').length).toBe(text.length)
    expect(copy.resolve(anchor)).toBe(text.length)
  }
})

test('after a rollback others merge as if nothing had been', () => {
  const a = createDocument({ replica: 'a' })
  a.text('text').insert(0, 'base')
  const b = loadDocument(a.encode(), { replica: 'b' })
  b.text('text').insert(2, 'B')
  a.text('text').insert(2, 'A')
  a.merge(b.encode())
  expect(() =>
    a.transact(() => {
      a.text('text').insert(0, 'gone')
      a.text('text').delete(1, 6)
      throw new Error('no')
    }),
  ).toThrow('no')
  b.text('text').insert(0, '>')
  a.merge(b.encode())
  b.merge(a.encode())
  expect(a.text('text').toString()).toBe('>baABse')
  expect(b.text('text').toString()).toBe('>baABse')
})

test('a transaction inside another joins it, and falls with it', () => {
  const document = createDocument()
  expect(() =>
    document.transact(() => {
      document.transact(() => document.counter('n').add(1))
      expect(document.counter('n').value).toBe(1)
      throw new Error('outer')
    }),
  ).toThrow('outer')
  expect(document.toJSON()).toEqual({})
  document.transact(() => {
    document.counter('n').add(1)
    try {
      document.transact(() => {
        document.counter('n').add(10)
        throw new Error('inner, and caught')
      })
    } catch (error) {
      expect(error).toBeInstanceOf(Error)
    }
  })
  expect(document.counter('n').value).toBe(11)
  expect(document.statistics.changes).toBe(1)
})

test('transact returns what its work returns', () => {
  const document = createDocument()
  expect(document.transact(() => document.map('m').create('k', 'text').id)).toMatch(/^text@0\./)
})

test('a transaction above 16 MiB is refused and rolled back, one of 16 MiB goes', () => {
  const document = createDocument()
  const mebibyte = 'x'.repeat(1024 * 1024)
  document.transact(() => {
    for (let part = 0; part < 16; part++) document.list('l').push(mebibyte.slice(8))
  })
  expect(() =>
    document.transact(() => {
      for (let part = 0; part < 17; part++) document.text('t').insert(0, mebibyte)
    }),
  ).toThrow(TransactionTooLargeError)
  expect(() => document.text('t').insert(0, mebibyte.repeat(17))).toThrow(TransactionTooLargeError)
  expect(() => document.text('t').insert(0, 'é'.repeat(limits.changeBytes / 2 + 1))).toThrow(
    'holds more than 16785408 bytes',
  )
  expect(document.text('t').length).toBe(0)
  expect(document.statistics.changes).toBe(1)
})

test('what others send cannot come in the middle of a transaction', () => {
  const document = createDocument()
  const other = createDocument()
  other.counter('n').add(1)
  expect(() => document.transact(() => document.merge(other.encode()))).toThrow(/a transaction is open/)
  expect(document.merge(other.encode()).changes).toHaveLength(1)
})

test('typing inside one transaction is one operation, wherever it can be', () => {
  const document = createDocument({ replica: 'a' })
  document.transact(() => {
    for (let key = 0; key < 1000; key++) document.text('t').insert(key, 'x')
    for (let key = 999; key >= 500; key--) document.text('t').delete(key, 1)
    for (let key = 0; key < 100; key++) document.text('t').delete(0, 1)
  })
  const [change] = decodeChanges(document.encode())
  expect(change).toMatchObject({ count: 1600 })
  expect(change?.operations.length).toBeLessThan(1050)
  expect(loadDocument(document.encode()).text('t').length).toBe(400)
})

test('a clock that throws rolls back, one that tells nonsense is taken as unknown', () => {
  let time: () => number = () => {
    throw new Error('no clock')
  }
  const document = createDocument({ now: () => time() })
  expect(() => document.counter('n').add(1)).toThrow('no clock')
  expect(document.counter('n').value).toBe(0)
  for (const nonsense of [Number.NaN, -5, Infinity, 2 ** 60]) {
    time = () => nonsense
    document.counter('n').add(1)
  }
  expect(decodeChanges(document.encode()).map((change) => change.time)).toEqual([0, 0, 0, 0])
  expect(loadDocument(document.encode()).counter('n').value).toBe(4)
})

/** A document that was loaded, so that how its text came to be is read when somebody asks. */
function loaded(): { readonly document: Document; readonly bytes: Uint8Array } {
  const author = createDocument({ replica: 'ada' })
  for (const character of 'hello world') author.text('text').insert(author.text('text').length, character)
  author.text('text').delete(3, 2)
  author.list('list').insert(0, 1, 2, 3)
  const bytes = author.encode()
  return { document: loadDocument(bytes, { replica: 'bob' }), bytes }
}

test.each([
  ['an anchor', (document: Document) => void document.anchor(document.text('text'), 3, 'before')],
  ['a move', (document: Document) => document.list('list').move(0, 2)],
])('a transaction that reads the history of a loaded document, by %s, can be rolled back', (_what, read) => {
  const { document, bytes } = loaded()
  const failing = (): void =>
    document.transact(() => {
      document.text('text').insert(0, 'x')
      read(document)
      throw new Error('changed my mind')
    })
  expect(failing).toThrow('changed my mind')
  expect(document.encode()).toEqual(bytes)
  document.text('text').insert(9, '!')
  expect(loadDocument(document.encode()).text('text').toString()).toBe('hel world!')
})

test('deletions that adjoin in one transaction are the same for everybody, whatever came before', () => {
  for (const before of [0, 1, 2]) {
    const { document, bytes } = loaded()
    for (let count = 0; count < before; count++) document.text('text').delete(6 - count, 1)
    document.transact(() => {
      document.list('list').move(0, 2)
      document.text('text').delete(6 - before, 1)
      document.text('text').delete(5 - before, 1)
    })
    const other = createDocument({ replica: 'eve' })
    other.merge(bytes)
    other.merge(document.changesSince(other.version))
    expect(other.encode()).toEqual(document.encode())
  }
})

test('a container of a transaction that was rolled back can be edited no more', () => {
  const document = createDocument({ replica: 'ada' })
  let text: TextContainer | undefined
  let map: MapContainer | undefined
  const failing = (): void =>
    document.transact(() => {
      text = document.map('root').create('text', 'text')
      map = document.map('root').create('map', 'map')
      text.insert(0, 'written')
      throw new Error('changed my mind')
    })
  expect(failing).toThrow('changed my mind')
  expect(() => text?.insert(0, 'x')).toThrow('rolled back')
  expect(() => map?.set('key', 1)).toThrow('rolled back')
  document.map('root').set('key', 1)
  expect(loadDocument(document.encode()).toJSON()).toEqual({ root: { key: 1 } })
})

test('what a transaction does is in no version and in no frame before it is done', () => {
  const document = createDocument({ replica: 'ada' })
  const outgoing = document.openOutgoing()
  document.transact(() => {
    document.text('text').insert(0, 'abc')
    expect([document.frontier, document.version.size, document.statistics.operations]).toEqual([[], 0, 0])
    expect(outgoing.take()).toBeUndefined()
  })
  expect(document.frontier).toEqual([{ replica: 'ada', sequence: 2 }])
  expect(outgoing.take()).toBeDefined()
})

test('times beyond what can be encoded are unknown here, and refused from others', () => {
  for (const time of [Number.MAX_SAFE_INTEGER, 2 ** 52 + 1, Number.POSITIVE_INFINITY, Number.NaN, -5]) {
    const document = createDocument({ replica: 'ada', now: () => time })
    document.text('text').insert(0, 'abc')
    expect(loadDocument(document.encode()).text('text').toString()).toBe('abc')
    const [change] = decodeChanges(document.encode())
    expect(change?.time).toBe(0)
    const reader = createDocument()
    const rejected: unknown[] = []
    reader.subscribe((event) => void (event.type === 'rejected' && rejected.push(event.reason)))
    reader.apply([{ ...(change as Change), time: Number.MAX_SAFE_INTEGER }])
    expect(rejected).toEqual(['malformed'])
  }
})

test('a version that ends within a change wants the whole of it', () => {
  const document = createDocument({ replica: 'ada' })
  document.text('text').insert(0, 'abc')
  document.text('text').insert(3, 'd')
  const reader = createDocument()
  reader.merge(document.changesSince(VectorClock.from([['ada', 1]])))
  expect(reader.encode()).toEqual(document.encode())
})

test('deletions of one transaction are joined as far as they can be', () => {
  const document = createDocument({ replica: 'ada' })
  document.text('text').insert(0, '0123456789')
  document.transact(() => {
    for (const [index, count] of [
      [4, 2],
      [1, 1],
      [0, 1],
      [0, 2],
    ] as const) {
      document.text('text').delete(index, count)
    }
  })
  const [merged, applied] = [createDocument(), createDocument()]
  merged.merge(document.encode())
  applied.apply(decodeChanges(document.encode()))
  expect(merged.encode()).toEqual(document.encode())
  expect(applied.encode()).toEqual(document.encode())
})
