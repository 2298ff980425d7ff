import { expect, test } from 'vitest'
import {
  createDocument,
  isContainer,
  loadDocument,
  view,
  type Container,
  type Content,
  type Document,
  type JsonValue,
  type MapContainer,
} from '../../../crdt/index.ts'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { editRandomly } from './random-edits.ts'

type Value = JsonValue | undefined

/** For each container that shows, its value in a view, and what it is in. */
interface Shown {
  readonly values: Map<Container, Value>
  readonly parents: Map<Container, Container | undefined>
}

function shownIn(document: Document, whole: { readonly [name: string]: JsonValue }): Shown {
  const shown: Shown = { values: new Map(), parents: new Map() }
  const visit = (content: Content, value: Value, parent: Container | undefined): void => {
    if (!isContainer(content)) return
    shown.values.set(content, value)
    shown.parents.set(content, parent)
    if (content.type === 'list') {
      for (const [index, item] of content.toArray().entries()) visit(item, (value as Value[])[index], content)
    }
    if (content.type === 'map') {
      for (const [key, item] of content.entries()) {
        visit(item, Object.getOwnPropertyDescriptor(value, key)?.value as Value, content)
      }
    }
    if (content.type === 'tree') {
      for (const [index, node] of content.nodes().entries()) {
        visit(content.data(node) as Container, (value as { readonly data: JsonValue }[])[index]?.data, content)
      }
    }
  }
  visit(document.list('list'), whole['list'], undefined)
  visit(document.map('map'), whole['map'], undefined)
  visit(document.tree('tree'), whole['tree'], undefined)
  for (const root of [document.text('text'), document.set('set'), document.register('register')]) {
    visit(root, whole[root.id.slice(root.id.indexOf('/') + 1)], undefined)
  }
  return shown
}

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  for (const inner of Object.values(value)) expectFrozen(inner)
}

const seeds = Array.from({ length: figure('groups', 10, 200) }, (_, index) => index + 1)

test.each(seeds)('what nobody touched is the same object as before, and all equals toJSON (seed %i)', (seed) => {
  const random = createRandom(`views ${seed}`)
  const [document, other] = ['a', 'b'].map((replica) => createDocument({ replica })) as [Document, Document]
  const touched = new Set<Container>()
  document.subscribe((event) => {
    if (event.type === 'changed') for (const { container } of event.deltas) touched.add(container)
  })
  let before = shownIn(document, view(document))
  let whole = view(document)
  for (let round = 0; round < 60; round++) {
    const choice = integer(random, 6)
    if (choice === 0) document.merge(other.changesSince(document.version))
    else if (choice === 1) other.merge(document.changesSince(other.version))
    else editRandomly(choice === 2 ? other : document, random)
    if (integer(random, 3) === 0) continue
    const last = whole
    whole = view(document)
    expect(whole).toEqual(document.toJSON())
    expect(view(document)).toBe(whole)
    expectFrozen(whole)
    const now = shownIn(document, whole)
    const stale = new Set<Container>()
    for (const one of touched) for (let at: Container | undefined = one; at; at = now.parents.get(at)) stale.add(at)
    // A root that was written to for the first time shows, be it as empty as it was.
    const isSame = touched.size === 0 && Object.keys(whole).length === Object.keys(last).length
    if (isSame) expect(whole).toBe(last)
    for (const [container, value] of now.values) {
      const old = before.values.get(container)
      if (!stale.has(container) && old !== undefined) expect(value).toBe(old)
    }
    before = now
    touched.clear()
  }
})

test('a change deep inside makes new objects on the way to it only', () => {
  const document = createDocument({ replica: 'a' })
  const notes = document.list('notes')
  const [first, second] = [notes.create(0, 'map'), notes.create(1, 'map')]
  first.create('body', 'text').insert(0, 'hello')
  second.set('tags', ['x'])
  document.map('meta').set('title', 'Notes')
  const old = view(document) as { readonly notes: readonly JsonValue[]; readonly meta: JsonValue }
  ;(first.get('body') as Container & { type: 'text' }).insert(5, '!')
  const now = view(document) as typeof old
  expect(now).toEqual({ notes: [{ body: 'hello!' }, { tags: ['x'] }], meta: { title: 'Notes' } })
  expect(now.notes[0]).not.toBe(old.notes[0])
  expect(now.notes[1]).toBe(old.notes[1])
  expect(now.meta).toBe(old.meta)
})

test('nodes of a tree that nothing happened to are the same objects', () => {
  const document = createDocument({ replica: 'a' })
  const tree = document.tree('t')
  const nodes = ['a', 'b', 'c'].map((name) => {
    const node = tree.create()
    tree.data(node)?.set('name', name)
    return node
  })
  const old = view(document)['t'] as readonly JsonValue[]
  tree.data(nodes[1] as (typeof nodes)[number])?.set('name', 'B')
  tree.create()
  const now = view(document)['t'] as readonly JsonValue[]
  expect(now).toHaveLength(4)
  expect([now[0] === old[0], now[1] === old[1], now[2] === old[2]]).toEqual([true, false, true])
})

test('operations that change nothing leave the view as it is', () => {
  const document = createDocument({ replica: 'a' })
  document.map('m').set('k', 1)
  document.list('l').push('x')
  const old = view(document)
  document.map('m').set('k', 1)
  document.counter('c')
  document.list('l').push('y')
  document.list('l').delete(1)
  expect(view(document)).toBe(old)
})

test('shows an open transaction, and what was before when it is rolled back', () => {
  const document = createDocument({ replica: 'a' })
  document.map('m').set('k', 1)
  const old = view(document)
  const work = (): void => {
    document.map('m').set('k', 2)
    document.map('m').create('new', 'list').push(1)
    document.text('t').insert(0, 'x')
    expect(view(document)).toEqual({ m: { k: 2, new: [1] }, t: 'x' })
    document.map('m').set('k', 3)
    expect(view(document)).toMatchObject({ m: { k: 3 } })
    throw new Error('no')
  }
  expect(() => document.transact(work)).toThrow('no')
  expect(view(document)).toEqual(old)
  expect(view(document)).toEqual(document.toJSON())
  document.transact(() => {
    document.map('m').set('k', 4)
    expect(view(document)).toEqual({ m: { k: 4 } })
    document.list('l').push(1, 2, 3, 4)
    document.list('l').delete(0)
    document.list('l').delete(0)
  })
  expect(view(document)).toEqual({ m: { k: 4 }, l: [3, 4] })
})

test('is up to date for whoever listens, since before it was first asked for', () => {
  const document = createDocument({ replica: 'a' })
  const heard: unknown[] = []
  document.subscribe(() => heard.push(view(document)['t']))
  document.text('t').insert(0, 'a')
  document.text('t').insert(1, 'b')
  expect(heard).toEqual(['a', 'ab'])
})

test('of a loaded document shows what it shows, before and after it goes on', () => {
  const writer = createDocument({ replica: 'a' })
  writer.text('t').insert(0, 'hello')
  writer.map('m').create('l', 'list').push(1)
  const document = loadDocument(writer.encode(), { replica: 'b' })
  const old = view(document)
  expect(old).toEqual(writer.toJSON())
  document.text('t').insert(5, '!')
  expect(view(document)).toEqual({ t: 'hello!', m: { l: [1] } })
  expect(view(document)['m']).toBe(old['m'])
})

test('a key named __proto__ is a key', () => {
  const document = createDocument({ replica: 'a' })
  document.map('m').create('__proto__', 'counter').add(2)
  expect(Object.entries(view(document)['m'] as object)).toEqual([['__proto__', 2]])
  document.map('m').set('other', 1)
  expect(Object.entries(view(document)['m'] as object)).toEqual([
    ['__proto__', 2],
    ['other', 1],
  ])
})

test('containers that a stranger has put inside each other without end overflow nothing', () => {
  const stranger = createDocument({ replica: 'stranger' })
  stranger.transact(() => {
    let inner: MapContainer = stranger.map('m')
    for (let depth = 0; depth < 20_000; depth++) {
      inner = depth % 2 === 0 ? inner.create('k', 'map') : inner.create('l', 'list').create(0, 'map')
    }
    inner.set('end', true)
  })
  const document = loadDocument(stranger.encode(), { replica: 'a' })
  const depthOf = (value: unknown): number => {
    let depth = 0
    for (let at = value; typeof at === 'object' && at !== null; depth++) [at] = Object.values(at) as unknown[]
    return depth
  }
  expect(depthOf(document.toJSON())).toBe(30_002)
  expect(depthOf(document.map('m').toJSON())).toBe(30_001)
  const old = view(document)
  expect(depthOf(old)).toBe(30_002)
  document.map('m').set('z', 1)
  expect(Object.values(view(document)['m'] as object)[0]).toBe(Object.values(old['m'] as object)[0])
})
