import { describe, expect, test } from 'vitest'
import {
  DecodeError,
  createDocument,
  decodeAnchor,
  decodeChanges,
  defineDocument,
  encodeAnchor,
  list,
  loadDocument,
  map,
  register,
  type ChangedEvent,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { findSeals, reseal } from './checksums.ts'
import { DocumentMirror } from './document-mirror.ts'
import { NaiveList } from './naive-list.ts'

function copyOf(document: Document, replica: string): Document {
  return loadDocument(document.encode(), { replica })
}

function exchange(...documents: readonly Document[]): void {
  for (let round = 0; round < 2; round++) {
    for (const from of documents) for (const to of documents) to.merge(from.changesSince(to.version))
  }
}

function lettersOf(document: Document): string {
  return document.list('l').toArray().join('')
}

function withLetters(letters: string): Document {
  const document = createDocument({ replica: 'a' })
  document.list('l').insert(0, ...letters.split(''))
  return document
}

describe('an element of a list', () => {
  test('stands afterwards where it was moved to', () => {
    for (let from = 0; from < 5; from++) {
      for (let to = 0; to < 5; to++) {
        const document = withLetters('abcde')
        document.list('l').move(from, to)
        expect(lettersOf(document)).toBe(
          'abcde'.split('').toSpliced(from, 1).toSpliced(to, 0, 'abcde'.charAt(from)).join(''),
        )
      }
    }
  })

  test('is not moved from or to where nothing is', () => {
    const document = withLetters('ab')
    for (const [from, to] of [
      [2, 0],
      [0, 2],
      [-1, 0],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const) {
      expect(() => document.list('l').move(from, to)).toThrow(RangeError)
    }
    expect(document.statistics.changes).toBe(1)
  })

  test('is not moved by going nowhere', () => {
    const document = withLetters('ab')
    document.list('l').move(1, 1)
    expect(document.statistics.changes).toBe(1)
  })

  test('that several move at once is in one place', () => {
    const a = withLetters('abcde')
    const b = copyOf(a, 'b')
    const c = copyOf(a, 'c')
    a.list('l').move(0, 4)
    b.list('l').move(0, 2)
    c.list('l').move(0, 3)
    exchange(a, b, c)
    // Of equal Lamport times the greatest replica stands.
    for (const document of [a, b, c]) expect(lettersOf(document)).toBe('bcdae')
  })

  test('that somebody deletes while another moves it is gone', () => {
    const a = withLetters('abc')
    const b = copyOf(a, 'z')
    a.list('l').delete(0)
    b.list('l').move(0, 2)
    b.list('l').move(2, 1)
    exchange(a, b)
    for (const document of [a, b]) expect(lettersOf(document)).toBe('bc')
  })

  test('stays a ghost nowhere when it is moved, deleted, or surrounded after being moved at once', () => {
    const a = withLetters('abcde')
    const b = copyOf(a, 'b')
    a.list('l').move(0, 4)
    b.list('l').move(0, 2)
    exchange(a, b)
    expect(lettersOf(a)).toBe('bcade')
    a.list('l').insert(5, 'x')
    a.list('l').delete(1, 4)
    expect(lettersOf(a)).toBe('bx')
    b.list('l').move(0, 4)
    exchange(a, b)
    for (const document of [a, b]) expect(lettersOf(document)).toBe('xb')
  })

  test('takes what is in it along', () => {
    const a = createDocument({ replica: 'a' })
    const text = a.list('l').create(0, 'text')
    a.list('l').push('x', 'y')
    const b = copyOf(a, 'b')
    a.list('l').move(0, 2)
    b.list('l').move(0, 1)
    text.insert(0, 'one')
    ;(b.container(text.id) as typeof text).insert(0, 'two')
    exchange(a, b)
    expect(a.list('l').get(1)).toBe(text)
    for (const document of [a, b]) expect(document.list('l').toJSON()).toEqual(['x', 'onetwo', 'y'])
  })

  test('is followed by an anchor, wherever it is moved, on every replica', () => {
    const a = withLetters('abcd')
    const anchor = decodeAnchor(encodeAnchor(a.anchor(a.list('l'), 0, 'before')))
    const behind = a.anchor(a.list('l'), 1, 'after')
    const b = copyOf(a, 'b')
    a.list('l').move(0, 3)
    b.list('l').move(0, 2)
    exchange(a, b)
    for (const document of [a, b]) {
      expect(lettersOf(document)).toBe('bcad')
      expect([document.resolve(anchor), document.resolve(behind)]).toEqual([2, 3])
      expect(document.anchor(document.list('l'), 2, 'before')).toEqual(anchor)
    }
    b.list('l').delete(2)
    exchange(a, b)
    for (const document of [a, b]) expect([document.resolve(anchor), document.resolve(behind)]).toEqual([2, 2])
  })

  test('is where it was after a transaction that throws', () => {
    const a = withLetters('abcd')
    const b = copyOf(a, 'b')
    a.list('l').move(0, 3)
    b.list('l').move(0, 2)
    exchange(a, b)
    const before = a.encode()
    const attempt = (): void =>
      a.transact(() => {
        a.list('l').move(0, 1)
        a.list('l').move(2, 0)
        a.list('l').delete(1)
        a.list('l').insert(0, 'x')
        throw new Error('no')
      })
    expect(attempt).toThrow('no')
    expect(lettersOf(a)).toBe('bcad')
    expect(a.encode()).toEqual(before)
    a.list('l').move(0, 3)
    exchange(a, b)
    for (const document of [a, b]) expect(lettersOf(document)).toBe('cadb')
  })

  test('may be moved by its schema', () => {
    const Notes = defineDocument({ plain: list<string>(), todo: list(map({ title: register<string>() })) })
    const notes = Notes.open(createDocument())
    notes.plain.push('a', 'b')
    notes.plain.move(1, 0)
    for (const title of ['a', 'b', 'c']) notes.todo.push({ title })
    notes.todo.move(2, 0)
    expect(notes.plain.toArray()).toEqual(['b', 'a'])
    expect(notes.todo.toArray().map((item) => item.get('title'))).toEqual(['c', 'a', 'b'])
  })
})

describe('an event of a move', () => {
  function eventsOf(document: Document): ChangedEvent[] {
    const events: ChangedEvent[] = []
    document.subscribe((event) => {
      if (event.type === 'changed') events.push(event)
    })
    return events
  }

  test('tells it as deletion and insertion, and that it moved', () => {
    const document = withLetters('abcd')
    const events = eventsOf(document)
    document.list('l').move(0, 2)
    expect(events[0]?.deltas).toEqual([
      {
        type: 'list',
        container: document.list('l'),
        delta: [{ delete: 1 }, { retain: 2 }, { insert: ['a'] }],
        moves: [{ from: 0, to: 2 }],
      },
    ])
    document.list('l').delete(0)
    expect(events[1]?.deltas[0]).not.toHaveProperty('moves')
  })

  test('tells several at once by where they were and are', () => {
    const document = withLetters('abcd')
    const events = eventsOf(document)
    document.transact(() => {
      document.list('l').move(3, 0)
      document.list('l').insert(0, 'x')
      document.list('l').move(0, 4)
      document.list('l').move(2, 3)
      document.list('l').delete(1)
    })
    expect(lettersOf(document)).toBe('dcbx')
    const [delta] = events[0]?.deltas ?? []
    expect(delta?.type === 'list' && delta.moves).toEqual([
      { from: 3, to: 0 },
      { from: 1, to: 2 },
    ])
  })

  test('of a place that does not stand says nothing', () => {
    const a = withLetters('abcd')
    const b = copyOf(a, 'b')
    a.list('l').move(0, 3)
    b.list('l').move(0, 2)
    const events = eventsOf(b)
    b.merge(a.changesSince(b.version))
    expect(events[0]?.deltas).toEqual([])
    const others = eventsOf(a)
    a.merge(b.changesSince(a.version))
    expect(others[0]?.deltas[0]).toMatchObject({ moves: [{ from: 3, to: 2 }] })
  })
})

/** A document, and what its replica knows of the model. */
interface Author {
  readonly document: Document
  readonly known: Set<string>
}

function edit({ document, known }: Author, model: NaiveList, random: Random, element: number): void {
  const items = document.list('l')
  const { length } = items
  const index = integer(random, length + 1)
  const choice = integer(random, 6)
  if (choice < 2 || length === 0) {
    items.insert(index, element)
    model.insert(document.replica, known, index, element)
  } else if (choice === 2 && index < length) {
    items.delete(index)
    model.delete(document.replica, known, index)
  } else {
    const from = integer(random, length)
    const to = integer(random, length)
    items.move(from, to)
    if (from !== to) model.move(document.replica, known, from, to)
  }
}

/** One takes in some of what the other knows, cut anywhere between two changes. */
function hear(author: Author, other: Author, random: Random): void {
  const changes = decodeChanges(other.document.changesSince(author.document.version))
  const heard = author.document.apply(changes.slice(0, integer(random, changes.length + 1)))
  for (const { replica, sequence, count } of heard.changes) {
    for (let unit = 0; unit < count; unit++) author.known.add(`${replica}/${sequence + unit}`)
  }
}

describe('lists of several who move at once', () => {
  test.each(Array.from({ length: figure('groups', 60, 2000) }, (_, index) => index + 1))(
    'are on every replica, at any time, what they are by definition (seed %i)',
    (seed) => {
      const random = createRandom(seed)
      const model = new NaiveList()
      const authors = ['a', 'B', 'c'].map((replica) => ({
        document: createDocument({ replica }),
        known: new Set<string>(),
      }))
      const mirrors = authors.map(({ document }) => {
        const mirror = new DocumentMirror()
        document.subscribe((event) => mirror.hear(event))
        return mirror
      })
      for (let round = 0; round < 60; round++) {
        const author = authors[integer(random, 3)] as Author
        if (integer(random, 3) === 0) hear(author, authors[integer(random, 3)] as Author, random)
        else edit(author, model, random, round)
        expect(author.document.list('l').toArray()).toEqual(model.elements(author.known))
      }
      exchange(...authors.map(({ document }) => document))
      const expected = model.elements(new Set(authors.flatMap(({ known }) => [...known])))
      const { document: first } = authors[0] as Author
      for (const [index, { document }] of authors.entries()) {
        expect(document.list('l').toArray()).toEqual(expected)
        expect(document.encode()).toEqual(first.encode())
        expect(mirrors[index]?.read(document.list('l').id) ?? []).toEqual(expected)
        expect(document.statistics.rejected).toBe(0)
      }
      const shuffled = createDocument()
      for (const change of shuffle(random, decodeChanges(first.encode()))) shuffled.apply([change])
      expect(shuffled.list('l').toArray()).toEqual(expected)
      expect(shuffled.encode()).toEqual(first.encode())
      expect(loadDocument(first.encode()).list('l').toArray()).toEqual(expected)
    },
  )

  test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'tell listeners which elements moved, and from where (seed %i)',
    (seed) => {
      const random = createRandom(seed)
      let next = 0
      const documents = ['a', 'b'].map((replica) => createDocument({ replica }))
      const [a, b] = documents as [Document, Document]
      a.list('l').insert(0, ...Array.from({ length: 6 }, () => next++))
      b.merge(a.encode())
      let before = b.list('l').toArray()
      let told = 0
      b.subscribe((event) => {
        const now = b.list('l').toArray()
        for (const delta of event.type === 'changed' ? event.deltas : []) {
          for (const { from, to } of (delta.type === 'list' && delta.moves) || []) {
            expect(now[to]).toBe(before[from])
            told++
          }
        }
        before = now
      })
      for (let round = 0; round < 40; round++) {
        const document = documents[integer(random, 2)] as Document
        const { length } = document.list('l')
        const edit = (): void => document.list('l').move(integer(random, length), integer(random, length))
        if (integer(random, 4) === 0) exchange(a, b)
        else if (integer(random, 2) === 0) edit()
        else document.transact(() => [edit(), document.list('l').insert(0, next++), edit()])
      }
      expect(told).toBeGreaterThan(5)
    },
  )
})

describe('a hostile move', () => {
  /** A list of two, and its bytes with the operation of the last change exchanged. */
  test('out of range is invalid, alike on every replica', () => {
    const a = withLetters('ab')
    const b = copyOf(a, 'b')
    b.list('l').move(0, 1)
    const [change] = decodeChanges(b.changesSince(a.version))
    if (change === undefined) throw new Error('There is no change')
    const operations = change.operations.slice()
    operations[operations.length - 1] = 2
    const c = copyOf(a, 'c')
    c.list('l').push('x')
    for (const document of [a, c]) {
      const reasons: string[] = []
      document.subscribe((event) => event.type === 'rejected' && reasons.push(event.reason))
      document.apply([{ ...change, operations }])
      expect(reasons).toEqual(['invalid'])
      expect(lettersOf(document).slice(0, 2)).toBe('ab')
    }
    exchange(a, c)
    expect(a.encode()).toEqual(c.encode())
  })

  /** Chunks with a right checksum in which two bytes are other ones. */
  function* forged(bytes: Uint8Array): Generator<Uint8Array> {
    const seals = findSeals(bytes)
    for (let one = 0; one < bytes.length; one++) {
      for (let other = one + 1; other < Math.min(bytes.length, one + 8); other++) {
        for (const [left, right] of [
          [-1, 1],
          [-1, 2],
          [-2, 2],
          [1, -1],
        ] as const) {
          const copy = bytes.slice()
          copy[one] = (copy[one] as number) + left
          copy[other] = (copy[other] as number) + right
          reseal(copy, seals)
          yield copy
        }
      }
    }
  }

  test.each([
    ['a move', (document: Document): void => document.list('l').move(0, 1)],
    ['several items', (document: Document): void => document.list('l').insert(1, 'x', 'y')],
  ])('or a change that ends within %s, in a chunk: whoever hears of the changes alone sees the same', (_, edit) => {
    const a = withLetters('ab')
    const base = a.encode()
    const { version } = a
    edit(a)
    let read = 0
    for (const bytes of forged(a.changesSince(version))) {
      const together = loadDocument(base, { replica: 'together' })
      const alone = loadDocument(base, { replica: 'alone' })
      try {
        together.merge(bytes)
      } catch (error) {
        if (error instanceof DecodeError) continue
        throw error
      }
      read++
      alone.apply(decodeChanges(together.changesSince(version)))
      expect(alone.toJSON()).toEqual(together.toJSON())
      expect(alone.encode()).toEqual(together.encode())
    }
    expect(read).toBeGreaterThan(0)
  })
})
