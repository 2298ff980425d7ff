import { describe, expect, test } from 'vitest'
import {
  containerTypes,
  createDocument,
  loadDocument,
  type Change,
  type Container,
  type ContainerType,
  type Document,
} from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { changesOf, type AuthoredTransaction } from '../../traces/trace-changes.ts'
import type { Patch } from '../../traces/trace.ts'
import { FugueHistory } from './fugue-history.ts'
import { editContainer } from './random-edits.ts'

interface Step {
  readonly replica: string
  /** Steps that the replica takes in first. Its own earlier ones it knows anyway. */
  readonly hears: readonly number[]
}

function shape(text: string): Step[] {
  return text.split(' ').map((step) => {
    const [replica = '', ...hears] = step.split('<').flatMap((part) => part.split(','))
    return { replica, hears: hears.map(Number) }
  })
}

/** `b<0,2`: replica b, having heard of steps 0 and 2. */
const shapes = {
  'six at once': shape('f e d c b a'),
  'three, each twice': shape('a b c b a c'),
  'two in turns': shape('a b<0 a<1 b<2 a<3 b<4'),
  'forked, merged, and forked again': shape('b a<0 c<0 b<1,2 a<3 c<3'),
  'two that merge each other': shape('a b a<1 b<0 a<3 b<2'),
  'one who was away': shape('a b<0 a<1 c c<2 b'),
  'a chain beside four': shape('c c c b a d'),
} satisfies Record<string, Step[]>

/** Every order, dependencies ignored. */
function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield []
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest]
  }
}

/** The change that an edit makes. Edits that happen to change nothing are tried again. */
function changeBy(document: Document, edit: () => void): Change {
  const made: Change[] = []
  const control = new AbortController()
  document.subscribe((event) => void (event.type === 'changed' && made.push(...event.changes)), control)
  while (made.length === 0) edit()
  control.abort()
  return made[0] as Change
}

function containerOf(document: Document): Container {
  return document.map('root').get('it') as Container
}

/** A document with something of one type in it, and the changes that a shape makes of it. */
function prepare(type: ContainerType, steps: readonly Step[], random: Random): { base: Uint8Array; changes: Change[] } {
  const base = createDocument({ replica: 'base' })
  base.map('root').create('it', type)
  for (let count = 0; count < 4; count++) editContainer(containerOf(base), random)
  const documents = new Map<string, Document>()
  const changes: Change[] = []
  for (const { replica, hears } of steps) {
    const document = documents.get(replica) ?? loadDocument(base.encode(), { replica })
    documents.set(replica, document)
    document.apply(hears.map((step) => changes[step] as Change))
    changes.push(changeBy(document, () => editContainer(containerOf(document), random)))
  }
  return { base: base.encode(), changes }
}

const seeds = Array.from({ length: figure('groups', 1, 25) }, (_, index) => index + 1)

describe.each(seeds)('every order of delivery (seed %i)', (seed) => {
  const cases = containerTypes.flatMap((type) =>
    Object.entries(shapes).map(([name, steps]) => [type, name, steps] as const),
  )
  test.each(cases)('of six edits of a %s, %s, gives the same', (type, name, steps) => {
    const { base, changes } = prepare(type, steps, createRandom(`${type} ${name} ${seed}`))
    const results = new Set<string>()
    for (const order of permutations(changes)) {
      const document = loadDocument(base, { replica: 'reader' })
      for (const change of order) document.apply([change])
      results.add(`${document.statistics.waiting} ${JSON.stringify(document)}`)
    }
    expect([...results]).toHaveLength(1)
    expect([...results][0]).toMatch(/^0 /)
  })
})

/** The steps as edits of a text around one place, and what stands in it by definition. */
function prepareText(steps: readonly Step[], random: Random): { changes: Change[]; expected: string } {
  const history = new FugueHistory()
  const transactions: AuthoredTransaction[] = []
  const add = (transaction: AuthoredTransaction): void => {
    history.add(transaction)
    transactions.push(transaction)
  }
  add({ parents: [], replica: 'base', patches: [[0, 0, '[🙂]']] })
  for (const [index, { replica, hears }] of steps.entries()) {
    const own = steps.slice(0, index).findLastIndex((step) => step.replica === replica)
    const parents = [...new Set([0, own + 1, ...hears.map((step) => step + 1)])]
    const length = history.lengthAt(parents)
    const place = integer(random, Math.min(length, 3) + 1)
    const inserted: Patch = [place, 0, String(index)]
    const deleted: Patch = [Math.min(place, length - 1), 1, '']
    add({ parents, replica, patches: [length > 0 && integer(random, 3) === 0 ? deleted : inserted] })
  }
  return { changes: [...changesOf(transactions)], expected: history.oracle.text() }
}

describe.each(seeds.flatMap((seed) => [3 * seed, 3 * seed + 1, 3 * seed + 2]))('every order (seed %i)', (seed) => {
  test.each(Object.entries(shapes))('of six keystrokes, %s, gives the text of Fugue', (name, steps) => {
    const { changes, expected } = prepareText(steps, createRandom(`${name} ${seed}`))
    const [base, ...rest] = changes as [Change, ...Change[]]
    const results = new Set<string>()
    for (const order of permutations(rest)) {
      const document = createDocument({ replica: 'reader' })
      document.apply([base])
      for (const change of order) document.apply([change])
      results.add(document.text('text').toString())
    }
    expect([...results]).toEqual([expected])
  })
})
