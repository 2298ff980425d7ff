import { expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  limits,
  loadDocument,
  replicaId,
  type Change,
  type Document,
  type RejectedEvent,
} from '../../../crdt/index.ts'
import { ByteWriter, createRandom, integer, sample, shuffle } from '../../../node/protocol/index.ts'
import { editRandomly } from './random-edits.ts'

const types = { text: 0, list: 1, map: 2, counter: 3, set: 4, register: 5 } as const
const kinds = {
  textInsert: 1,
  listInsert: 2,
  delete: 3,
  mapSet: 4,
  mapDelete: 5,
  counterAdd: 6,
  setAdd: 7,
  assign: 9,
} as const

/** Operations on one root container, by hand. */
function operationsOn(type: keyof typeof types, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter()
  writer
    .u8(1)
    .varint(1)
    .u8(types[type] * 2)
    .text('root')
  write(writer)
  return writer.finish()
}

function insertion(index: number, text: string): Uint8Array {
  return operationsOn('text', (writer) => writer.u8(kinds.textInsert).varint(0).varint(index).text(text))
}

function change(fields: Partial<Change>): Change {
  const operations = insertion(0, 'x')
  return { replica: replicaId('mallory'), sequence: 0, count: 1, dependencies: [], time: 0, operations, ...fields }
}

function judge(document: Document, subject: Change): RejectedEvent[] {
  const events: RejectedEvent[] = []
  const control = new AbortController()
  document.subscribe((event) => void (event.type === 'rejected' && events.push(event)), { signal: control.signal })
  document.apply([subject])
  control.abort()
  return events
}

const invalid: readonly (readonly [string, Partial<Change>])[] = [
  ['an insertion behind the end', { operations: insertion(1, 'x') }],
  [
    'a deletion behind the end',
    { operations: operationsOn('text', (w) => w.u8(kinds.delete).varint(0).varint(0).varint(1)) },
  ],
  ['an insertion of nothing', { operations: insertion(0, '') }],
  [
    'a deletion of nothing',
    { operations: operationsOn('text', (w) => w.u8(kinds.delete).varint(0).varint(0).varint(0)) },
  ],
  [
    'a deletion of 2^53 - 1 units',
    {
      operations: operationsOn('text', (w) =>
        w
          .u8(kinds.delete)
          .varint(0)
          .varint(0)
          .varint(2 ** 53 - 1),
      ),
    },
  ],
  ['no operations', { operations: new Uint8Array() }],
  ['no operations but a header', { operations: Uint8Array.of(1, 0) }],
  ['fewer operations than it says', { count: 2 }],
  ['more operations than it says', { operations: insertion(0, 'xy') }],
  ['a kind that does not exist', { operations: operationsOn('text', (w) => w.u8(99).varint(0)) }],
  [
    'a kind of another type',
    { operations: operationsOn('map', (w) => w.u8(kinds.counterAdd).varint(0).u8(0).varint(1)) },
  ],
  [
    'a container that is not listed',
    { operations: operationsOn('counter', (w) => w.u8(kinds.counterAdd).varint(1).u8(0).varint(1)) },
  ],
  ['a container type that does not exist', { operations: Uint8Array.of(1, 1, 40, 1, 97, 6, 0, 0, 1) }],
  ['a container that nobody created', { operations: Uint8Array.of(1, 1, 7, 0, 0, 6, 0, 0, 1) }],
  ['a container of somebody unknown', { operations: Uint8Array.of(1, 1, 7, 1, 98, 0, 6, 0, 0, 1) }],
  [
    'a counter added minus zero',
    { operations: operationsOn('counter', (w) => w.u8(kinds.counterAdd).varint(0).u8(1).varint(0)) },
  ],
  [
    'text that is no UTF-8',
    { operations: operationsOn('text', (w) => w.u8(kinds.textInsert).varint(0).varint(0).varint(1).u8(0xff)) },
  ],
  [
    'a number that is none',
    { operations: operationsOn('register', (w) => w.u8(kinds.assign).varint(0).u8(5).f64(Number.NaN)) },
  ],
  [
    'a list of 2^53 - 1 items',
    {
      operations: operationsOn('list', (w) =>
        w
          .u8(kinds.listInsert)
          .varint(0)
          .varint(0)
          .varint(2 ** 53 - 1),
      ),
    },
  ],
  [
    'values nested 10,000 deep',
    {
      operations: operationsOn('register', (w) => {
        w.u8(kinds.assign).varint(0)
        for (let depth = 0; depth < 10_000; depth++) w.u8(7).varint(1)
        w.u8(0)
      }),
    },
  ],
  [
    'keys out of order',
    {
      operations: operationsOn('register', (w) =>
        w.u8(kinds.assign).varint(0).u8(8).varint(2).text('b').u8(0).text('a').u8(0),
      ),
    },
  ],
  [
    'bytes left over',
    { operations: operationsOn('counter', (w) => w.u8(kinds.counterAdd).varint(0).u8(0).varint(1).u8(0)) },
  ],
]

test.each(invalid)('%s: counted in the version, without effect', (_name, fields) => {
  const document = createDocument()
  const subject = change(fields)
  expect(judge(document, subject)).toMatchObject([{ reason: 'invalid', change: subject }])
  expect(document.version.get('mallory')).toBe(subject.count)
  expect(document.toJSON()).toEqual({})
  expect(document.statistics).toMatchObject({ changes: 1, rejected: 1 })
  const next = change({ sequence: subject.count })
  expect(judge(document, next)).toEqual([])
  expect(document.toJSON()).toEqual({ root: 'x' })
  const copy = loadDocument(document.encode())
  expect(copy.encode()).toEqual(document.encode())
  expect(copy.toJSON()).toEqual(document.toJSON())
})

const malformed: readonly (readonly [string, Partial<Change>])[] = [
  ['a replica that is none', { replica: 'a b' as Change['replica'] }],
  ['a sequence below 0', { sequence: -1 }],
  ['a sequence beyond 2^53', { sequence: 2 ** 53 }],
  ['no operations by its count', { count: 0 }],
  ['a count beyond the limit', { count: limits.changeOperations + 1 }],
  ['a fraction', { count: 1.5 }],
  ['a time that is none', { time: Number.NaN }],
  ['a dependency on itself', { dependencies: [{ replica: replicaId('mallory'), sequence: 0 }] }],
  [
    'dependencies out of order',
    {
      dependencies: [
        { replica: replicaId('b'), sequence: 0 },
        { replica: replicaId('a'), sequence: 0 },
      ],
    },
  ],
  [
    'a dependency twice',
    {
      dependencies: [
        { replica: replicaId('b'), sequence: 0 },
        { replica: replicaId('b'), sequence: 0 },
      ],
    },
  ],
  ['a dependency that is no dot', { dependencies: [{ replica: replicaId('b'), sequence: -1 }] }],
  ['operations beyond 16 MiB', { operations: new Uint8Array(limits.changeBytes + 1) }],
]

test.each(malformed)('%s: refused and not counted', (_name, fields) => {
  const document = createDocument()
  expect(judge(document, change(fields))).toMatchObject([{ reason: 'malformed' }])
  expect(document.statistics).toMatchObject({ changes: 0, waiting: 0, rejected: 1 })
})

test('operations of a later format are refused and not counted, so that an update can still take them in', () => {
  const document = createDocument()
  expect(judge(document, change({ operations: Uint8Array.of(2, 0) }))).toMatchObject([{ reason: 'unsupported' }])
  expect(document.statistics.changes).toBe(0)
})

test('an operation is judged where it was made, not by what is here when it arrives', () => {
  const base = createDocument({ replica: 'base' })
  base.text('root').insert(0, 'abc')
  const [first] = decodeChanges(base.encode()) as [Change]
  base.text('root').delete(0, 3)
  const [, second] = decodeChanges(base.encode()) as [Change, Change]
  const seen = { replica: replicaId('base'), sequence: 2 }
  const inRange = change({ dependencies: [seen], operations: insertion(3, '!') })
  const tooFar = change({ replica: replicaId('eve'), dependencies: [seen], operations: insertion(4, '?') })
  const blind = change({ replica: replicaId('trent'), operations: insertion(1, '-') })
  for (const order of [
    [first, second, inRange, tooFar, blind],
    [blind, first, tooFar, inRange, second],
  ]) {
    const document = createDocument()
    document.apply(order)
    expect(document.text('root').toString()).toBe('!')
    expect(document.statistics.rejected).toBe(2)
  }
})

test('a container may be used only by those who saw its creation', () => {
  const creator = createDocument({ replica: 'creator' })
  const nested = creator.map('root').create('k', 'counter')
  nested.add(1)
  const [made, used] = decodeChanges(creator.encode()) as [Change, Change]
  const writer = new ByteWriter()
  writer.u8(1).varint(1).u8(7).text('creator').varint(0).u8(kinds.counterAdd).varint(0).u8(0).varint(10)
  const operations = writer.finish()
  const blind = change({ operations })
  const seeing = change({
    replica: replicaId('bob'),
    operations,
    dependencies: [{ replica: replicaId('creator'), sequence: 0 }],
  })
  for (const order of [
    [made, used, blind, seeing],
    [blind, seeing, made, used],
  ]) {
    const document = createDocument()
    document.apply(order)
    expect(document.toJSON()).toEqual({ root: { k: 11 } })
    expect(document.statistics.rejected).toBe(1)
  }
})

test('a dependency inside a change stands for the whole change', () => {
  const base = createDocument({ replica: 'base' })
  base.text('root').insert(0, 'abc')
  const document = createDocument()
  document.merge(base.encode())
  const inside = change({ dependencies: [{ replica: replicaId('base'), sequence: 1 }], operations: insertion(3, 'd') })
  expect(judge(document, inside)).toEqual([])
  expect(document.text('root').toString()).toBe('abcd')
  expect(document.frontier).toEqual([{ replica: 'mallory', sequence: 0 }])
})

test('dependencies on the past of other dependencies change nothing', () => {
  const a = createDocument({ replica: 'a' })
  a.text('root').insert(0, 'a')
  const b = loadDocument(a.encode(), { replica: 'b' })
  b.text('root').insert(1, 'b')
  const c = loadDocument(b.encode(), { replica: 'c' })
  const dependencies = ['a', 'b'].map((replica) => ({ replica: replicaId(replica), sequence: 0 }))
  expect(judge(c, change({ dependencies, operations: insertion(2, 'm') }))).toEqual([])
  expect(c.text('root').toString()).toBe('abm')
  expect(c.frontier).toEqual([{ replica: 'mallory', sequence: 0 }])
})

test('thousands of heads keep nobody from writing: the next change names them all, and one head is left', () => {
  const document = createDocument({ replica: 'honest' })
  document.apply(Array.from({ length: 5000 }, (_, index) => change({ replica: replicaId(`m${index}`) })))
  expect(document.frontier).toHaveLength(5000)
  document.text('root').insert(5000, '!')
  expect(document.frontier).toHaveLength(1)
  const copy = loadDocument(document.encode())
  expect(copy.text('root').toString()).toBe(document.text('root').toString())
  expect(copy.frontier).toEqual(document.frontier)
})

test('half a surrogate pair cannot be cut off by an honest peer, and a dishonest one harms nothing else', () => {
  const document = createDocument({ replica: 'a' })
  document.text('root').insert(0, '🙂')
  const cut = operationsOn('text', (w) => w.u8(kinds.delete).varint(0).varint(1).varint(1))
  judge(document, change({ dependencies: [{ replica: replicaId('a'), sequence: 1 }], operations: cut }))
  const copy = loadDocument(document.encode())
  expect(copy.text('root').toString()).toBe(document.text('root').toString())
  copy.text('root').insert(copy.text('root').length, 'still works')
  expect(loadDocument(copy.encode()).toJSON()).toEqual(copy.toJSON())
})

test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'replicas converge with any number of damaged changes among them (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const documents = ['a', 'b', 'c'].map((replica) => createDocument({ replica }))
    for (let step = 0; step < 60; step++) {
      const document = documents[integer(random, 3)] as Document
      if (integer(random, 4) === 0) document.merge((documents[integer(random, 3)] as Document).encode())
      else editRandomly(document, random)
    }
    const changes = new Map<string, Change>()
    for (const document of documents) {
      for (const one of decodeChanges(document.encode())) changes.set(`${one.replica} ${one.sequence}`, one)
    }
    const damaged = [...changes.values()].map((one) => (integer(random, 6) === 0 ? damage(one) : one))
    const readers = Array.from({ length: 4 }, () => {
      const reader = createDocument()
      for (const one of shuffle(random, [...damaged])) reader.apply([one])
      return reader
    })
    const [first, ...others] = readers as [Document, ...Document[]]
    expect(first.statistics.waiting).toBe(0)
    for (const other of others) {
      expect(other.toJSON()).toEqual(first.toJSON())
      expect(other.encode()).toEqual(first.encode())
      expect(other.frontier).toEqual(first.frontier)
    }

    function damage(one: Change): Change {
      const operations = one.operations.slice()
      for (const at of sample(random, [...operations.keys()].slice(1), 1 + integer(random, 2))) {
        operations[at] = integer(random, 256)
      }
      return { ...one, operations }
    }
  },
)
