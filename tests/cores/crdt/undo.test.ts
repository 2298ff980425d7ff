import { describe, expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  loadDocument,
  replicaId,
  undoManager,
  type Change,
  type Document,
  type JsonValue,
  type MapContainer,
  type TextContainer,
  type UndoEvent,
} from '../../../crdt/index.ts'

function textOf(document: Document): string {
  return document.text('t').toString()
}

function copyOf(document: Document, replica: string): Document {
  return loadDocument(document.encode(), { replica })
}

function exchange(...documents: readonly Document[]): void {
  for (const from of documents) for (const to of documents) to.merge(from.changesSince(to.version))
}

/** Every edit of `edits`, then all of them undone and redone: each state is found again on the way. */
function expectReversible(document: Document, edits: readonly (() => void)[]): void {
  const manager = undoManager(document)
  const states: JsonValue[] = [document.toJSON()]
  for (const edit of edits) {
    manager.boundary()
    manager.group(edit)
    states.push(document.toJSON())
  }
  for (let round = 0; round < 2; round++) {
    for (const state of states.slice(0, -1).reverse()) {
      manager.undo()
      expect(plain(document.toJSON())).toEqual(plain(state))
    }
    expect(manager.canUndo).toBe(false)
    for (const state of states.slice(1)) {
      manager.redo()
      expect(plain(document.toJSON())).toEqual(plain(state))
    }
    expect(manager.canRedo).toBe(false)
  }
}

/** Roots that were never written to are left out of `toJSON`; once written to and emptied again they are not. */
function plain(value: JsonValue): JsonValue {
  const entries = Object.entries(value as { [key: string]: JsonValue })
  return Object.fromEntries(
    entries.filter(([, held]) => held !== '' && held !== 0 && held !== null && JSON.stringify(held).length > 2),
  )
}

describe('what was done is undone and redone', () => {
  test('in a text', () => {
    const document = createDocument()
    const text = document.text('t')
    expectReversible(document, [
      () => text.insert(0, 'hello world'),
      () => text.delete(2, 3),
      () => text.delete(4, 4),
      () => text.insert(2, 'XYZ'),
      () => text.replace(1, 4, '🙂'),
      () => text.delete(0, text.length),
      () => text.insert(0, 'anew'),
    ])
  })

  test('character by character, to and fro', () => {
    const document = createDocument()
    const text = document.text('t')
    expectReversible(document, [
      ...'abcdef'.split('').map((letter, index) => () => text.insert(index, letter)),
      () => text.delete(3, 1),
      () => text.delete(2, 1),
      () => text.delete(2, 1),
      () => text.insert(2, 'Q'),
      () => text.delete(0, 2),
      () => text.insert(0, 'R'),
    ])
  })

  test('in a list, moves and containers among it', () => {
    const document = createDocument()
    const list = document.list('l')
    expectReversible(document, [
      () => list.insert(0, 'a', 'b', 'c', 'd'),
      () => list.move(0, 3),
      () => list.delete(1),
      () => list.create(1, 'text').insert(0, 'nested'),
      () => (list.get(1) as TextContainer).insert(6, '!'),
      () => list.move(1, 0),
      () => {
        list.move(0, 2)
        list.move(2, 1)
        list.insert(1, 'x')
        list.delete(2)
      },
      () => list.delete(0, list.length),
      () => list.push('z'),
    ])
  })

  test('in a map, nested containers among it', () => {
    const document = createDocument()
    const map = document.map('m')
    expectReversible(document, [
      () => map.set('k', 1),
      () => map.set('k', 2),
      () => map.create('k', 'map').set('deep', [1]),
      () => (map.get('k') as MapContainer).set('deep', [2]),
      () => (map.get('k') as MapContainer).create('text', 'text').insert(0, 'in it'),
      () => map.delete('k'),
      () => map.set('__proto__', 'only a key'),
      () => map.set('k', 3),
    ])
  })

  test('in registers, counters and sets', () => {
    const document = createDocument()
    expectReversible(document, [
      () => document.register('r').set('one'),
      () => document.register('r').set({ two: 2 }),
      () => document.multiValueRegister('v').set(['x']),
      () => document.multiValueRegister('v').set('y'),
      () => document.counter('c').add(5),
      () => document.counter('c').add(-7),
      () => {
        document.counter('c').add(2 ** 53 - 1)
        document.counter('c').add(2 ** 53 - 1)
      },
      () => document.set('s').add('a'),
      () => document.set('s').add('b'),
      () => document.set('s').delete('a'),
      () => document.set('s').add('a'),
      () => document.removeWinsSet('w').add(1),
      () => document.removeWinsSet('w').delete(1),
      () => document.removeWinsSet('w').add(1),
    ])
  })

  test('in a tree', () => {
    const document = createDocument()
    const tree = document.tree('t')
    expectReversible(document, [
      () => {
        const root = tree.create()
        tree.data(root)?.set('name', 'root')
        tree.create(root)
        tree.create(root, 0)
      },
      () => tree.move(tree.nodes()[2] as never, tree.nodes()[1], 0),
      () => tree.create(tree.roots()[0]),
      () => tree.delete(tree.nodes()[1] as never),
      () => tree.data(tree.roots()[0] as never)?.set('name', 'other'),
      () => tree.delete(tree.roots()[0] as never),
    ])
  })

  test('as one change, on every replica', () => {
    const document = createDocument({ replica: 'a' })
    const manager = undoManager(document)
    document.transact(() => {
      document.text('t').insert(0, 'one')
      document.map('m').set('k', 1)
      document.list('l').push(1, 2)
    })
    const { changes } = document.statistics
    expect(manager.undo()).toBe(true)
    expect(document.statistics.changes).toBe(changes + 1)
    const other = copyOf(document, 'b')
    expect(other.toJSON()).toEqual({ t: '', m: {}, l: [] })
    expect(manager.redo()).toBe(true)
    other.merge(document.changesSince(other.version))
    expect(other.toJSON()).toEqual({ t: 'one', m: { k: 1 }, l: [1, 2] })
  })

  test('except in counters that only grow', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.growOnlyCounter('c').add(3)
    expect(manager.undo()).toBe(false)
    expect(document.growOnlyCounter('c').value).toBe(3)
  })
})

describe('what others have done stays', () => {
  test('when it is written in the middle of what is undone', () => {
    const a = createDocument({ replica: 'a' })
    const manager = undoManager(a)
    a.text('t').insert(0, 'hello there')
    const b = copyOf(a, 'b')
    b.text('t').insert(6, 'WORLD ')
    exchange(a, b)
    manager.undo()
    expect(textOf(a)).toBe('WORLD ')
    manager.redo()
    expect(textOf(a)).toBe('hello WORLD there')
  })

  test('when it stands among what comes back', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'one two three')
    const b = copyOf(a, 'b')
    const manager = undoManager(a)
    a.text('t').delete(0, 13)
    b.text('t').insert(4, 'AND ')
    b.text('t').insert(0, '> ')
    exchange(a, b)
    expect(textOf(a)).toBe('> AND ')
    manager.undo()
    expect(textOf(a)).toBe('> one AND two three')
    exchange(a, b)
    expect(textOf(b)).toBe('> one AND two three')
  })

  test('when they deleted the same: only what nobody else deleted comes back', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'abcdef')
    const b = copyOf(a, 'b')
    const manager = undoManager(a)
    a.text('t').delete(1, 4)
    b.text('t').delete(2, 2)
    exchange(a, b)
    manager.undo()
    expect(textOf(a)).toBe('abef')
    expect(manager.canUndo).toBe(false)
  })

  test('where what came back is edited further, by whoever', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'abcdef')
    const manager = undoManager(a)
    a.text('t').delete(1, 1)
    a.text('t').delete(1, 1)
    manager.undo()
    const b = copyOf(a, 'b')
    expect(textOf(b)).toBe('acdef')
    b.text('t').insert(2, 'Z')
    exchange(a, b)
    manager.undo()
    expect(textOf(a)).toBe('abcZdef')
  })

  test('when they overwrote a key, a register, the place of a node, of an element', () => {
    const a = createDocument({ replica: 'a' })
    a.list('l').push(1, 2, 3)
    a.map('m').set('k', 'before')
    const node = a.tree('t').create()
    const parent = a.tree('t').create()
    const manager = undoManager(a)
    manager.group(() => {
      a.map('m').set('k', 'mine')
      a.register('r').set('mine')
      a.tree('t').move(node, parent)
      a.list('l').move(0, 1)
    })
    const b = copyOf(a, 'b')
    b.map('m').set('k', 'theirs')
    b.register('r').set('theirs')
    b.tree('t').move(node, undefined, 1)
    b.list('l').move(1, 2)
    exchange(a, b)
    const state = a.toJSON()
    expect(manager.undo()).toBe(false)
    expect(a.toJSON()).toEqual(state)
    expect(a.map('m').get('k')).toBe('theirs')
    expect(a.list('l').toArray()).toEqual([2, 3, 1])
  })

  test('when they set a key at the same time: theirs shows once mine is gone', () => {
    const a = createDocument({ replica: 'a' })
    const b = createDocument({ replica: 'b' })
    a.map('m').set('x', 1)
    b.merge(a.encode())
    const manager = undoManager(b)
    a.map('m').set('x', 2)
    b.map('m').set('x', 3)
    exchange(a, b)
    expect(a.map('m').get('x')).toBe(3)
    manager.undo()
    expect(b.map('m').get('x')).toBe(2)
    manager.redo()
    expect(b.map('m').get('x')).toBe(3)
  })

  test('when they added the same value to a set, or deleted it from one', () => {
    const a = createDocument({ replica: 'a' })
    a.set('s').add('old')
    a.removeWinsSet('w').add('old')
    const b = copyOf(a, 'b')
    const manager = undoManager(a)
    manager.group(() => {
      a.set('s').add('new')
      a.removeWinsSet('w').delete('old')
    })
    b.set('s').add('new')
    b.removeWinsSet('w').delete('old')
    exchange(a, b)
    expect(manager.undo()).toBe(false)
    expect([a.set('s').values(), a.removeWinsSet('w').values()]).toEqual([['new', 'old'], []])
  })

  test('in a register that keeps all values', () => {
    const a = createDocument({ replica: 'a' })
    a.multiValueRegister('v').set('before')
    const b = copyOf(a, 'b')
    const c = copyOf(a, 'c')
    const manager = undoManager(a)
    a.multiValueRegister('v').set('mine')
    b.multiValueRegister('v').set('theirs')
    exchange(a, b)
    manager.undo()
    expect(a.multiValueRegister('v').values()).toEqual(['theirs'])
    manager.redo()
    c.multiValueRegister('v').set('third')
    exchange(a, b, c)
    manager.undo()
    exchange(a, b, c)
    for (const document of [a, b, c]) expect(document.multiValueRegister('v').values()).toContain('third')
  })

  test('in a container that is gone for a while', () => {
    const a = createDocument({ replica: 'a' })
    const item = a.list('todo').create(0, 'text')
    item.insert(0, 'milk')
    const b = copyOf(a, 'b')
    const manager = undoManager(a)
    a.list('todo').delete(0)
    ;(b.container(item.id) as TextContainer).insert(4, ' and bread')
    exchange(a, b)
    expect(b.list('todo').length).toBe(0)
    manager.undo()
    exchange(a, b)
    for (const document of [a, b]) expect(document.list('todo').toJSON()).toEqual(['milk and bread'])
    expect(b.list('todo').get(0)).toBe(b.container(item.id))
  })

  test('when both bring the same container back at once: it is there once', () => {
    const a = createDocument({ replica: 'a' })
    a.list('l').create(0, 'map')
    a.list('l').push('x')
    const b = copyOf(a, 'b')
    const managers = [undoManager(a), undoManager(b)]
    a.list('l').delete(0)
    exchange(a, b)
    managers[0]?.undo()
    const c = copyOf(a, 'c')
    expect(c.list('l').toJSON()).toEqual([{}, 'x'])
    exchange(a, b)
    managers[0]?.redo()
    exchange(a, b)
    expect(b.list('l').toJSON()).toEqual(['x'])
  })
})

describe('steps', () => {
  test('are changes, unless they are grouped', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.text('t').insert(0, 'a')
    document.text('t').insert(1, 'b')
    manager.group(() => {
      document.text('t').insert(2, 'c')
      manager.group(() => document.text('t').insert(3, 'd'))
      document.text('t').insert(4, 'e')
    })
    document.text('t').insert(5, 'f')
    const seen: string[] = []
    while (manager.undo()) seen.push(textOf(document))
    expect(seen).toEqual(['abcde', 'ab', 'a', ''])
  })

  test('take in what comes soon, up to a boundary, what was undone, or a pause', () => {
    const document = createDocument()
    let now = 0
    const manager = undoManager(document, { groupWithin: 500, now: () => now })
    const type = (letter: string, pause: number): void => {
      now += pause
      document.text('t').insert(document.text('t').length, letter)
    }
    type('a', 100)
    type('b', 500)
    type('c', 501)
    type('d', 100)
    manager.boundary()
    type('e', 1)
    expect(manager.undo()).toBe(true)
    expect(textOf(document)).toBe('abcd')
    type('f', 1)
    manager.undo()
    expect(textOf(document)).toBe('abcd')
    manager.undo()
    expect(textOf(document)).toBe('ab')
    manager.undo()
    expect(textOf(document)).toBe('')
  })

  test('that were undone cannot be redone behind a new change', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.text('t').insert(0, 'a')
    manager.undo()
    expect(manager.canRedo).toBe(true)
    document.text('t').insert(0, 'b')
    expect([manager.canUndo, manager.canRedo, manager.redo()]).toEqual([true, false, false])
    expect(textOf(document)).toBe('b')
  })

  test('are forgotten beyond the limit, or when told to be', () => {
    const document = createDocument()
    const manager = undoManager(document, { limit: 2 })
    for (const letter of 'abc') document.text('t').insert(0, letter)
    expect([manager.undo(), manager.undo(), manager.undo()]).toEqual([true, true, false])
    expect(textOf(document)).toBe('a')
    manager.redo()
    manager.clear()
    expect([manager.canUndo, manager.canRedo, manager.undo(), manager.redo()]).toEqual([false, false, false, false])
  })

  test('are those of some containers, and of what is in them', () => {
    const document = createDocument()
    const inside = document.list('l').create(0, 'map').create('text', 'text')
    const manager = undoManager(document, { containers: [document.list('l')] })
    document.text('t').insert(0, 'untouched')
    expect(manager.canUndo).toBe(false)
    document.transact(() => {
      document.text('t').insert(0, 'still ')
      inside.insert(0, 'deep')
    })
    expect(manager.undo()).toBe(true)
    expect([textOf(document), inside.toString()]).toEqual(['still untouched', ''])
  })

  test('leave out what nobody wants undone', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.text('t').insert(0, 'typed')
    manager.untracked(() => document.text('t').insert(5, ' by a program'))
    expect(manager.undo()).toBe(true)
    expect(textOf(document)).toBe(' by a program')
    expect(manager.undo()).toBe(false)
  })

  test('are this replica’s, and only since the manager was made', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'before')
    const manager = undoManager(a)
    const b = copyOf(a, 'b')
    b.text('t').insert(6, ' theirs')
    a.merge(b.changesSince(a.version))
    expect([manager.canUndo, manager.undo()]).toEqual([false, false])
  })

  test('are noted as long as the signal is not aborted', () => {
    const document = createDocument()
    const control = new AbortController()
    const manager = undoManager(document, control)
    control.abort()
    document.text('t').insert(0, 'a')
    expect(manager.canUndo).toBe(false)
  })

  test('are told to listeners, who may keep something with them', () => {
    const document = createDocument()
    let now = 0
    const manager = undoManager(document, { groupWithin: 10, now: () => now })
    const told: string[] = []
    const selections: unknown[] = []
    manager.subscribe(({ type, step }: UndoEvent) => {
      told.push(type)
      if (type === 'added') step?.meta.set('selection', now)
      if (type === 'undone') selections.push(step?.meta.get('selection'))
    })
    document.text('t').insert(0, 'a')
    document.text('t').insert(0, 'b')
    now = 100
    document.text('t').insert(0, 'c')
    manager.undo()
    manager.undo()
    manager.redo()
    manager.clear()
    expect(told).toEqual(['added', 'extended', 'added', 'undone', 'undone', 'redone', 'cleared'])
    expect(selections).toEqual([100, 0])
  })

  test('may be made and undone by listeners', () => {
    const document = createDocument()
    let asked = true
    document.subscribe(() => {
      if (!asked || !textOf(document).endsWith('?')) return
      asked = false
      document.text('t').insert(textOf(document).length, '!')
    })
    const manager = undoManager(document)
    let undone = false
    document.subscribe(() => {
      if (!undone && textOf(document) === 'a?!') undone = manager.undo()
    })
    document.text('t').insert(0, 'a?')
    expect([textOf(document), undone]).toEqual(['a?', true])
    manager.undo()
    expect([textOf(document), manager.canUndo]).toEqual(['', false])
  })

  test('are not turned while a transaction is open', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.text('t').insert(0, 'a')
    expect(() => document.transact(() => manager.undo())).toThrow('Cannot undo: a transaction is open')
    expect(manager.undo()).toBe(true)
  })

  test('are gone with a transaction that is rolled back', () => {
    const document = createDocument()
    const manager = undoManager(document)
    const attempt = (): void =>
      document.transact(() => {
        document.text('t').insert(0, 'a')
        manager.boundary()
        throw new Error('no')
      })
    expect(attempt).toThrow('no')
    expect(manager.canUndo).toBe(false)
  })

  test('are undone in a document that was loaded, whose history nobody has read yet', () => {
    const first = createDocument({ replica: 'a' })
    first.text('t').insert(0, 'one two')
    first.map('m').set('k', 1)
    const document = loadDocument(first.encode(), { replica: 'a' })
    const manager = undoManager(document)
    document.text('t').delete(0, 4)
    document.map('m').set('k', 2)
    expect([manager.undo(), manager.undo(), manager.undo()]).toEqual([true, true, false])
    expect(document.toJSON()).toEqual({ t: 'one two', m: { k: 1 } })
  })

  test('want sensible options', () => {
    const document = createDocument()
    expect(() => undoManager(document, { limit: 0 })).toThrow(RangeError)
    expect(() => undoManager(document, { groupWithin: -1, now: () => 0 })).toThrow(RangeError)
    expect(() => undoManager(document, { groupWithin: 1 })).toThrow(TypeError)
  })
})

describe('bugs that others had', () => {
  test('what is undone twice leaves no mark on where one writes next (yjs #241)', () => {
    const document = createDocument()
    const text = document.text('t')
    text.insert(0, '1221')
    const manager = undoManager(document)
    text.insert(2, '3')
    text.insert(3, '3')
    manager.undo()
    manager.undo()
    text.insert(2, '3')
    expect(textOf(document)).toBe('12321')
  })

  test('a character that came back can be undone (yjs #162)', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.text('t').insert(0, 'a')
    document.text('t').delete(0, 1)
    manager.undo()
    expect(textOf(document)).toBe('a')
    manager.undo()
    expect(textOf(document)).toBe('')
  })

  test('several values of a key within one step go back to that in front of it (yjs #165)', () => {
    const document = createDocument()
    const manager = undoManager(document)
    document.map('m').set('width', 20)
    manager.group(() => {
      document.map('m').set('width', 30)
      document.map('m').set('width', 34)
    })
    manager.undo()
    expect(document.map('m').get('width')).toBe(20)
  })

  test('keys are still there when creation and all changes were undone and redone (yjs #343, #355)', () => {
    const document = createDocument()
    const root = document.map('root')
    const manager = undoManager(document)
    const point = manager.group(() => {
      const point = root.create('a', 'map')
      point.set('x', 0)
      point.set('y', 0)
      return point
    })
    for (const to of [100, 200, 300]) {
      manager.group(() => {
        point.set('x', to)
        point.set('y', to)
      })
    }
    for (let round = 0; round < 4; round++) {
      while (manager.undo());
      expect(root.toJSON()).toEqual({})
      while (manager.redo());
      expect(root.toJSON()).toEqual({ a: { x: 300, y: 300 } })
    }
  })

  test('nested data is what it was (yjs #317)', () => {
    const document = createDocument()
    const root = document.map('root')
    const manager = undoManager(document)
    const text = root.create('text', 'map')
    text.create('blocks', 'map').set('text', 'Something')
    text.create('blocks', 'map').set('text', 'Something Else')
    const state = document.toJSON()
    while (manager.undo());
    while (manager.redo());
    expect(document.toJSON()).toEqual(state)
  })

  test('a map that was changed and deleted in one step has its values again (yjs #443, #642)', () => {
    const a = createDocument({ replica: 'a' })
    const foo = a.map('m').create('foo', 'map')
    foo.set('bar', 'value1')
    foo.set('baz', 'value2')
    const b = copyOf(a, 'b')
    const manager = undoManager(a)
    a.transact(() => {
      foo.set('bar', 'value3')
      a.map('m').delete('foo')
    })
    exchange(a, b)
    manager.undo()
    exchange(a, b)
    for (const document of [a, b]) expect(document.toJSON()).toEqual({ m: { foo: { bar: 'value1', baz: 'value2' } } })
  })

  test('what others set in a map that is deleted is there when it is back (yjs #472)', () => {
    const a = createDocument({ replica: 'a' })
    const manager = undoManager(a)
    const inner = a.map('m').create('ymap', 'map')
    manager.boundary()
    inner.set('key', 'value1')
    const b = copyOf(a, 'b')
    manager.undo()
    manager.undo()
    ;(b.container(inner.id) as MapContainer).set('key', 'value2')
    exchange(a, b)
    manager.redo()
    exchange(a, b)
    for (const document of [a, b]) expect(document.toJSON()).toEqual({ m: { ymap: { key: 'value2' } } })
  })

  test('a value that was toggled comes back (yjs #500)', () => {
    const document = createDocument()
    const manager = undoManager(document)
    for (const toggle of [true, false, true, false]) {
      if (toggle) document.map('m').set('lock', {})
      else document.map('m').delete('lock')
    }
    const seen: boolean[] = []
    while (manager.undo()) seen.push(document.map('m').has('lock'))
    expect(seen).toEqual([true, false, true, false])
  })

  test('of conflicting updates, undoing the one that stands does not delete the key (yjs #514)', () => {
    const a = createDocument({ replica: 'a' })
    const b = createDocument({ replica: 'b' })
    a.map('m').set('x', 1)
    exchange(a, b)
    const manager = undoManager(b)
    a.map('m').set('x', 2)
    b.map('m').set('x', 3)
    exchange(a, b)
    manager.undo()
    // Not 1, as asked for there: that would take back what the other has done.
    expect(b.map('m').get('x')).toBe(2)
  })

  test('steps are still there after somebody removes an element (yjs #615)', () => {
    const a = createDocument({ replica: 'a' })
    const array = a.map('m').create('entry', 'list')
    const manager = undoManager(a)
    array.push('one')
    array.push('two')
    array.push('three')
    const b = copyOf(a, 'b')
    ;(b.container(array.id) as typeof array).delete(1)
    exchange(a, b)
    expect(manager.canUndo).toBe(true)
    manager.undo()
    expect(array.toJSON()).toEqual(['one'])
    manager.undo()
    expect(array.toJSON()).toEqual([])
    while (manager.redo());
    expect(array.toJSON()).toEqual(['one', 'three'])
  })

  test('undoing goes back to what was there before the step, whatever was not to be undone on top of it (yjs #724)', () => {
    const document = createDocument()
    const image = document.list('doc').create(0, 'map')
    image.set('src', 'initial.jpg')
    const manager = undoManager(document)
    image.set('src', 'blob:preview')
    manager.untracked(() => image.set('src', 'https://uploaded.jpg'))
    manager.undo()
    expect(image.get('src')).toBe('initial.jpg')
    manager.redo()
    expect(image.get('src')).toBe('https://uploaded.jpg')
  })

  test('elements come back in their order, step by step (yjs #736)', () => {
    const document = createDocument()
    const array = document.list('array')
    const manager = undoManager(document)
    const states: JsonValue[] = []
    const edits = [
      () => array.insert(0, 1, 2, 3),
      () => array.insert(2, 6, 7),
      () => [array.delete(1, 1), array.insert(1, 8)],
      () => array.delete(0, 1),
      () => array.delete(1, 2),
    ]
    for (const edit of edits) {
      states.push(array.toJSON())
      document.transact(() => edit())
    }
    expect(array.toJSON()).toEqual([8, 3])
    for (const state of states.reverse()) {
      manager.undo()
      expect(array.toJSON()).toEqual(state)
    }
  })

  test('what came back has all its values also for those who hear of it (yjs #757)', () => {
    const a = createDocument({ replica: 'a' })
    const node = a.list('doc').create(0, 'map')
    node.set('type', 'button')
    node.set('test', true)
    const manager = undoManager(a)
    manager.group(() => {
      node.set('type', 'paragraph')
      a.list('doc').delete(0)
    })
    manager.undo()
    const expected = { doc: [{ type: 'button', test: true }] }
    expect(a.toJSON()).toEqual(expected)
    expect(copyOf(a, 'b').toJSON()).toEqual(expected)
    const c = createDocument()
    c.merge(a.changesSince(c.version))
    expect(c.toJSON()).toEqual(expected)
  })

  test('a word that was deleted in steps comes back in order, for everybody', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'abcdef')
    const manager = undoManager(a)
    for (const index of [4, 1, 1, 1]) a.text('t').delete(index, 1)
    const b = copyOf(a, 'b')
    while (manager.undo()) exchange(a, b)
    expect([textOf(a), textOf(b)]).toEqual(['abcdef', 'abcdef'])
  })

  test('an element that came back in one place is not moved to another (prosemirror-collab-commit #11)', () => {
    const document = createDocument()
    const text = document.text('t')
    const manager = undoManager(document)
    text.insert(0, '12')
    text.delete(1, 1)
    text.insert(1, '3')
    text.delete(1, 1)
    text.insert(1, '4')
    manager.untracked(() => text.insert(2, '5'))
    const seen: string[] = []
    while (manager.undo()) seen.push(textOf(document))
    expect(seen).toEqual(['15', '135', '15', '125', '5'])
  })

  test('a later step is undone after an earlier one was and something new was done (y-utility #4)', () => {
    const document = createDocument()
    const text = document.text('t')
    const manager = undoManager(document)
    for (const letter of ['a', 'b', 'c']) text.insert(text.length, letter)
    manager.undo()
    text.insert(2, 'x')
    const seen: string[] = []
    while (manager.undo()) seen.push(textOf(document))
    expect(seen).toEqual(['ab', 'a', ''])
  })

  test('items that moved are not there twice (automerge-repo-undo-redo #5)', () => {
    const document = createDocument()
    const ids = document.list('ids')
    ids.push('2')
    const time = document.register('time')
    const manager = undoManager(document, { containers: [ids] })
    ids.insert(1, '3')
    time.set(1)
    document.transact(() => {
      ids.delete(1)
      ids.insert(0, '3')
    })
    time.set(2)
    manager.undo()
    expect(ids.toJSON()).toEqual(['2', '3'])
    manager.undo()
    expect(ids.toJSON()).toEqual(['2'])
    expect(time.get()).toBe(2)
  })

  test('two who delete overlapping words and think better of it do not have any of it twice (FluidFramework #3964)', () => {
    const a = createDocument({ replica: 'a' })
    a.text('t').insert(0, 'abc')
    const b = copyOf(a, 'b')
    const managers = [undoManager(a), undoManager(b)] as const
    a.text('t').delete(0, 2)
    b.text('t').delete(1, 2)
    exchange(a, b)
    managers[0].undo()
    managers[1].undo()
    exchange(a, b)
    // What both deleted neither brings back: the other's deletion is not his to undo.
    expect([textOf(a), textOf(b)]).toEqual(['ac', 'ac'])
  })
})

describe('containers that stand again', () => {
  /** A document whose container was deleted, and the change that brings it back. */
  function broughtBack(
    prepare: (document: Document) => void,
    remove: (document: Document) => void,
  ): [Document, Change] {
    const document = createDocument({ replica: 'a' })
    prepare(document)
    const manager = undoManager(document)
    remove(document)
    const before = copyOf(document, 'reader')
    manager.undo()
    const [change] = decodeChanges(document.changesSince(before.version))
    return [before, change as Change]
  }

  /** The same change with one letter exchanged for another wherever it stands in the bytes. */
  function withLetter(change: Change, from: string, to: string): Change {
    const operations = change.operations.map((byte) => (byte === from.charCodeAt(0) ? to.charCodeAt(0) : byte))
    expect(operations).not.toEqual(change.operations)
    return { ...change, operations }
  }

  function fateOf(document: Document, change: Change): string {
    let fate = 'applied'
    document.subscribe((event) => {
      if (event.type === 'rejected') fate = event.reason
    })
    document.apply([change])
    return fate
  }

  const inList = [
    (document: Document): void => void document.list('L').create(0, 'map'),
    (document: Document): void => document.list('L').delete(0),
  ] as const
  const inMap = [
    (document: Document): void => void document.map('m').create('K', 'map'),
    (document: Document): void => void document.map('m').delete('K'),
  ] as const

  test('stand where they were', () => {
    for (const [prepare, remove] of [inList, inMap]) {
      const [document, change] = broughtBack(prepare, remove)
      expect(fateOf(document, change)).toBe('applied')
      expect(JSON.stringify(document)).toContain('{}')
    }
  })

  test('stand nowhere else: in no other list, and under no other key', () => {
    const [one, inAnotherList] = broughtBack(...inList)
    expect(fateOf(one, withLetter(inAnotherList, 'L', 'Q'))).toBe('invalid')
    const [two, underAnotherKey] = broughtBack(...inMap)
    expect(fateOf(two, withLetter(underAnotherKey, 'K', 'Q'))).toBe('invalid')
  })

  test('stand once, also when two bring the same one back at the same time', () => {
    const [document, change] = broughtBack(...inList)
    const other: Change = {
      ...change,
      replica: replicaId('z'),
      sequence: 0,
      dependencies: [{ replica: change.replica, sequence: change.sequence - 1 }],
    }
    const reversed = copyOf(document, 'reversed')
    for (const one of [change, other]) expect(fateOf(document, one)).toBe('applied')
    for (const one of [other, change]) expect(fateOf(reversed, one)).toBe('applied')
    for (const one of [document, reversed]) {
      expect(one.list('L').toJSON()).toEqual([{}])
      one.list('L').push('x')
      expect(one.list('L').toJSON()).toEqual([{}, 'x'])
      one.list('L').delete(0)
      one.list('L').delete(0)
    }
    exchange(document, reversed)
    expect(document.encode()).toEqual(reversed.encode())
  })

  test('are the same to whoever still holds them', () => {
    const document = createDocument()
    const outer = document.list('l').create(0, 'list')
    outer.create(0, 'map')
    const manager = undoManager(document)
    document.list('l').delete(0)
    manager.undo()
    expect(document.list('l').toArray()).toEqual([outer])
    expect(document.list('l').get(0)).toBe(outer)
  })
})
