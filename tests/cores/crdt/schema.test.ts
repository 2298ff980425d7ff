import { describe, expect, test } from 'vitest'
import {
  ContainerTypeError,
  counter,
  createDocument,
  defineDocument,
  growOnlyCounter,
  list,
  loadDocument,
  map,
  multiValueRegister,
  record,
  register,
  removeWinsSet,
  set,
  text,
  tree,
  type ChangedEvent,
  type Document,
} from '../../../crdt/index.ts'

const Notes = defineDocument({
  title: register<string>(),
  body: text(),
  todo: list(map({ title: text(), done: register<boolean>(), tags: set<string>(), steps: list<string>() })),
  ages: record<number>(),
  people: record(map({ name: register<string>(), visits: counter() })),
  outline: tree(map({ heading: register<string>(), body: text() })),
  meta: map({ owner: register<string>(), tags: set<string>() }),
  colours: multiValueRegister<string>(),
  views: growOnlyCounter(),
  banned: removeWinsSet<string>(),
})

function changesOf(document: Document): ChangedEvent[] {
  const events: ChangedEvent[] = []
  document.subscribe((event) => void (event.type === 'changed' && events.push(event)))
  return events
}

describe('a document seen through a schema', () => {
  test('opens without writing, as often as wanted', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    Notes.open(document).title.set('twice')
    expect(notes.title.get()).toBe('twice')
    expect(Object.keys(notes)).toHaveLength(10)
    expect(document.statistics.changes).toBe(1)
    expect(document.toJSON()).toEqual({ title: 'twice' })
  })

  test('writes what the document without it reads', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    notes.title.set('Notes')
    notes.body.insert(0, 'hello')
    notes.todo.push({ title: 'milk', done: false, tags: ['shop'], steps: ['go', 'buy'] })
    notes.ages.set('ada', 36)
    notes.people.create('ada', { name: 'Ada', visits: 2 }).get('visits')?.add()
    const chapter = notes.outline.create(undefined, 0, { heading: 'One', body: 'Once' })
    notes.meta.set('owner', 'ada')
    notes.meta.create('tags', ['p2p'])
    notes.colours.set('red')
    notes.views.add(3)
    notes.banned.add('eve')
    const expected = {
      title: 'Notes',
      body: 'hello',
      todo: [{ title: 'milk', done: false, tags: ['shop'], steps: ['go', 'buy'] }],
      ages: { ada: 36 },
      people: { ada: { name: 'Ada', visits: 3 } },
      outline: [{ id: chapter, parent: null, data: { heading: 'One', body: 'Once' } }],
      meta: { owner: 'ada', tags: ['p2p'] },
      colours: ['red'],
      views: 3,
      banned: ['eve'],
    }
    expect(document.toJSON()).toEqual(expected)
    const copy = Notes.open(loadDocument(document.encode()))
    expect(JSON.parse(JSON.stringify(copy))).toEqual(expected)
  })

  test('creates a container with all that is in it as one change', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    const events = changesOf(document)
    const item = notes.todo.push({ done: true })
    notes.outline.create(undefined, undefined, { heading: 'One' })
    notes.people.create('ada')
    expect(events).toHaveLength(3)
    // What was left out is there, empty, so that nobody has to create it at the same time as somebody else.
    item.get('title')?.insert(0, 'milk')
    item.get('tags')?.add('shop')
    expect(item.toJSON()).toEqual({ title: 'milk', done: true, tags: ['shop'], steps: [] })
    expect(notes.people.get('ada')?.toJSON()).toEqual({ visits: 0 })
  })

  test('writes nothing when what is to be filled in is no plain value', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    expect(() => notes.todo.push({ tags: ['ok', Number.NaN as never] })).toThrow(TypeError)
    expect(document.statistics.changes).toBe(0)
    expect(notes.todo.length).toBe(0)
  })

  test('reads and edits nested lists, records and trees', () => {
    const notes = Notes.open(createDocument())
    notes.todo.push({ title: 'b' })
    notes.todo.create(0, { title: 'a' })
    expect(notes.todo.toArray().map((item) => String(item.get('title')))).toEqual(['a', 'b'])
    expect([...notes.todo].map((item) => item.get('done'))).toEqual([undefined, undefined])
    notes.todo.get(1)?.set('done', true)
    expect(notes.todo.get(1)?.get('done')).toBe(true)
    notes.todo.delete(0)
    expect([notes.todo.length, notes.todo.get(1)]).toEqual([1, undefined])
    expect(notes.todo.get(0)?.delete('done')).toBe(true)
    expect(notes.todo.get(0)?.has('done')).toBe(false)

    notes.people.create('b', { name: 'B' })
    notes.people.create('a', { name: 'A' })
    expect([...notes.people].map(([key, person]) => [key, person.get('name')])).toEqual([
      ['a', 'A'],
      ['b', 'B'],
    ])
    expect([notes.people.size, notes.people.has('a'), notes.people.delete('a'), notes.people.has('a')]).toEqual([
      2,
      true,
      true,
      false,
    ])

    const { outline } = notes
    const root = outline.create()
    const child = outline.create(root, 0, { heading: 'child' })
    outline.move(child, undefined, 0)
    expect([outline.roots(), outline.children(root), outline.parent(child)]).toEqual([[child, root], [], undefined])
    expect(outline.data(child)?.get('heading')).toBe('child')
    expect([outline.delete(root), outline.has(root), outline.data(root), outline.size]).toEqual([
      true,
      false,
      undefined,
      1,
    ])
    expect([...outline]).toEqual([child])
  })

  test('tells containers of events by the container in front of which a face is', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    const events = changesOf(document)
    notes.todo.push().set('done', true)
    expect(events.flatMap(({ deltas }) => deltas.map((delta) => delta.container))).toContain(notes.todo.container)
    expect(events[1]?.deltas[0]?.container).toBe(notes.todo.get(0)?.container)
  })

  test('works on anything that behaves like a document', () => {
    const document = createDocument()
    const behind = new Proxy({} as Document, {
      get: (_target, name) => {
        const member: unknown = document[name as keyof Document]
        return typeof member === 'function' ? member.bind(document) : member
      },
    })
    Notes.open(behind).todo.push({ title: 'x' })
    expect(document.list('todo').length).toBe(1)
  })

  test('takes any key as a key', () => {
    const Odd = defineDocument({
      ['__proto__']: register<number>(),
      map: map({ ['__proto__']: register<number>(), constructor: set<string>() }),
    })
    const document = createDocument()
    const odd = Odd.open(document)
    odd.__proto__.set(1)
    odd.map.set('__proto__', 2)
    odd.map.create('constructor', ['x'])
    expect(JSON.stringify(document)).toBe('{"__proto__":1,"map":{"__proto__":2,"constructor":["x"]}}')
    const Plain = defineDocument({ list: list(map({ constructor: set<string>() })) })
    expect(Plain.open(document).list.push({}).toJSON()).toEqual({ constructor: [] })
  })
})

describe('a container used as another type is refused', () => {
  test('at the root', () => {
    const document = createDocument()
    document.list('title')
    expect(() => Notes.open(document)).toThrow('Cannot open "title" as a register: this document has it as a list')
  })

  test('in a map, a list, a record', () => {
    const document = createDocument()
    const notes = Notes.open(document)
    document.map('meta').create('tags', 'list')
    document.map('meta').create('owner', 'text')
    document.list('todo').insert(0, 'just text')
    document.map('people').create('ada', 'tree')
    expect(() => notes.meta.get('tags')).toThrow(new ContainerTypeError('map/meta/tags', 'set', 'list'))
    expect(() => notes.meta.get('owner')).toThrow(new ContainerTypeError('map/meta/owner', 'register', 'text'))
    expect(() => notes.todo.get(0)).toThrow(new ContainerTypeError('list/todo/0', 'map', 'plain value'))
    expect(() => notes.todo.toArray()).toThrow(ContainerTypeError)
    expect(() => notes.people.entries()).toThrow(new ContainerTypeError('map/people/ada', 'map', 'tree'))
    // Whoever wants to look all the same, or to put it right, can.
    notes.todo.container.delete(0)
    notes.meta.set('owner', 'ada')
    notes.meta.create('tags').add('x')
    expect([notes.todo.toArray(), notes.meta.toJSON()]).toEqual([[], { owner: 'ada', tags: ['x'] }])
  })

  test('also from JavaScript, which no compiler guards', () => {
    const notes = Notes.open(createDocument())
    expect(() => notes.meta.set('tags' as never, 1 as never)).toThrow('Cannot set "tags": the schema has a set there')
    expect(() => notes.meta.get('colour' as never)).toThrow('Cannot use the key "colour": the schema has none such')
    expect(() => notes.meta.get('constructor' as never)).toThrow(TypeError)
  })
})
