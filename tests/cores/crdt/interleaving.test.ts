import { expect, test } from 'vitest'
import { createDocument, loadDocument, type Document } from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'

type Manner = 'forward' | 'backward' | 'at once' | 'outwards'

/** Types a run of one letter at index 1, a keystroke a change. */
function type(document: Document, letter: string, manner: Manner): void {
  const text = document.text('text')
  const length = 6
  if (manner === 'at once') {
    text.insert(1, letter.repeat(length))
    return
  }
  for (let key = 0; key < length; key++) {
    const index = manner === 'forward' ? 1 + key : manner === 'backward' ? 1 : 1 + (key % 2 === 0 ? key : 0)
    text.insert(index, letter)
  }
}

const manners: readonly Manner[] = ['forward', 'backward', 'at once', 'outwards']

const cases = [2, 3, 4].flatMap((authors) =>
  manners.flatMap((first) => manners.map((second) => [authors, first, second] as const)),
)

test.each(cases)('%i authors at one place, typing %s and %s, keep their runs together', (authors, first, second) => {
  const base = createDocument({ replica: 'base' })
  base.text('text').insert(0, '[]')
  const documents = Array.from({ length: authors }, (_, author) => {
    const document = loadDocument(base.encode(), { replica: `author-${author}` })
    type(document, String.fromCharCode(97 + author), author % 2 === 0 ? first : second)
    return document
  })
  const merged = createDocument()
  for (const document of documents.toReversed()) merged.merge(document.encode())
  expect(merged.text('text').toString()).toBe(
    `[${Array.from({ length: authors }, (_, author) => String.fromCharCode(97 + author).repeat(6)).join('')}]`,
  )
})

test('the same holds in lists', () => {
  const documents = ['a', 'b'].map((replica) => createDocument({ replica }))
  for (const document of documents) {
    for (let item = 0; item < 5; item++) document.list('list').insert(0, document.replica)
  }
  const [a, b] = documents as [Document, Document]
  a.merge(b.encode())
  expect(a.list('list').toJSON().join('')).toBe('aaaaabbbbb')
})

/** What a place between two brackets can look like to the tree of Fugue. */
const places: Record<string, (document: Document) => void> = {
  'between two characters typed at once': (document) => document.text('text').insert(0, '[]'),
  'between two characters typed backwards': (document) => {
    document.text('text').insert(0, ']')
    document.text('text').insert(0, '[')
  },
  'where others were deleted': (document) => {
    document.text('text').insert(0, '[deleted]')
    document.text('text').delete(1, 7)
  },
  'where a word was deleted backwards': (document) => {
    document.text('text').insert(0, '[]')
    for (const [index, letter] of Array.from('gone').entries()) document.text('text').insert(1 + index, letter)
    for (let index = 4; index > 0; index--) document.text('text').delete(index, 1)
  },
}

/** Types so many of a letter anywhere in its own run, and takes some of them back now and then. */
function ramble(document: Document, letter: string, random: Random): void {
  const text = document.text('text')
  let length = 0
  for (let key = 0; key < 12 || length === 0; key++) {
    if (length > 1 && integer(random, 4) === 0) {
      text.delete(1 + integer(random, length), 1)
      length--
    } else {
      text.insert(1 + integer(random, length + 1), letter)
      length++
    }
  }
}

const seeds = Array.from({ length: figure('groups', 10, 500) }, (_, index) => index + 1)

test.each(Object.keys(places).flatMap((place) => seeds.map((seed) => [place, seed] as const)))(
  'two to four who type to and fro %s keep their runs together, in the order of their names (seed %i)',
  (place, seed) => {
    const random = createRandom(`${place} ${seed}`)
    const base = createDocument({ replica: 'base' })
    places[place]?.(base)
    const letters = Array.from('abcd').slice(0, 2 + (seed % 3))
    const documents = letters.map((letter) => {
      const document = loadDocument(base.encode(), { replica: letter })
      ramble(document, letter, random)
      return document
    })
    const merged = createDocument()
    for (const document of shuffle(random, [...documents])) merged.merge(document.encode())
    const runs = documents.map((document) => document.text('text').toString().slice(1, -1))
    expect(merged.text('text').toString()).toBe(`[${runs.join('')}]`)
  },
)

test.each(manners)('who goes on behind a run typed %s stays behind it, whoever else types there', (manner) => {
  const base = createDocument({ replica: 'base' })
  base.text('text').insert(0, '[]')
  const first = loadDocument(base.encode(), { replica: 'n' })
  type(first, 'n', manner)
  const follower = loadDocument(first.encode(), { replica: 'z' })
  follower.text('text').insert(7, 'follows')
  const others = ['a', 'q', 'zz'].map((replica) => {
    const document = loadDocument(base.encode(), { replica })
    type(document, replica.charAt(0), manner)
    return document
  })
  const merged = createDocument()
  for (const document of [...others, follower]) merged.merge(document.encode())
  expect(merged.text('text').toString()).toBe('[aaaaaannnnnnfollowsqqqqqqzzzzzz]')
})
