import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, sample, type Random } from '../../../node/protocol/index.ts'
import { FugueOracle } from './fugue-oracle.ts'

/** One transaction: at each index so many characters go, then a text comes. */
interface Step {
  readonly parents: readonly number[]
  readonly author: string
  readonly edits: readonly (readonly [index: number, deleted: number, inserted: string])[]
}

/** Grows a history: each change is made by a document that knows just its past. */
class History {
  readonly changes: Change[] = []
  readonly #pasts: ReadonlySet<number>[] = []

  pastOf(parents: readonly number[]): Set<number> {
    return new Set(parents.flatMap((parent) => [...(this.#pasts[parent] as ReadonlySet<number>)]))
  }

  add({ parents, author, edits }: Step): void {
    const past = this.pastOf(parents)
    const document = createDocument({ replica: author })
    document.apply([...past].sort((left, right) => left - right).map((index) => this.changes[index] as Change))
    document.subscribe((event) => void (event.type === 'changed' && this.changes.push(...event.changes)))
    const text = document.text('text')
    document.transact(() => {
      for (const [index, deleted, inserted] of edits) text.replace(index, deleted, inserted)
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

/** The same history, by definition. */
class OracleHistory {
  readonly oracle = new FugueOracle()
  readonly #known: ReadonlySet<string>[] = []
  #next = 0

  lengthAt(parents: readonly number[]): number {
    return this.oracle.length(this.#past(parents))
  }

  add({ parents, author, edits }: Step): void {
    const known = this.#past(parents)
    for (const [index, deleted, inserted] of edits) {
      for (let count = 0; count < deleted; count++) {
        this.#do(known, (id) => this.oracle.delete(id, index, known))
      }
      for (const [offset, character] of Array.from(inserted).entries()) {
        this.#do(known, (id) => this.oracle.insert(id, author, index + offset, character, known))
      }
    }
    this.#known.push(known)
  }

  #past(parents: readonly number[]): Set<string> {
    return new Set(parents.flatMap((parent) => [...(this.#known[parent] as ReadonlySet<string>)]))
  }

  #do(known: Set<string>, act: (id: string) => void): void {
    const id = String(this.#next++)
    act(id)
    known.add(id)
  }
}

function randomStep(random: Random, steps: number, lengthAt: (parents: readonly number[]) => number): Step {
  const recent = Array.from({ length: Math.min(steps, 6) }, (_, back) => steps - 1 - back)
  const parents = sample(random, recent, integer(random, 4))
  const length = lengthAt(parents)
  const index = integer(random, Math.min(length, 6) + 1)
  const deleted = integer(random, 3) === 0 ? Math.min(length - index, integer(random, 4)) : 0
  const inserted =
    deleted === 0 || integer(random, 2) === 0
      ? String.fromCharCode(97 + (steps % 26)).repeat(1 + integer(random, 3))
      : ''
  // A replica of its own for each change: one replica's changes are in a row, and here every graph is wanted.
  return { parents, author: `${integer(random, 9)}-${steps}`, edits: [[index, deleted, inserted]] }
}

test.each(Array.from({ length: 120 }, (_, index) => index + 1))(
  'text stands in the order of Fugue, whatever the graph (seed %i)',
  (seed) => {
    const random = createRandom(seed)
    const history = new History()
    const definition = new OracleHistory()
    for (let steps = 0; steps < 24; steps++) {
      const step = randomStep(random, steps, (parents) => definition.lengthAt(parents))
      history.add(step)
      definition.add(step)
    }
    expect(readHistory(history.changes).text('text').toString()).toBe(definition.oracle.text())
    const oneByOne = createDocument()
    for (const change of history.changes) oneByOne.apply([change])
    expect(oneByOne.text('text').toString()).toBe(definition.oracle.text())
  },
)

const traces = process.env['PEERLOOM_TRACES'] ?? join(import.meta.dirname, '../../../../shared/data/traces')
const conformance = join(traces, 'conformance.json.gz')

interface Graph {
  readonly txns: readonly {
    readonly span: readonly [number, number]
    readonly parents: readonly number[]
    readonly agent: string
    readonly seqStart: number
    readonly ops: readonly (readonly [number, number, string])[]
  }[]
  readonly endContent: string
}

test.skipIf(!existsSync(conformance))(
  `the published graphs give the published texts (skipped without ${conformance})`,
  () => {
    const graphs = JSON.parse(gunzipSync(readFileSync(conformance)).toString()) as readonly Graph[]
    expect(graphs.length).toBe(1000)
    const wrong = graphs.flatMap((graph, index) => (textOf(graph) === graph.endContent ? [] : [index]))
    expect(wrong).toEqual([])
  },
  120_000,
)

/** Operations are numbered through; a parent may lie inside a transaction, which is two then. */
function textOf({ txns }: Graph): string {
  const history = new History()
  const ends = new Map<number, number>()
  const cuts = new Set(txns.flatMap(({ parents }) => parents.map((parent) => parent + 1)))
  for (const { span, parents, agent, seqStart, ops } of txns) {
    const author = `${agent}-${String(seqStart).padStart(6, '0')}`
    let past = parents.map((parent) => ends.get(parent) as number)
    let edits: [number, number, string][] = []
    let next = span[0]
    const count = (edit: [number, number, string]): void => {
      edits.push(edit)
      next++
      if (!cuts.has(next) && next !== span[1]) return
      history.add({ parents: past, author, edits })
      past = [history.changes.length - 1]
      ends.set(next - 1, history.changes.length - 1)
      edits = []
    }
    for (const [index, deleted, inserted] of ops) {
      for (let unit = 0; unit < deleted; unit++) count([index, 1, ''])
      for (const [offset, character] of Array.from(inserted).entries()) count([index + offset, 0, character])
    }
  }
  return readHistory(history.changes).text('text').toString()
}
