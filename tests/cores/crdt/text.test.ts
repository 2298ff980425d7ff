import { expect, test } from 'vitest'
import { createDocument, loadDocument } from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'

test('a text of any size equals a string that is edited the same way', () => {
  const random = createRandom(1)
  const document = createDocument()
  const text = document.text('t')
  let string = ''
  for (let step = 0; step < 1500; step++) {
    const index = integer(random, string.length + 1)
    if (integer(random, 3) > 0) {
      const inserted = 'abcdefgh'.repeat(integer(random, 20) === 0 ? 3000 : 1 + integer(random, 4))
      text.insert(index, inserted)
      string = string.slice(0, index) + inserted + string.slice(index)
    } else {
      const count = Math.min(string.length - index, integer(random, integer(random, 10) === 0 ? 60_000 : 20))
      text.delete(index, count)
      string = string.slice(0, index) + string.slice(index + count)
    }
    const start = integer(random, string.length + 1)
    const end = Math.min(string.length, start + integer(random, 9000))
    expect(text.length).toBe(string.length)
    expect(text.slice(start, end) === string.slice(start, end)).toBe(true)
    if (step % 50 === 0) expect(text.toString() === string).toBe(true)
  }
  expect(loadDocument(document.encode()).text('t').toString() === string).toBe(true)
})

test('a text of 16 MiB goes in as one change, and comes back', () => {
  const document = createDocument({ replica: 'a' })
  const content = 'sixteen letters.'.repeat(1024 * 1024)
  document.text('t').insert(0, content)
  document.text('t').insert(8 * 1024 * 1024, 'middle')
  const copy = loadDocument(document.encode())
  expect(copy.text('t').length).toBe(content.length + 6)
  expect(copy.text('t').slice(8 * 1024 * 1024 - 1, 8 * 1024 * 1024 + 7)).toBe('.middles')
})

test('an index out of range or inside a surrogate pair is refused, and nothing happens', () => {
  const document = createDocument()
  const text = document.text('t')
  text.insert(0, 'a🙂b')
  for (const index of [-1, 5, 0.5, Number.NaN, Infinity, '1' as unknown as number]) {
    expect(() => text.insert(index, 'x')).toThrow(RangeError)
    expect(() => text.insert(index, '')).toThrow(RangeError)
    expect(() => text.delete(index, 0)).toThrow(RangeError)
    expect(() => document.anchor(text, index, 'before')).toThrow(RangeError)
  }
  for (const count of [-1, 5, 0.5, Number.NaN]) expect(() => text.delete(0, count)).toThrow(RangeError)
  expect(() => text.insert(2, 'x')).toThrow(/inside a surrogate pair/)
  expect(() => text.delete(0, 2)).toThrow(/inside a surrogate pair/)
  expect(() => text.delete(2, 2)).toThrow(/inside a surrogate pair/)
  expect(() => text.replace(0, 2, 'x')).toThrow(RangeError)
  expect(() => document.anchor(text, 2, 'after')).toThrow(RangeError)
  expect(text.toString()).toBe('a🙂b')
  expect(document.statistics.changes).toBe(1)
})

test('lone surrogates in inserted text become U+FFFD, here and everywhere', () => {
  const document = createDocument()
  document.text('t').insert(0, 'a\ud83db\ude42c🙂')
  expect(document.text('t').toString()).toBe('a\ufffdb\ufffdc🙂')
  expect(loadDocument(document.encode()).text('t').toString()).toBe('a\ufffdb\ufffdc🙂')
})

test('inserting and deleting nothing is no change', () => {
  const document = createDocument()
  document.text('t').insert(0, '')
  document.text('t').delete(0, 0)
  document.text('t').replace(0, 0, '')
  document.list('l').insert(0)
  document.list('l').delete(0, 0)
  document.set('s').delete('x')
  document.map('m').delete('x')
  expect(document.statistics.changes).toBe(0)
})

test('operations are counted in code units and items, everything else as one', () => {
  const document = createDocument({ replica: 'a' })
  document.text('t').insert(0, 'a🙂')
  expect(document.version.get('a')).toBe(3)
  document.text('t').delete(1, 2)
  expect(document.version.get('a')).toBe(5)
  document.list('l').insert(0, 1, 2, 3)
  document.list('l').delete(0, 2)
  expect(document.version.get('a')).toBe(10)
  document.map('m').set('k', { many: [1, 2, 3] })
  document.counter('c').add(100)
  document.set('s').add('x')
  document.register('r').set('xyz')
  expect(document.version.get('a')).toBe(14)
  expect(document.frontier).toEqual([{ replica: 'a', sequence: 13 }])
})
