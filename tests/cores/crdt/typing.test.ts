import { expect, test } from 'vitest'
import { createDocument, decodeChanges, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { FugueOracle } from './fugue-oracle.ts'

/** Somebody who types: on, backwards and forwards deleting, at a cursor that seldom jumps; a keystroke is a change. */
class Typist {
  readonly document: Document
  readonly #oracle: FugueOracle
  readonly #known = new Set<string>()
  #cursor = 0
  #letter: number

  constructor(replica: string, oracle: FugueOracle) {
    this.document = createDocument({ replica })
    this.#oracle = oracle
    this.#letter = replica.charCodeAt(0)
  }

  /** A few strokes of one kind. */
  stroke(random: Random): void {
    const text = this.document.text('t')
    if (integer(random, 5) === 0) this.#cursor = integer(random, text.length + 1)
    const kind = integer(random, 4)
    for (let count = integer(random, 7); count >= 0; count--) {
      this.#cursor = Math.min(this.#cursor, text.length)
      if (kind < 2) this.#insert(this.#cursor++)
      else if (kind === 2 && this.#cursor > 0) this.#delete(--this.#cursor)
      else if (kind === 3 && this.#cursor < text.length) this.#delete(this.#cursor)
    }
  }

  /** Takes in what the other has and this one has not: all of it, or some, cut anywhere between two keystrokes. */
  hear(other: Typist, random?: Random): void {
    const news = decodeChanges(other.document.changesSince(this.document.version))
    const heard = this.document.apply(news.slice(0, random === undefined ? Infinity : integer(random, news.length + 1)))
    for (const { replica, sequence, count } of heard.changes) {
      for (let unit = 0; unit < count; unit++) this.#known.add(`${replica}/${sequence + unit}`)
    }
  }

  #insert(index: number): void {
    const id = this.#nextId()
    const { replica } = this.document
    this.#oracle.insert(id, replica, index, String.fromCharCode(this.#letter), this.#known)
    this.#known.add(id)
    this.document.text('t').insert(index, String.fromCharCode(this.#letter++))
  }

  #delete(index: number): void {
    const id = this.#nextId()
    this.#oracle.delete(id, index, this.#known)
    this.#known.add(id)
    this.document.text('t').delete(index, 1)
  }

  #nextId(): string {
    const { replica, version } = this.document
    return `${replica}/${version.get(replica)}`
  }
}

const short = Array.from({ length: 60 }, (_, index) => [index + 1, 30, 8] as const)
// Long enough for a fork of many hundred runs.
const long = [101, 102, 103].map((seed) => [seed, 350, 200] as const)

test.each([...short, ...long])(
  'people who type at once, and hear of each other in the middle of a word, see the order of Fugue (seed %i, %i steps)',
  (seed, steps, meetings) => {
    const random = createRandom(seed)
    const oracle = new FugueOracle()
    const typists = ['A', 'a', 'z'].map((replica) => new Typist(replica, oracle))
    for (let step = 0; step < steps; step++) {
      const typist = typists[integer(random, 3)] as Typist
      // Now and then all know the same, so that what follows forks from a point that everybody has.
      if (integer(random, meetings) === 0) for (let round = 0; round < 6; round++) meet(typists, round)
      if (integer(random, 3) === 0) typist.hear(typists[integer(random, 3)] as Typist, random)
      else typist.stroke(random)
    }
    for (let round = 0; round < 6; round++) meet(typists, round)
    for (const { document } of typists) expect(document.text('t').toString()).toBe(oracle.text())
    const fresh = createDocument()
    for (const change of decodeChanges((typists[1] as Typist).document.encode()).reverse()) fresh.apply([change])
    expect(fresh.text('t').toString()).toBe(oracle.text())
  },
)

/** One listens to the next. */
function meet(typists: readonly Typist[], round: number): void {
  const listener = typists[round % typists.length] as Typist
  listener.hear(typists[(round + 1) % typists.length] as Typist)
  listener.hear(typists[(round + 2) % typists.length] as Typist)
}

test('somebody who has seen half of a backspacing inserts and deletes where the rest still stands', () => {
  const a = createDocument({ replica: 'a' })
  a.text('t').insert(0, 'abcdefgh12')
  const b = createDocument({ replica: 'b' })
  b.merge(a.encode())
  for (let index = 7; index >= 2; index--) a.text('t').delete(index, 1)
  const strokes = decodeChanges(a.changesSince(b.version))
  b.apply(strokes.slice(0, 2))
  b.text('t').insert(4, 'X')
  b.apply(strokes.slice(2, 4))
  expect(b.text('t').toString()).toBe('abcdX12')
  b.text('t').insert(6, 'Y')
  b.text('t').delete(0, 1)
  expect(b.text('t').toString()).toBe('bcdX1Y2')
  a.merge(b.changesSince(a.version))
  b.merge(a.changesSince(b.version))
  expect(a.text('t').toString()).toBe('bX1Y2')
  expect(b.text('t').toString()).toBe('bX1Y2')
})
