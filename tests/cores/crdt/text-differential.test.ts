import { describe, expect, test } from 'vitest'
import { createDocument, type Change, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, sample, shuffle, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { ReferenceText } from '../../traces/reference-text.ts'
import { changesOf, type AuthoredTransaction } from '../../traces/trace-changes.ts'
import type { Patch } from '../../traces/trace.ts'

interface Graph {
  readonly transactions: AuthoredTransaction[]
  /** What each of them shows to whoever has just that and its past. */
  readonly texts: string[]
  readonly reference: ReferenceText
  readonly changes: readonly Change[]
}

const fragments = ['a', 'b', 'xyz', '🙂', 'é🦊', 'long text', '\n', '𝒳𝒴']

/** Deletes forwards, backwards and at once, and inserts, around a few places where everybody is. */
function patchesFor(random: Random, length: number): Patch[] {
  const place = Math.min(length, integer(random, 4) * 5 + integer(random, 3))
  const units = integer(random, 5)
  switch (integer(random, 6)) {
    case 0:
      return Array.from({ length: Math.min(units, length - place) }, (): Patch => [place, 1, ''])
    case 1:
      return Array.from({ length: Math.min(units, place) }, (_, unit): Patch => [place - 1 - unit, 1, ''])
    case 2:
      return [[place, Math.min(units, length - place), fragments[integer(random, fragments.length)] as string]]
    case 3:
      return Array.from({ length: units }, (_, unit): Patch => [place, 0, String.fromCharCode(97 + unit)])
    default:
      return Array.from({ length: units }, (_, unit): Patch => [place + unit, 0, unit === 2 ? '🙂' : 'w'])
  }
}

/** A random graph of up to twelve heads, with merges of two to four, and forks from far back. */
function createGraph(seed: number, size: number): Graph {
  const random = createRandom(seed)
  const reference = new ReferenceText()
  const transactions: AuthoredTransaction[] = []
  const texts: string[] = []
  // Replicas write in a row; which of two is greater is chance.
  const names = shuffle(
    random,
    Array.from({ length: 12 }, (_, index) => `${'zAmB'.charAt(index % 4)}${index}`),
  )
  const tips = new Map<string, number>()
  const add = (parents: readonly number[], replica: string, patches: readonly Patch[]): void => {
    reference.add(parents, replica, patches)
    tips.set(replica, transactions.length)
    transactions.push({ parents, replica, patches })
    texts.push(reference.textAt([transactions.length - 1]))
  }
  while (transactions.length < size) {
    const replica = names[integer(random, integer(random, 3) === 0 ? 3 : names.length)] as string
    const own = tips.get(replica)
    // Others are heard of up to their last keystroke, or to one in the middle of a word.
    const recent = [...tips.values(), ...Array.from({ length: 6 }, (_, back) => transactions.length - 1 - back)]
    const hearing = integer(random, 4) === 0 ? 1 + integer(random, 3) : 0
    const others = sample(
      random,
      recent.filter((index) => index >= 0),
      hearing,
    )
    const far = own === undefined && transactions.length > 0 ? [integer(random, transactions.length)] : []
    const parents = reference.graph.heads([...(own === undefined ? far : [own]), ...others])
    const patches = patchesFor(random, reference.lengthAt(parents)).filter(([, gone, came]) => gone > 0 || came !== '')
    if (patches.length < 2 || integer(random, 2) === 0) add(parents, replica, patches)
    else {
      for (const [stroke, patch] of patches.entries()) {
        add(stroke === 0 ? parents : [transactions.length - 1], replica, [patch])
      }
    }
  }
  return { transactions, texts, reference, changes: [...changesOf(transactions)] }
}

function textOf(document: Document): string {
  return document.text('text').toString()
}

function expectWhole(document: Document, { changes, reference }: Graph): void {
  expect(document.statistics).toMatchObject({ changes: changes.length, waiting: 0, rejected: 0 })
  expect(textOf(document)).toBe(reference.endContent())
}

/** The transaction and all it was made on, in order. */
function pastOf(transactions: readonly AuthoredTransaction[], index: number): number[] {
  const past = new Set([index])
  for (let at = index; at >= 0; at--) {
    if (past.has(at)) for (const parent of (transactions[at] as AuthoredTransaction).parents) past.add(parent)
  }
  return [...past].sort((left, right) => left - right)
}

const seeds = Array.from({ length: figure('groups', 25, 600) }, (_, index) => [index + 1, index % 5 === 0 ? 400 : 120])

describe.each(seeds)('a random graph of twelve replicas (seed %i, %i transactions)', (seed, size) => {
  const graph = createGraph(seed, size)
  const { transactions, texts, changes } = graph

  test('gives the text of Fugue one update at a time, and in one batch', () => {
    const single = createDocument()
    for (const change of changes) single.apply([change])
    expectWhole(single, graph)
    const batch = createDocument()
    batch.apply(changes)
    expectWhole(batch, graph)
    expect(batch.encode()).toEqual(single.encode())
  })

  test('gives the text of Fugue in any order and any groups', () => {
    const random = createRandom(`order ${seed}`)
    const rest = shuffle(random, [...changes])
    const document = createDocument()
    while (rest.length > 0) document.apply(rest.splice(0, 1 + integer(random, 40)))
    expectWhole(document, graph)
  })

  test('shows at every version what the author of the next change saw', () => {
    const random = createRandom(`versions ${seed}`)
    const byTransaction = [...transactions.keys()].filter((index) => transactions[index]?.patches.length !== 0)
    const changeOf = new Map(byTransaction.map((index, place) => [index, changes[place] as Change]))
    for (const index of sample(random, [...transactions.keys()], 12)) {
      const document = createDocument()
      document.apply(pastOf(transactions, index).flatMap((known) => changeOf.get(known) ?? []))
      expect(textOf(document)).toBe(texts[index])
    }
  })
})
