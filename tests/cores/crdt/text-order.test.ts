import { expect, test } from 'vitest'
import { createDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, sample, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { readConformanceGraphs } from '../../traces/conformance.ts'
import { ReferenceText } from '../../traces/reference-text.ts'
import type { AuthoredTransaction } from '../../traces/trace-changes.ts'
import type { Patch } from '../../traces/trace.ts'
import { FugueHistory } from './fugue-history.ts'

/** Grows a history: each change is made by a document that knows just its past. */
class History {
  readonly changes: Change[] = []
  readonly #pasts: ReadonlySet<number>[] = []

  add({ parents, replica = '', patches }: AuthoredTransaction): void {
    const past = new Set(parents.flatMap((parent) => [...(this.#pasts[parent] as ReadonlySet<number>)]))
    const document = createDocument({ replica })
    document.apply([...past].sort((left, right) => left - right).map((index) => this.changes[index] as Change))
    document.subscribe((event) => void (event.type === 'changed' && this.changes.push(...event.changes)))
    const text = document.text('text')
    document.transact(() => {
      for (const [index, deleted, inserted] of patches) text.replace(index, deleted, inserted)
    })
    past.add(this.changes.length - 1)
    this.#pasts.push(past)
  }
}

function readHistory(changes: readonly Change[]): Document {
  const document = createDocument()
  document.apply(changes)
  expect(document.statistics).toMatchObject({ changes: changes.length, waiting: 0, rejected: 0 })
  return document
}

function randomTransaction(
  random: Random,
  steps: number,
  lengthAt: (parents: readonly number[]) => number,
): AuthoredTransaction {
  const recent = Array.from({ length: Math.min(steps, 6) }, (_, back) => steps - 1 - back)
  const parents = sample(random, recent, integer(random, 4))
  const length = lengthAt(parents)
  const index = integer(random, Math.min(length, 6) + 1)
  const deleted = integer(random, 3) === 0 ? Math.min(length - index, integer(random, 4)) : 0
  const inserted =
    deleted === 0 || integer(random, 2) === 0
      ? String.fromCharCode(97 + (steps % 26)).repeat(1 + integer(random, 4))
      : ''
  // Every transaction has an author of its own: concurrent ones must.
  const replica = `${'ZzAa'[integer(random, 4)]}${String(steps).padStart(3, '0')}`
  const patches: Patch[] = deleted + inserted.length > 0 ? [[index, deleted, inserted]] : [[index, 0, '.']]
  return { parents, replica, patches }
}

test.each(Array.from({ length: figure('groups', 120, 2000) }, (_, index) => index + 1))(
  'text stands in the order of Fugue, whatever the graph (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const history = new History()
    const definition = new FugueHistory()
    const reference = new ReferenceText()
    for (let steps = 0; steps < 24; steps++) {
      const transaction = randomTransaction(random, steps, (parents) => definition.lengthAt(parents))
      history.add(transaction)
      definition.add(transaction)
      reference.add(transaction.parents, transaction.replica as string, transaction.patches)
    }
    const expected = definition.oracle.text()
    expect(reference.endContent()).toBe(expected)
    expect(readHistory(history.changes).text('text').toString()).toBe(expected)
    const oneByOne = createDocument()
    for (const change of history.changes) oneByOne.apply([change])
    expect(oneByOne.text('text').toString()).toBe(expected)
  },
)

const graphs = readConformanceGraphs()

test.skipIf(graphs.length === 0)(
  'the published graphs give the published texts (skipped where they are not)',
  () => {
    expect(graphs.length).toBe(1000)
    const wrong = graphs.flatMap(({ transactions, endContent }, index) => {
      const history = new History()
      for (const transaction of transactions) history.add(transaction)
      return readHistory(history.changes).text('text').toString() === endContent ? [] : [index]
    })
    expect(wrong).toEqual([])
  },
  120_000,
)

test.skipIf(graphs.length === 0)('the published graphs give the published texts by definition', () => {
  const wrong = graphs.flatMap(({ transactions, endContent }, index) => {
    const reference = new ReferenceText()
    for (const { parents, replica, patches } of transactions) reference.add(parents, replica as string, patches)
    return reference.endContent() === endContent ? [] : [index]
  })
  expect(wrong).toEqual([])
})
