import { describe, expect, test } from 'vitest'
import {
  DecodeError,
  HistoryDroppedError,
  VectorClock,
  authorship,
  checkout,
  compact,
  createDocument,
  decodeChanges,
  diff,
  fork,
  history,
  loadCompacted,
  loadDocument,
  mergeGradually,
  undoManager,
  view,
  type Document,
  type RejectedEvent,
  type TextContainer,
} from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { DocumentMirror } from './document-mirror.ts'
import { expectMirrored } from './mirrored.ts'
import { editRandomly } from './random-edits.ts'

const seeds = Array.from({ length: figure('groups', 12, 500) }, (_, index) => index + 1)

/** Replicas that have all of each other's edits, the last of which was made on all others. */
function together(random: Random, count: number, edits: number): Document[] {
  const documents = Array.from({ length: count }, (_, at) => createDocument({ replica: `r${at}` }))
  editTogether(documents, random, edits)
  return documents
}

function editTogether(documents: readonly Document[], random: Random, edits: number): void {
  for (let edit = 0; edit < edits; edit++) {
    const one = documents[integer(random, documents.length)] as Document
    editRandomly(one, random)
    if (integer(random, 3) === 0) exchange(one, documents[integer(random, documents.length)] as Document)
  }
  exchangeAll(documents)
  documents[integer(random, documents.length)]?.counter('seals').add()
  exchangeAll(documents)
}

function exchange(one: Document, other: Document): void {
  one.merge(other.changesSince(one.version))
  other.merge(one.changesSince(other.version))
}

function exchangeAll(documents: readonly Document[]): void {
  for (const one of documents) for (const other of documents) exchange(one, other)
}

function compacted(document: Document, replica: string = document.replica): Document {
  return loadCompacted(compact(document), { replica })
}

describe('a document that dropped its history', () => {
  test.each(seeds)('shows the same, and goes on with those that have all of it (seed %i)', (seed) => {
    const random = createRandom(`compaction ${seed}`)
    const documents = together(random, 3, 40)
    const [whole] = documents as [Document]
    for (let round = 0; round < 3; round++) {
      const at = 1 + integer(random, documents.length - 1)
      const before = documents[at] as Document
      const after = compacted(before)
      expect(after.toJSON()).toEqual(before.toJSON())
      expect(after.version.equals(before.version)).toBe(true)
      expect(after.frontier).toEqual(before.frontier)
      expect(after.statistics).toMatchObject({ operations: before.statistics.operations })
      documents[at] = after
      const mirror = new DocumentMirror()
      mirror.apply(diff(whole, VectorClock.zero, whole.version))
      after.subscribe((event) => mirror.hear(event))
      editTogether(documents, random, 30)
      expectMirrored(mirror, after)
      for (const document of documents) {
        expect(document.toJSON()).toEqual(whole.toJSON())
        expect(document.statistics).toMatchObject({ rejected: 0, waiting: 0 })
      }
    }
  })

  test.each(seeds)('is the same bytes wherever it was compacted, and when it is loaded and saved (seed %i)', (seed) => {
    const documents = together(createRandom(`canonical ${seed}`), 3, 40)
    const [bytes, ...others] = documents.map((document) => compact(document)) as [Uint8Array]
    for (const other of others) expect(other).toEqual(bytes)
    expect(loadCompacted(bytes).encode()).toEqual(bytes)
    expect(compact(loadCompacted(bytes))).toEqual(bytes)
  })

  test.each(seeds)('undoes and redoes as one that has all of it (seed %i)', (seed) => {
    const random = createRandom(`undo after compaction ${seed}`)
    const [whole] = together(random, 2, 30) as [Document]
    const twins = [fork(whole, { replica: 'me' }), compacted(whole, 'me')] as const
    const managers = twins.map((twin) => undoManager(twin))
    for (let edit = 0; edit < 12; edit++) {
      const choice = integer(random, 3)
      for (const [at, twin] of twins.entries()) {
        if (choice < 2) editRandomly(twin, createRandom(`edit ${seed} ${edit}`))
        else if (edit % 4 === 3) managers[at]?.redo()
        else managers[at]?.undo()
      }
      expect(twins[1].toJSON()).toEqual(twins[0].toJSON())
    }
    for (const manager of managers) while (manager.undo());
    expect(twins[1].toJSON()).toEqual(twins[0].toJSON())
  })

  test.each(seeds)('tells what was done since as one that has all of it (seed %i)', (seed) => {
    const random = createRandom(`past after compaction ${seed}`)
    const documents = together(random, 3, 30)
    const [whole, other] = documents as [Document, Document]
    const from = whole.version
    const slim = compacted(other)
    documents[1] = slim
    editTogether(documents, random, 15)
    const middle = whole.version
    editTogether(documents, random, 15)
    const labels = (document: Document): unknown[] =>
      [...history(document, { since: from })].map(({ replica, sequence, count }) => ({ replica, sequence, count }))
    expect(labels(slim)).toEqual(labels(whole))
    expect([...history(slim)]).toHaveLength(labels(slim).length)
    for (const version of [from, middle, whole.version]) {
      expect(checkout(slim, version).toJSON()).toEqual(checkout(whole, version).toJSON())
    }
    const deltas = (document: Document): unknown =>
      diff(document, from, middle)
        .map(({ container, ...delta }) => [container.id, JSON.stringify(delta)])
        .sort()
    expect(deltas(slim)).toEqual(deltas(whole))
    expect(view(slim)).toEqual(view(whole))
    const spans = (document: Document): unknown =>
      authorship(document, document.text('text')).map(({ length, replica, sequence }) => ({
        length,
        replica,
        sequence,
      }))
    expect(spans(slim)).toEqual(spans(whole))
  })

  test('keeps anchors at characters that are there, and knows no more of others', () => {
    const doc = createDocument({ replica: 'ada' })
    const text = doc.text('t')
    text.insert(0, 'one two three')
    const gone = doc.anchor(text, 5, 'before')
    text.delete(4, 4)
    const kept = doc.anchor(text, 4, 'before')
    const slim = compacted(doc)
    expect(slim.resolve(kept)).toBe(4)
    expect(doc.resolve(gone)).toBe(4)
    expect(slim.resolve(gone)).toBeUndefined()
    slim.text('t').insert(0, '!')
    expect(slim.resolve(kept)).toBe(5)
    expect(slim.anchor(slim.text('t'), 5, 'before')).toEqual(kept)
  })

  test('has no character that was deleted, and no value that was overwritten', () => {
    const doc = createDocument({ replica: 'ada' })
    const random = createRandom('secrets')
    const noise = Array.from({ length: 50_000 }, () => String.fromCharCode(33 + integer(random, 90))).join('')
    doc.text('t').insert(0, `kept${noise}`)
    doc.text('t').delete(4, noise.length)
    for (let key = 0; key < 100; key++) doc.map('m').set('k', noise.slice(key * 500, key * 500 + 400))
    doc.map('m').set('k', 'last')
    expect(doc.encode().length).toBeGreaterThan(60_000)
    const bytes = compact(doc)
    expect(bytes.length).toBeLessThan(200)
    expect(loadCompacted(bytes).toJSON()).toEqual({ t: 'kept', m: { k: 'last' } })
  })

  test('tells what is typed on at the end of what was kept', () => {
    const ada = createDocument({ replica: 'ada' })
    ada.text('b').insert(0, 'second')
    ada.text('a').insert(0, 'first')
    const { version } = ada
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    const slim = compacted(ada)
    slim.text('a').insert(5, ', and more')
    bob.merge(slim.changesSince(version))
    expect(bob.toJSON()).toEqual({ a: 'first, and more', b: 'second' })
    expect(loadCompacted(slim.encode()).toJSON()).toEqual(bob.toJSON())
  })

  test('is edited by a session that goes on', () => {
    const ada = createDocument({ replica: 'ada' })
    ada.text('t').insert(0, 'hello world')
    const bob = compacted(ada, 'bob')
    const outgoing = ada.openOutgoing()
    const incoming = bob.openIncoming()
    ada.text('t').delete(0, 6)
    ada.text('t').insert(0, 'the ')
    incoming.receive(outgoing.take() as Uint8Array)
    const back = ada.openIncoming()
    const from = bob.openOutgoing()
    bob.text('t').insert(9, '!')
    back.receive(from.take() as Uint8Array)
    expect([ada.toJSON(), bob.toJSON()]).toEqual([{ t: 'the world!' }, { t: 'the world!' }])
  })

  test('is taken in portions', async () => {
    const ada = createDocument({ replica: 'ada' })
    ada.text('t').insert(0, 'hello')
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    const slim = compacted(ada)
    slim.text('t').insert(5, ' you')
    await mergeGradually(bob, slim.encode(), { pause: () => Promise.resolve() })
    expect(bob.toJSON()).toEqual({ t: 'hello you' })
    const empty = createDocument()
    await expect(mergeGradually(empty, slim.encode(), { pause: () => Promise.resolve() })).rejects.toThrow(
      HistoryDroppedError,
    )
  })
})

test('values of sets are kept whatever the sets are called', () => {
  const doc = createDocument({ replica: 'ada' })
  doc.set('a').add('b c')
  doc.set('a b').add('c')
  expect(compacted(doc).toJSON()).toEqual({ 'a': ['b c'], 'a b': ['c'] })
})

describe('what is dropped', () => {
  test('is what was made before the last change that everybody had seen, at most what may be', () => {
    const ada = createDocument({ replica: 'ada' })
    ada.text('t').insert(0, 'one')
    const first = ada.version
    ada.text('t').insert(3, ' two')
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    const second = ada.version
    ada.text('t').insert(0, 'a')
    bob.text('t').insert(0, 'b')
    exchange(ada, bob)
    const dropped = (bytes: Uint8Array): unknown => {
      try {
        return loadCompacted(bytes).changesSince(VectorClock.zero).length
      } catch (error) {
        return Object.fromEntries((error as HistoryDroppedError).dropped)
      }
    }
    expect(dropped(compact(ada, first))).toEqual(Object.fromEntries(first))
    expect(dropped(compact(ada, second))).toEqual(Object.fromEntries(second))
    // The two that wrote at once have seen all in front of that, and not each other.
    expect(dropped(compact(ada))).toEqual(Object.fromEntries(second))
    expect(compact(ada, VectorClock.zero)).toEqual(ada.encode())
    ada.text('t').insert(0, '!')
    expect(dropped(compact(ada))).toEqual(Object.fromEntries(ada.version))
  })

  test('never ends within a change', () => {
    const doc = createDocument({ replica: 'ada' })
    doc.text('t').insert(0, 'x')
    const before = doc.version
    doc.text('t').insert(1, 'long insertion')
    expect(() => compact(doc, VectorClock.from([['ada', 5]]))).toThrow(RangeError)
    const slim = loadCompacted(compact(doc, before))
    expect(decodeChanges(slim.encode())).toMatchObject([{ replica: 'ada', sequence: 1, count: 14 }])
  })

  test('cannot be asked for', async () => {
    const doc = createDocument({ replica: 'ada' })
    doc.text('t').insert(0, 'one')
    const early = doc.version
    doc.text('t').insert(3, ' two')
    const slim = compacted(doc)
    expect(() => loadDocument(slim.encode())).toThrow(/^Cannot load the document: .* loadCompacted is for these$/)
    expect(() => slim.changesSince(early)).toThrow(HistoryDroppedError)
    expect(() => slim.changesSince(VectorClock.zero)).toThrow(
      /^Cannot tell the changes since the version: some of what it lacks was dropped$/,
    )
    expect(() => checkout(slim, early)).toThrow(HistoryDroppedError)
    expect(() => checkout(slim, [])).toThrow(HistoryDroppedError)
    expect(() => diff(slim, early, slim.version)).toThrow(HistoryDroppedError)
    expect(() => compact(slim, early)).toThrow(HistoryDroppedError)
    expect(() => createDocument().merge(slim.encode())).toThrow(HistoryDroppedError)
    const late = loadDocument(doc.encode())
    slim.text('t').insert(0, '!')
    expect(slim.changesSince(late.version).length).toBeGreaterThan(0)
    late.merge(slim.encode())
    expect(late.toJSON()).toEqual(slim.toJSON())
    expect([...history(slim)]).toHaveLength(1)
    expect(fork(slim, { replica: 'other' }).toJSON()).toEqual(slim.toJSON())
    expect(view(slim)).toEqual({ t: '!one two' })
  })

  test('refuses what was made without it, says so, and keeps what it has', () => {
    const ada = createDocument({ replica: 'ada' })
    ada.text('t').insert(0, 'one')
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    const stranger = createDocument({ replica: 'zoe' })
    stranger.text('t').insert(0, 'zoe')
    ada.text('t').insert(3, ' two')
    const slim = compacted(ada)
    const refused: RejectedEvent[] = []
    slim.subscribe((event) => {
      if (event.type === 'rejected') refused.push(event)
    })
    const outgoing = bob.openOutgoing()
    const incoming = slim.openIncoming()
    bob.text('t').insert(0, 'b')
    incoming.receive(outgoing.take() as Uint8Array)
    slim.merge(bob.changesSince(slim.version))
    slim.merge(stranger.encode())
    expect(refused.map(({ reason, change }) => [reason, change.replica])).toEqual([
      ['history-dropped', 'bob'],
      ['history-dropped', 'bob'],
      ['history-dropped', 'zoe'],
    ])
    expect(slim.toJSON()).toEqual({ t: 'one two' })
    expect(slim.version.equals(ada.version)).toBe(true)
    // What was dropped and comes again is known.
    slim.merge(ada.encode())
    expect(slim.statistics).toMatchObject({ rejected: 3 })
  })
})

describe('containers inside of others', () => {
  test('stand again where they were, also those that were deleted before', () => {
    const ada = createDocument({ replica: 'ada' })
    const undo = undoManager(ada)
    const inner = ada.map('m').create('inner', 'text')
    inner.insert(0, 'kept')
    ada.list('l').create(0, 'map').set('in', 'list')
    undo.boundary()
    ada.map('m').delete('inner')
    ada.list('l').delete(0)
    const bob = compacted(ada, 'bob')
    expect(bob.toJSON()).toEqual({ m: {}, l: [] })
    undo.undo()
    undo.undo()
    bob.merge(ada.changesSince(bob.version))
    expect(bob.toJSON()).toEqual({ m: { inner: 'kept' }, l: [{ in: 'list' }] })
    expect((bob.container(inner.id) as TextContainer).toString()).toBe('kept')
  })

  test('move with elements that were moved before by several at once', () => {
    const ada = createDocument({ replica: 'ada' })
    ada.list('l').insert(0, 'a', 'b', 'c', 'd')
    const bob = loadDocument(ada.encode(), { replica: 'bob' })
    ada.list('l').move(0, 3)
    bob.list('l').move(0, 2)
    exchange(ada, bob)
    ada.list('l').push('e')
    exchange(ada, bob)
    const slim = compacted(bob)
    for (const [at, edit] of [
      (doc: Document) => doc.list('l').move(3, 0),
      (doc: Document) => doc.list('l').delete(1),
    ].entries()) {
      edit(at === 0 ? slim : ada)
    }
    exchange(slim, ada)
    expect(slim.toJSON()).toEqual(ada.toJSON())
  })
})

test('the numbers of a counter stay exact beyond what one addition can hold', () => {
  const doc = createDocument({ replica: 'ada' })
  for (let add = 0; add < 5; add++) doc.counter('c').add(Number.MAX_SAFE_INTEGER)
  const slim = compacted(doc)
  for (const one of [doc, slim]) for (let add = 0; add < 5; add++) one.counter('c').add(-Number.MAX_SAFE_INTEGER)
  expect([doc.counter('c').value, slim.counter('c').value]).toEqual([0, 0])
})

test('a few bytes may stand for very many operations, values and items', () => {
  const doc = createDocument({ replica: 'ada' })
  for (let edit = 0; edit < 150_000; edit++) {
    doc.text('t').insert(0, 'x')
    doc.text('t').delete(0, 1)
  }
  doc.list('l').insert(0, ...Array.from({ length: 100_000 }, () => 7))
  for (let value = 0; value < 20_000; value++) doc.set('s').add(value)
  const slim = compacted(doc)
  expect(slim.encode().length).toBeLessThan(4000)
  expect(slim.toJSON()).toEqual(doc.toJSON())
  expect(slim.statistics).toMatchObject({ changes: 320_001, operations: 420_000 })
})

test('a base that was changed on the way is refused', () => {
  const [doc] = together(createRandom('damaged base'), 2, 40) as [Document]
  const bytes = compact(doc)
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice()
    damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
    expect(() => loadCompacted(damaged)).toThrow(DecodeError)
    expect(() => loadCompacted(bytes.subarray(0, at))).toThrow(DecodeError)
  }
})
