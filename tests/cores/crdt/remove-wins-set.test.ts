import { describe, expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  loadDocument,
  type Change,
  type Document,
  type JsonValue,
  type VersionVector,
} from '../../../crdt/index.ts'
import { createRandom, integer, shuffle } from '../../../node/protocol/index.ts'

function exchange(...documents: readonly Document[]): void {
  for (const from of documents) for (const to of documents) if (from !== to) to.merge(from.changesSince(to.version))
}

describe('a set in which deletions win', () => {
  test('has what was added, until it is deleted, and again when it is added anew', () => {
    const document = createDocument()
    const set = document.removeWinsSet('set')
    set.add('a')
    set.add('a')
    set.add([1])
    expect(set.values()).toEqual(['a', [1]])
    expect(set.delete('a')).toBe(true)
    expect(set.delete('a')).toBe(false)
    expect([set.has('a'), set.size, set.toJSON()]).toEqual([false, 1, [[1]]])
    set.add('a')
    expect([set.has('a'), set.size, [...set]]).toEqual([true, 2, ['a', [1]]])
    expect(loadDocument(document.encode()).toJSON()).toEqual({ set: ['a', [1]] })
  })

  test('drops what one deletes while others add it, in every order of arrival', () => {
    const base = createDocument({ replica: 'base' })
    base.removeWinsSet('set').add('x')
    const [a, b, c] = ['a', 'b', 'c'].map((replica) => loadDocument(base.encode(), { replica })) as [
      Document,
      Document,
      Document,
    ]
    a.removeWinsSet('set').delete('x')
    b.removeWinsSet('set').add('x')
    c.removeWinsSet('set').add('x')
    const [fromA, fromB, fromC] = [a, b, c].map((one) => decodeChanges(one.changesSince(base.version))[0] as Change)
    for (const order of [
      [fromA, fromB, fromC],
      [fromB, fromA, fromC],
      [fromB, fromC, fromA],
    ]) {
      const document = loadDocument(base.encode())
      for (const change of order) document.apply([change as Change])
      expect(document.toJSON()).toEqual({ set: [] })
      document.removeWinsSet('set').add('x')
      expect(document.toJSON()).toEqual({ set: ['x'] })
    }
  })

  test('is no other type under another name: both are roots of their own', () => {
    const document = createDocument()
    document.removeWinsSet('set').add(1)
    expect(() => document.set('set')).toThrow('Cannot open "set" as a set: this document has it as a remove-wins-set')
  })

  test('tells additions and deletions, and is as before after a rollback', () => {
    const document = createDocument()
    const set = document.removeWinsSet('set')
    const told: [readonly JsonValue[], readonly JsonValue[]][] = []
    document.subscribe((event) => {
      if (event.type !== 'changed') return
      for (const delta of event.deltas) if (delta.type === 'set') told.push([delta.added, delta.deleted])
    })
    set.add('a')
    set.delete('a')
    document.transact(() => {
      set.add('a')
      set.delete('a')
      set.add('b')
    })
    const failing = (): void =>
      document.transact(() => {
        set.add('a')
        set.delete('b')
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect(set.values()).toEqual(['b'])
    expect(set.size).toBe(1)
    expect(told).toEqual([
      [['a'], []],
      [[], ['a']],
      [['b'], []],
    ])
  })

  test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'holds a value exactly if some addition was made, and after each deletion one that saw it (seed %i)',
    (seed) => {
      const random = createRandom(seed)
      const documents = ['a', 'b', 'c'].map((replica) => createDocument({ replica }))
      const history: { type: 'add' | 'delete'; replica: string; sequence: number; saw: VersionVector }[] = []
      for (let step = 0; step < 40; step++) {
        const document = documents[integer(random, 3)] as Document
        const { replica, version } = document
        const set = document.removeWinsSet('set')
        const other = documents[integer(random, 3)] as Document
        const choice = integer(random, 4)
        if (choice === 0) set.add('x')
        else if (choice === 1) set.delete('x')
        else document.merge(other.changesSince(version))
        if (choice > 1 || document.version.equals(version)) continue
        const sequence = version.get(replica)
        history.push({ type: choice === 0 ? 'add' : 'delete', replica, sequence, saw: version })
      }
      exchange(...documents)
      exchange(...documents)
      const additions = history.filter(({ type }) => type === 'add')
      const answered = history
        .filter(({ type }) => type === 'delete')
        .every(({ replica, sequence }) => additions.some(({ saw }) => saw.get(replica) > sequence))
      const expected = additions.length > 0 && answered ? ['x'] : []
      for (const document of documents) expect(document.removeWinsSet('set').values()).toEqual(expected)
      const shuffled = createDocument()
      for (const change of shuffle(random, decodeChanges((documents[0] as Document).encode()))) shuffled.apply([change])
      expect(shuffled.removeWinsSet('set').values()).toEqual(expected)
    },
  )
})

describe('a counter that only grows', () => {
  test('adds what all replicas add', () => {
    const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica })) as [Document, Document]
    a.growOnlyCounter('views').add()
    b.growOnlyCounter('views').add(5)
    exchange(a, b)
    expect([a.toJSON(), b.growOnlyCounter('views').value]).toEqual([{ views: 6 }, 6])
    expect(() => a.growOnlyCounter('views').add(-1)).toThrow(RangeError)
    expect(() => a.counter('views')).toThrow('this document has it as a grow-only-counter')
  })

  test('is made smaller by nobody: a change that would has no effect', () => {
    const shrinking = createDocument({ replica: 'mallory' })
    shrinking.counter('n').add(-3)
    const [change] = decodeChanges(shrinking.encode()) as [Change]
    const operations = change.operations.slice()
    // The byte before the name: the type of the root, twice.
    operations[2] = 18
    const document = createDocument()
    const { deltas } = document.apply([{ ...change, operations }])
    expect(deltas).toEqual([])
    expect(document.statistics.rejected).toBe(1)
    expect(document.growOnlyCounter('n').value).toBe(0)
    operations[2] = 6
    const plain = createDocument()
    plain.apply([{ ...change, operations }])
    expect(plain.counter('n').value).toBe(-3)
  })

  test('can be nested, like every container', () => {
    const document = createDocument()
    document.map('map').create('views', 'grow-only-counter').add(2)
    document.list('list').create(0, 'remove-wins-set').add('x')
    document.list('list').create(1, 'tree').create()
    const copy = loadDocument(document.encode())
    expect(copy.toJSON()).toEqual(document.toJSON())
    expect(copy.toJSON()).toMatchObject({ map: { views: 2 }, list: [['x'], [{ parent: null, data: {} }]] })
  })
})
