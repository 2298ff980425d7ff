import { describe, expect, test } from 'vitest'
import {
  VectorClock,
  authorship,
  checkout,
  createDocument,
  decodeChanges,
  diff,
  fork,
  history,
  isContainer,
  loadDocument,
  type AuthorSpan,
  type Change,
  type Document,
  type HistoryEntry,
  type ListContainer,
  type TextContainer,
  type VersionVector,
} from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { DocumentMirror } from './document-mirror.ts'
import { expectMirrored } from './mirrored.ts'
import { editRandomly } from './random-edits.ts'

interface Moment {
  readonly version: VersionVector
  readonly content: unknown
  readonly bytes: Uint8Array
}

interface Recorded {
  /** Has everything. */
  readonly whole: Document
  /** Versions that replicas had on the way, most of them of no other. */
  readonly moments: readonly Moment[]
}

/** Replicas that edit everything there is, hear of each other now and then, and at last of all. */
function record(seed: number): Recorded {
  const random = createRandom(`past ${seed}`)
  let time = 1000
  const now = (): number => (time += integer(random, 5))
  const replicas = ['a', 'b', 'c'].map((replica) => createDocument({ replica, now }))
  const moments: Moment[] = []
  for (let round = 0; round < 50; round++) {
    const one = replicas[integer(random, 3)] as Document
    const other = replicas[integer(random, 3)] as Document
    editRandomly(one, random)
    if (integer(random, 4) === 0) one.merge(other.changesSince(one.version))
    if (round % 3 === 0) moments.push({ version: one.version, content: one.toJSON(), bytes: one.encode() })
  }
  const [whole, ...others] = replicas as [Document, Document, Document]
  for (const other of others) whole.merge(other.encode())
  return { whole, moments }
}

const seeds = Array.from({ length: figure('groups', 6, 200) }, (_, index) => index + 1)

describe('checkout', () => {
  test.each(seeds)('shows every version as the replica that had it (seed %i)', (seed) => {
    const { whole, moments } = record(seed)
    const before = whole.encode()
    for (const { version, content, bytes } of moments) {
      const past = checkout(whole, version)
      expect(past.toJSON()).toEqual(content)
      expect(past.version.equals(version)).toBe(true)
      expect(past.encode()).toEqual(bytes)
      expect(checkout(whole, past.frontier).encode()).toEqual(bytes)
      // A past has a past.
      expect(checkout(past, version).encode()).toEqual(bytes)
    }
    expect(checkout(whole, []).toJSON()).toEqual({})
    expect(whole.encode()).toEqual(before)
  })

  test('of a document that was loaded and not read yet shows what is gone since', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'hello')
    const { version } = document
    document.text('t').replace(0, 5, 'bye')
    const open = (): Document => loadDocument(document.encode(), { replica: 'b' })
    expect(checkout(open(), version).text('t').toString()).toBe('hello')
    expect(diff(open(), version, document.version)).toMatchObject([{ delta: [{ insert: 'bye' }, { delete: 5 }] }])
    const edited = open()
    edited.text('t').insert(3, '!')
    const bye = { replica: 'a', sequence: 10, length: 3, time: 0 }
    expect(authorship(edited, edited.text('t'))).toEqual([bye, { replica: 'b', sequence: 0, length: 1, time: 0 }])
    expect([...history(edited)].map(({ count }) => count)).toEqual([1, 8, 5])
    expect(fork(edited).encode()).toEqual(edited.encode())
  })

  test('keeps changes without effect where they are', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'x')
    const [change] = decodeChanges(document.changesSince(VectorClock.zero)) as [Change]
    const invalid = { ...change, replica: 'b' as Change['replica'], operations: Uint8Array.of(1, 9, 9) }
    document.apply([invalid])
    const past = checkout(document, document.version)
    expect(past.encode()).toEqual(document.encode())
  })

  test('refuses a version that is not here, and says what is missing', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'hello')
    expect(() => checkout(document, document.version.with('a', 6))).toThrow(/operation 5 of a is not here/)
    expect(() => checkout(document, document.version.with('b', 1))).toThrow(/operation 0 of b is not here/)
    expect(() => checkout(document, [{ replica: document.replica, sequence: 9 }])).toThrow(RangeError)
  })

  test('refuses half a change, but takes a dot inside one for the whole', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'hello')
    expect(() => checkout(document, document.version.with('a', 3))).toThrow(/operation 2 of a is half a change/)
    const [head] = document.frontier
    const past = checkout(document, [{ replica: head?.replica ?? document.replica, sequence: 1 }])
    expect(past.text('t').toString()).toBe('hello')
  })

  test('refuses effects without their causes', () => {
    const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica })) as [Document, Document]
    a.text('t').insert(0, 'x')
    b.merge(a.encode())
    b.text('t').insert(1, 'y')
    expect(() => checkout(b, VectorClock.from([['b', 1]]))).toThrow(/it lacks operation 0 of a, on which it builds/)
  })

  test('can neither be edited nor merged into', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'x')
    document.map('m').create('list', 'list').push(1)
    const bytes = document.encode()
    const past = checkout(document, document.version)
    const attempts: (() => unknown)[] = [
      () => past.text('t').insert(0, 'y'),
      () => past.text('t').delete(0, 1),
      () => past.text('new').insert(0, 'y'),
      () => past.text('t').replace(0, 1, 'y'),
      () => past.map('m').set('k', 1),
      () => past.map('m').create('k', 'text'),
      () => past.map('m').delete('list'),
      () => past.counter('c').add(1),
      () => past.set('s').add(1),
      () => past.register('r').set(1),
      () => past.tree('tree').create(),
      () => past.transact(() => 1),
      () => past.merge(bytes),
      () => past.apply([]),
      () => past.openIncoming(),
      () => past.receiveTogether(() => undefined),
    ]
    const list = past.map('m').get('list') as ListContainer
    attempts.push(() => list.push(2))
    for (const attempt of attempts) {
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow('Cannot change the document: it shows a version of the past')
    }
    expect(past.encode()).toEqual(bytes)
  })

  test('waits for the end of a transaction', () => {
    const document = createDocument({ replica: 'a' })
    document.transact(() => {
      document.text('t').insert(0, 'x')
      expect(() => checkout(document, [])).toThrow('Cannot look at the past: a transaction is open')
      expect(() => history(document)).toThrow('a transaction is open')
      expect(() => fork(document)).toThrow('a transaction is open')
    })
  })
})

describe('diff', () => {
  test.each(seeds)('leads from any version to any other, and back (seed %i)', (seed) => {
    const { whole, moments } = record(seed)
    const random = createRandom(seed)
    const mirror = new DocumentMirror()
    let at: VersionVector = VectorClock.zero
    for (let round = 0; round < 20; round++) {
      const { version } = moments[integer(random, moments.length)] as Moment
      mirror.apply(diff(whole, at, version))
      expectMirrored(mirror, checkout(whole, version))
      expect(diff(whole, version, version)).toEqual([])
      at = version
    }
    mirror.apply(diff(whole, at, []))
    expectMirrored(mirror, checkout(whole, []))
  })

  test('tells of a moved element that it is the same one', () => {
    const document = createDocument({ replica: 'a' })
    document.list('l').push('x', 'x', 'y')
    const { version } = document
    document.list('l').move(0, 2)
    const [there] = diff(document, version, document.version)
    expect(there).toMatchObject({ type: 'list', moves: [{ from: 0, to: 2 }] })
    const [back] = diff(document, document.version, version)
    expect(back).toMatchObject({ type: 'list', moves: [{ from: 2, to: 0 }] })
  })

  test('is as fine as the edits were', () => {
    const document = createDocument({ replica: 'a' })
    const text = document.text('t')
    text.insert(0, 'The quick brown fox')
    const { version } = document
    text.replace(4, 5, 'slow')
    text.insert(0, '> ')
    const [delta] = diff(document, version, document.version)
    expect(delta).toMatchObject({
      type: 'text',
      delta: [{ insert: '> ' }, { retain: 4 }, { insert: 'slow' }, { delete: 5 }],
    })
  })

  test('passes over equal values that were set again', () => {
    const document = createDocument({ replica: 'a' })
    document.map('m').set('k', { a: [1] })
    const { version } = document
    document.map('m').set('k', { a: [1] })
    document.map('m').set('z', -0)
    document.map('m').set('z', 0)
    const [delta, ...others] = diff(document, version, document.version)
    expect(others).toEqual([])
    expect(delta?.type === 'map' ? [...delta.keys.keys()] : []).toEqual(['z'])
  })

  test.each([
    [[], {}],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [{ a: [0] }, { a: [-0] }],
    [null, []],
    ['', 0],
  ])('tells %j and %j apart', (one, other) => {
    const document = createDocument({ replica: 'a' })
    document.register('r').set(one)
    const { version } = document
    document.register('r').set(other)
    expect(diff(document, version, document.version)).toMatchObject([{ type: 'register', old: one, new: other }])
    expect(diff(document, document.version, version)).toMatchObject([{ type: 'register', old: other, new: one }])
  })
})

/** Who inserted each unit, found out by listening to one change after the other. */
class Authors {
  readonly #units = new Map<string, (readonly [replica: string, time: number])[]>()

  constructor(document: Document) {
    document.subscribe((event) => {
      if (event.type === 'rejected') return
      const [{ replica, time }] = event.changes as readonly [Change]
      expect(event.changes).toHaveLength(1)
      for (const delta of event.deltas) {
        if (delta.type !== 'text' && delta.type !== 'list') continue
        const moved = new Map((delta.type === 'list' ? (delta.moves ?? []) : []).map(({ from, to }) => [to, from]))
        const units = this.of(delta.container.id)
        const before = units.slice()
        let at = 0
        for (const run of delta.delta) {
          if ('retain' in run) at += run.retain
          else if ('delete' in run) units.splice(at, run.delete)
          else {
            const come = Array.from({ length: run.insert.length }, (_, offset) => {
              const from = moved.get(at + offset)
              return from === undefined ? ([replica, time] as const) : (before[from] as readonly [string, number])
            })
            units.splice(at, 0, ...come)
            at += come.length
          }
        }
      }
    })
  }

  of(id: string): (readonly [replica: string, time: number])[] {
    const units = this.#units.get(id) ?? []
    this.#units.set(id, units)
    return units
  }
}

function unitsOf(spans: readonly AuthorSpan[]): (readonly [replica: string, time: number])[] {
  return spans.flatMap(({ length, replica, time }) => Array.from({ length }, () => [replica, time] as const))
}

/** Texts and lists at the root, and right below. */
function sequencesOf(document: Document): (TextContainer | ListContainer)[] {
  const roots = [document.text('text'), document.list('list')]
  const nested = [
    ...document.list('list').toArray(),
    ...document
      .map('map')
      .entries()
      .map(([, content]) => content),
  ]
  return [...roots, ...nested.filter(isContainer).filter((one) => one.type === 'text' || one.type === 'list')]
}

describe('authorship', () => {
  test.each(seeds)('tells what one who listened to every change knows (seed %i)', (seed) => {
    const { whole, moments } = record(seed)
    for (const version of [whole.version, ...moments.slice(-5).map((moment) => moment.version)]) {
      const past = checkout(whole, version)
      const listener = createDocument({ replica: 'listener' })
      const authors = new Authors(listener)
      for (const change of decodeChanges(past.encode())) listener.apply([change])
      for (const sequence of sequencesOf(past)) {
        expect(unitsOf(authorship(past, sequence, { gap: 0 }))).toEqual(authors.of(sequence.id))
        const spans = authorship(past, sequence)
        expect(unitsOf(spans).map(([replica]) => replica)).toEqual(authors.of(sequence.id).map(([replica]) => replica))
        const dots = spans.flatMap(({ length, replica, sequence }) =>
          Array.from({ length }, (_, offset) => `${replica} ${sequence + offset}`),
        )
        expect(new Set(dots).size).toBe(sequence.length)
      }
    }
  })

  test('joins what was typed on, up to a gap in time', () => {
    let time = 0
    const document = createDocument({ replica: 'a', now: () => time })
    const text = document.text('t')
    for (const [at, letter] of Array.from('abcd').entries()) {
      time = at < 2 ? 10 + at : 500
      text.insert(at, letter)
    }
    const all = { length: 4, replica: 'a', sequence: 0, time: 10 }
    expect(authorship(document, text)).toEqual([all])
    expect(authorship(document, text, { gap: 1 })).toEqual([
      { ...all, length: 2 },
      { ...all, length: 2, sequence: 2, time: 500 },
    ])
    expect(authorship(document, text, { gap: 0 }).map(({ length }) => length)).toEqual([1, 1, 2])
    text.insert(2, '-')
    expect(authorship(document, text).map(({ length, sequence }) => [length, sequence])).toEqual([
      [2, 0],
      [1, 4],
      [2, 2],
    ])
  })

  test('is of no container of another document', () => {
    const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica })) as [Document, Document]
    expect(() => authorship(a, b.text('t'))).toThrow(TypeError)
  })
})

describe('history', () => {
  function read(document: Document, options: Parameters<typeof history>[1]): HistoryEntry[] {
    return [...history(document, options)]
  }

  function plain({ replica, sequence, count, changes, time, until, dependencies }: HistoryEntry): unknown {
    return { replica, sequence, count, changes, time, until, dependencies }
  }

  test.each(seeds)('tells every change, behind all it depends on, alike on every replica (seed %i)', (seed) => {
    const { whole, moments } = record(seed)
    const oldest = read(whole, { first: 'oldest' })
    const expected = decodeChanges(whole.encode()).map(({ operations: _operations, time, ...change }) => ({
      ...change,
      time,
      until: time,
      changes: 1,
    }))
    expect(oldest.map(plain)).toEqual(expected)
    expect(read(whole, {}).map(plain)).toEqual(expected.toReversed())
    const other = createDocument({ replica: 'other' })
    for (const { bytes } of moments.toReversed()) other.merge(bytes)
    other.merge(whole.encode())
    expect(read(other, { first: 'oldest' }).map(plain)).toEqual(expected)
    const seen = new Map<string, number>()
    for (const { replica, sequence, count, dependencies, version } of oldest) {
      expect(sequence).toBe(seen.get(replica) ?? 0)
      for (const dot of dependencies) expect(dot.sequence).toBeLessThan(seen.get(dot.replica) ?? 0)
      seen.set(replica, sequence + count)
      expect(version.get(replica)).toBe(sequence + count)
      expect(checkout(whole, version).version.equals(version)).toBe(true)
    }
  })

  test.each(seeds)('tells what lies between two versions (seed %i)', (seed) => {
    const { whole, moments } = record(seed)
    for (const [index, { version: until }] of moments.entries()) {
      const since = moments[(index * 7) % moments.length]?.version ?? VectorClock.zero
      const expected = read(whole, {}).filter(
        ({ replica, sequence }) => sequence >= since.get(replica) && sequence < until.get(replica),
      )
      expect(new Set(read(whole, { since, until }).map((entry) => JSON.stringify(plain(entry))))).toEqual(
        new Set(expected.map((entry) => JSON.stringify(plain(entry)))),
      )
    }
    expect(read(whole, { since: whole.version })).toEqual([])
  })

  test('joins changes of one author up to a gap in time', () => {
    let time = 0
    const [a, b] = ['a', 'b'].map((replica) => createDocument({ replica, now: () => time })) as [Document, Document]
    const type = (document: Document, ...times: readonly number[]): void => {
      for (const at of times) {
        time = at
        document.text('t').insert(0, 'xy')
      }
    }
    type(a, 10, 20, 30, 90, 95)
    b.merge(a.encode())
    type(b, 100)
    a.merge(b.encode())
    type(a, 101, 102)
    const groups = [
      { replica: 'a', sequence: 0, count: 6, changes: 3, time: 10, until: 30, dependencies: [] },
      { replica: 'a', sequence: 6, count: 4, changes: 2, time: 90, until: 95, dependencies: [] },
      { replica: 'b', sequence: 0, count: 2, changes: 1, time: 100, until: 100, dependencies: [dot('a', 9)] },
      { replica: 'a', sequence: 10, count: 4, changes: 2, time: 101, until: 102, dependencies: [dot('b', 1)] },
    ]
    expect(read(a, { first: 'oldest', gap: 10 }).map(plain)).toEqual(groups)
    expect(read(a, { first: 'newest', gap: 10 }).map(plain)).toEqual(groups.toReversed())
    expect(read(a, { gap: 10 }).map(({ version }) => version.toJSON())).toEqual([
      { a: 14, b: 2 },
      { a: 10, b: 2 },
      { a: 10 },
      { a: 6 },
    ])
  })

  test('is read entry by entry, while the document goes on', () => {
    const document = createDocument({ replica: 'a' })
    for (let count = 0; count < 5; count++) document.counter('c').add(1)
    const told: number[] = []
    for (const { sequence } of history(document)) {
      told.push(sequence)
      document.counter('c').add(1)
      if (told.length === 3) break
    }
    expect(told).toEqual([4, 3, 2])
  })

  function dot(replica: string, sequence: number): unknown {
    return { replica, sequence }
  }
})

describe('fork', () => {
  test.each(seeds.slice(0, 3))('goes on by itself, with all history, and may be merged again (seed %i)', (seed) => {
    const { whole } = record(seed)
    const bytes = whole.encode()
    const forked = fork(whole, { replica: 'fork' })
    expect(forked.replica).toBe('fork')
    expect(forked.encode()).toEqual(bytes)
    const random = createRandom(seed)
    for (let edit = 0; edit < 20; edit++) editRandomly(forked, random)
    expect(whole.encode()).toEqual(bytes)
    for (let edit = 0; edit < 20; edit++) editRandomly(whole, random)
    whole.merge(forked.encode())
    forked.merge(whole.encode())
    expect(forked.toJSON()).toEqual(whole.toJSON())
    expect(forked.encode()).toEqual(whole.encode())
  })

  test('of a version of the past goes on from there', () => {
    const document = createDocument({ replica: 'a' })
    document.text('t').insert(0, 'hello')
    const { version } = document
    document.text('t').insert(5, ' world')
    const forked = fork(checkout(document, version), { replica: 'b' })
    forked.text('t').insert(5, '!')
    expect(forked.text('t').toString()).toBe('hello!')
    document.merge(forked.encode())
    expect(document.text('t').toString()).toBe('hello world!')
  })

  test('never writes as the one it was forked from', () => {
    const document = createDocument({ replica: 'a' })
    expect(() => fork(document, { replica: 'a' })).toThrow(RangeError)
    expect(() => fork(checkout(document, []), { replica: 'a' })).toThrow(RangeError)
    expect(fork(document).replica).not.toBe('a')
  })
})
