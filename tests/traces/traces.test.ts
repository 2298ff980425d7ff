import { describe, expect, test } from 'vitest'
import { compareReplicaIds, createDocument, loadDocument, type Change, type Document } from '../../crdt/index.ts'
import { isLongRun } from '../figures.ts'
import { readConformanceGraphs } from './conformance.ts'
import { generateGitTrace } from './git-trace.ts'
import { generateLiveTrace } from './live-trace.ts'
import { ReferenceText } from './reference-text.ts'
import { generateSequentialTrace } from './sequential-trace.ts'
import { authorsOf, changesOf, type AuthoredTransaction } from './trace-changes.ts'
import { TraceGraph } from './trace-graph.ts'
import { isConcurrent, readTrace, traceNames, type ConcurrentTrace, type Patch, type Trace } from './trace.ts'

const much = isLongRun ? 20 : 1

const generators: Record<string, () => Trace> = {
  'one person typing': () => generateSequentialTrace({ seed: 1, transactions: 5000 * much }),
  'one person typing, not only ASCII': () =>
    generateSequentialTrace({ seed: 2, transactions: 5000 * much, ascii: false }),
  'two people typing': () => generateLiveTrace({ seed: 3, writers: 2, transactions: 5000 * much }),
  'three people typing': () => generateLiveTrace({ seed: 4, writers: 3, transactions: 5000 * much }),
  'three people typing, not only ASCII': () =>
    generateLiveTrace({ seed: 5, writers: 3, transactions: 3000 * much, ascii: false }),
  'two people typing, far from each other': () =>
    generateLiveTrace({ seed: 6, writers: 2, transactions: 5000 * much, latency: 300 }),
  'a history of git': () => generateGitTrace({ seed: 7, commits: 700 * much }),
  'a history of git, not only ASCII': () => generateGitTrace({ seed: 8, commits: 300 * much, ascii: false }),
}
const generated = Object.entries(generators).map(([name, generate]) => ({ name, trace: generate() }))

/** What is there, the larger ones in long runs only. */
const recorded = traceNames().filter((name) => isLongRun || ['friendsforever', 'sveltecomponent'].includes(name))

/** As `toBe`, without printing texts of this size. */
function expectSame(text: string, expected: string): void {
  expect(text.length).toBe(expected.length)
  expect(text === expected).toBe(true)
}

function expectEndContent(document: Document, count: number, { endContent }: Trace): void {
  expect(document.statistics).toMatchObject({ changes: count, waiting: 0, rejected: 0 })
  expectSame(document.text('text').toString(), endContent)
}

function expectMerges(trace: Trace): void {
  const changes = [...changesOf(authorsOf(trace))]
  const single = createDocument({ replica: 'reader' })
  for (const change of changes) single.apply([change])
  expectEndContent(single, changes.length, trace)
  const batch = createDocument({ replica: 'reader' })
  batch.apply(changes)
  expectEndContent(batch, changes.length, trace)
  expectEndContent(loadDocument(batch.encode()), changes.length, trace)
}

describe.each(generated)('a trace of $name', ({ name, trace }) => {
  test('merges to its end content one update at a time, in one batch, and from a file', () => {
    expectMerges(trace)
  })

  test('is the same when generated again', () => {
    expect(JSON.stringify(generators[name]?.()) === JSON.stringify(trace)).toBe(true)
  })
})

const concurrent = generated.flatMap(({ name, trace }) => (isConcurrent(trace) ? [{ name, trace }] : []))

test.each(concurrent)('a trace of $name keeps the rules of its format', ({ trace }) => {
  const { txns, numAgents } = trace
  const replicas = authorsOf(trace).map(({ replica }) => replica)
  const graph = new TraceGraph()
  const text = new ReferenceText()
  for (const [index, { parents, agent, patches, numChildren }] of txns.entries()) {
    const isLast = index === txns.length - 1
    expect([parents.length === 0, graph.heads(parents)]).toEqual([index === 0, parents])
    expect([agent >= 0 && agent < numAgents, patches.length > 0 || isLast]).toEqual([true, true])
    expect(numChildren === 0).toBe(isLast)
    let length = text.lengthAt(parents)
    for (const [position, deleted, inserted] of patches) {
      expect(position + deleted).toBeLessThanOrEqual(length)
      length += Array.from(inserted).length - deleted
    }
    graph.add(parents)
    text.add(parents, replicas[index] ?? '', patches)
  }
})

describe('the traces are what they are made for', () => {
  const traceOf = (name: string): ConcurrentTrace =>
    generated.find((entry) => entry.name === name)?.trace as ConcurrentTrace

  test('two people typing merge about as often as in friendsforever: every fourth to twentieth keystroke', () => {
    const { txns } = traceOf('two people typing')
    const merges = txns.filter(({ parents }) => parents.length > 1).length
    expect(txns.length / merges).toBeGreaterThan(2)
    expect(txns.length / merges).toBeLessThan(20)
  })

  test('a history of git has hundreds of authors and merges of three, and authors with several branches', () => {
    const trace = traceOf('a history of git')
    const replicas = new Set(authorsOf(trace).flatMap(({ replica }) => replica ?? []))
    expect(trace.numAgents).toBeGreaterThan(150)
    expect(replicas.size).toBeGreaterThan(new Set(trace.txns.map(({ agent }) => agent)).size)
    expect(Math.max(...trace.txns.slice(0, -1).map(({ parents }) => parents.length))).toBe(3)
  })

  test('those that say so, and no others, hold more than ASCII', () => {
    for (const { name, trace } of generated) {
      expect(/[^\0-\x7f]/.test(JSON.stringify(trace))).toBe(name.endsWith('not only ASCII'))
    }
  })
})

describe('the reference text', () => {
  test.each(recorded)('gives the end content of %s', (name) => {
    const trace = readTrace(name) as Trace
    const text = new ReferenceText()
    for (const { parents, replica = '', patches } of authorsOf(trace)) text.add(parents, replica, patches)
    expectSame(text.endContent(), trace.endContent)
  })

  test.each(generated)('gives at each version of $name what is there, wherever it stood before', ({ trace }) => {
    const transactions = authorsOf(trace).slice(0, 300)
    const text = new ReferenceText()
    const texts = transactions.map(({ parents, replica = '', patches }, index) => {
      text.add(parents, replica, patches)
      return text.textAt([index])
    })
    for (let index = transactions.length - 1; index >= 0; index -= 7) expect(text.textAt([index])).toBe(texts[index])
  })
})

test.each(recorded)(
  'the recorded trace %s merges to its end content, one update at a time and in one batch',
  (name) => {
    expectMerges(readTrace(name) as Trace)
  },
)

/** What a document of each replica makes of the trace: slow, and holds all of them. */
function replayWithDocuments(transactions: readonly AuthoredTransaction[]): Change[] {
  const documents = new Map<string, Document>()
  const made: Change[][] = []
  for (const { parents, replica, patches } of transactions) {
    const own: Change[] = []
    made.push(own)
    if (replica === undefined) continue
    const document = documents.get(replica) ?? createDocument({ replica })
    documents.set(replica, document)
    document.apply(pastOf(transactions, parents).flatMap((index) => made[index] as Change[]))
    const control = new AbortController()
    document.subscribe((event) => void (event.type === 'changed' && own.push(...event.changes)), control)
    document.transact(() => {
      for (const patch of patches) write(document, patch)
    })
    control.abort()
  }
  return made.flat()
}

function pastOf(transactions: readonly AuthoredTransaction[], heads: readonly number[]): number[] {
  const past = new Set(heads)
  for (const index of past) for (const parent of transactions[index]?.parents ?? []) past.add(parent)
  return [...past].sort((left, right) => left - right)
}

/** Positions of traces are code points, those of documents are code units. */
function write(document: Document, [position, deleted, inserted]: Patch): void {
  const text = document.text('text')
  const characters = Array.from(text.toString())
  const start = characters.slice(0, position).join('').length
  text.replace(start, characters.slice(position, position + deleted).join('').length, inserted)
}

describe('changes written down without documents', () => {
  test.each(generated)('are those that documents of $name make', ({ trace }) => {
    const transactions = authorsOf(trace).slice(0, 400)
    expect(replayWithDocuments(transactions)).toEqual([...changesOf(transactions)])
  })

  test.runIf(readConformanceGraphs().length > 0)('are those that documents of the published graphs make', () => {
    for (const { transactions } of readConformanceGraphs().slice(0, 200)) {
      expect(replayWithDocuments(transactions)).toEqual([...changesOf(transactions)])
    }
  })

  test('pass through transactions that only merge, or change nothing', () => {
    const transactions: AuthoredTransaction[] = [
      { parents: [], replica: 'a', patches: [[0, 0, 'one']] },
      { parents: [0], replica: 'b', patches: [[3, 0, ' two']] },
      { parents: [0], replica: 'c', patches: [[0, 0, 'zero ']] },
      { parents: [1, 2], replica: undefined, patches: [] },
      { parents: [3], replica: 'a', patches: [[0, 0, '']] },
      { parents: [3, 4], replica: 'a', patches: [[12, 0, '!']] },
    ]
    const changes = [...changesOf(transactions)]
    expect(changes.map(({ replica, sequence }) => `${replica}/${sequence}`)).toEqual(['a/0', 'b/0', 'c/0', 'a/3'])
    expect(changes[3]?.dependencies.map(({ replica, sequence }) => `${replica}/${sequence}`)).toEqual(['b/3', 'c/4'])
    const document = createDocument()
    document.apply(changes)
    expect(document.text('text').toString()).toBe('zero one two!')
  })

  test('have increasing sequences for each replica, and each knows all that its replica did before', () => {
    const trace = generateGitTrace({ seed: 9, commits: 400 })
    const next = new Map<string, number>()
    for (const { replica, sequence, count, dependencies } of changesOf(authorsOf(trace))) {
      expect(sequence).toBe(next.get(replica) ?? 0)
      next.set(replica, sequence + count)
      for (const [index, dot] of dependencies.entries()) {
        expect(dot.sequence).toBeLessThan(next.get(dot.replica) ?? 0)
        const before = dependencies[index - 1]
        if (before !== undefined) expect(compareReplicaIds(before.replica, dot.replica)).toBeLessThan(0)
      }
    }
  })
})

test('350,000 transactions of hundreds of authors are read at the cost of the trace, not of their documents', () => {
  const changes = changesOf(severalHundredBranches(350_000))
  let count = 0
  let bytes = 0
  for (const { operations } of changes) {
    count++
    bytes += operations.length
  }
  expect(count).toBe(350_000)
  expect(bytes).toBeLessThan(100 * count)
})

/** 300 branches that each take the main line in now and then, and are taken in by it. */
function severalHundredBranches(size: number): AuthoredTransaction[] {
  const branches = Array.from({ length: 300 }, (_, author) => ({ replica: `r${1000 + author}`, tips: [] as number[] }))
  const transactions: AuthoredTransaction[] = []
  let main: number[] = []
  for (let index = 0; index < size; index++) {
    const branch = branches[(index >>> 4) % branches.length] as (typeof branches)[number]
    const merges = index % 16 === 0
    const parents = branch.tips.length === 0 ? main : merges ? [...new Set([...branch.tips, ...main])] : branch.tips
    transactions.push({ parents, replica: branch.replica, patches: [[index % 1000, index % 3 === 0 ? 1 : 0, 'x']] })
    branch.tips = [index]
    if (merges) main = [index]
  }
  return transactions
}
