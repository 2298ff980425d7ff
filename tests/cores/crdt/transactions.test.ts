import { expect, test } from 'vitest'
import { createDocument, decodeChanges, limits, loadDocument, TransactionTooLargeError } from '../../../crdt/index.ts'
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
