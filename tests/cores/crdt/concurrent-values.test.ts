import { expect, test } from 'vitest'
import { createDocument, type Document } from '../../../crdt/index.ts'

function two(): [Document, Document] {
  return [createDocument({ replica: 'a' }), createDocument({ replica: 'b' })]
}

function exchange(a: Document, b: Document): void {
  a.merge(b.encode())
  b.merge(a.encode())
}

test('of two registers set at once the later in Lamport time stands, of equal ones that of the greater replica', () => {
  const [a, b] = two()
  a.register('r').set('first of a')
  b.register('r').set('first of b')
  exchange(a, b)
  expect(a.register('r').get()).toBe('first of b')
  a.register('other').set(1)
  a.register('r').set('later')
  b.register('r').set('sooner')
  exchange(a, b)
  expect(a.register('r').get()).toBe('later')
  expect(b.register('r').get()).toBe('later')
})

test('a key deleted and set at once goes by the same rule, and stays deleted against what is older', () => {
  const [a, b] = two()
  a.map('m').set('k', 1)
  exchange(a, b)
  a.map('m').delete('k')
  b.map('m').set('k', 2)
  exchange(a, b)
  expect(a.map('m').get('k')).toBe(2)
  a.map('m').set('x', 1)
  a.map('m').delete('k')
  b.map('m').set('k', 3)
  exchange(a, b)
  expect(a.map('m').has('k')).toBe(false)
  expect(b.map('m').keys()).toEqual(['x'])
})

test('whoever adds to a set wins against whoever deletes at the same time', () => {
  const [a, b] = two()
  a.set('s').add('x')
  a.set('s').add('y')
  exchange(a, b)
  a.set('s').delete('x')
  b.set('s').add('x')
  a.set('s').delete('y')
  exchange(a, b)
  expect(a.set('s').values()).toEqual(['x'])
  expect(b.set('s').values()).toEqual(['x'])
  b.set('s').delete('x')
  exchange(a, b)
  expect(a.set('s').size).toBe(0)
  expect(a.set('s').delete('x')).toBe(false)
})

test('a multi-value register shows all that was set at once, until somebody who saw it sets it anew', () => {
  const [a, b] = two()
  const c = createDocument({ replica: 'c' })
  a.multiValueRegister('v').set('a')
  b.multiValueRegister('v').set('b')
  exchange(a, b)
  c.multiValueRegister('v').set('c')
  expect(a.multiValueRegister('v').values()).toEqual(['a', 'b'])
  a.multiValueRegister('v').set('both seen')
  exchange(a, c)
  expect(a.multiValueRegister('v').values()).toEqual(['both seen', 'c'])
  expect(c.multiValueRegister('v').values()).toEqual(['both seen', 'c'])
  expect(c.multiValueRegister('v').get()).toBe('both seen')
})

test('counters add up', () => {
  const [a, b] = two()
  a.counter('n').add(5)
  b.counter('n').add(-2)
  b.counter('n').add()
  exchange(a, b)
  expect([a.counter('n').value, b.counter('n').value]).toEqual([4, 4])
})

test('of two containers created under one key at once one stands, the same on both', () => {
  const [a, b] = two()
  a.map('m').create('k', 'text').insert(0, 'of a')
  b.map('m').create('k', 'text').insert(0, 'of b')
  exchange(a, b)
  expect(a.toJSON()).toEqual({ m: { k: 'of b' } })
  expect(b.toJSON()).toEqual(a.toJSON())
})

test('a text deleted by both is deleted once, and what was typed into it meanwhile stays', () => {
  const [a, b] = two()
  a.text('t').insert(0, 'one two three')
  exchange(a, b)
  a.text('t').delete(4, 4)
  b.text('t').delete(4, 4)
  b.text('t').insert(4, '2 ')
  exchange(a, b)
  expect(a.text('t').toString()).toBe('one 2 three')
  expect(b.text('t').toString()).toBe('one 2 three')
})
