import { expect, test } from 'vitest'
import { createDocument, loadDocument, type Document } from '../../../crdt/index.ts'

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
