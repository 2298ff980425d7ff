import { expect, test } from 'vitest'
import { createDocument } from '../../../crdt/index.ts'
import { diffText, EditedBase, type Splice } from '../../../cli/documents/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'

const alphabet = ['a', 'b', '\n', '\r\n', '😀', '😁', 'é']

function randomText(random: Random, most: number): string {
  return Array.from({ length: integer(random, most) }, () => alphabet[integer(random, alphabet.length)]).join('')
}

/** A few replaced ranges; never inside a surrogate pair. */
function edited(random: Random, text: string): string {
  const characters = Array.from(text)
  for (let edits = integer(random, 4); edits > 0; edits--) {
    const index = integer(random, characters.length + 1)
    characters.splice(index, integer(random, 5), ...Array.from(randomText(random, 4)))
  }
  return characters.join('')
}

function apply(text: string, splices: readonly Splice[]): string {
  return splices
    .toReversed()
    .reduce((result, { index, count, text }) => result.slice(0, index) + text + result.slice(index + count), text)
}

test('applying a difference gives the other text, and no splice cuts a surrogate pair', () => {
  const random = createRandom('text-diff')
  for (let round = 0; round < 500; round++) {
    const before = randomText(random, 60)
    const after = random.next() < 0.8 ? edited(random, before) : randomText(random, 60)
    const splices = diffText(before, after)
    expect(apply(before, splices)).toBe(after)
    for (const { index, count, text } of splices) {
      expect([before.slice(0, index), before.slice(index, index + count), text].join('\n')).not.toMatch(/\p{Cs}/u)
    }
  }
})

test('only what differs is changed', () => {
  expect(diffText('same', 'same')).toEqual([])
  expect(diffText('one\ntwo\nthree\n', 'one\n2\nthree\n')).toEqual([{ index: 4, count: 3, text: '2' }])
  expect(diffText('a\nb\nc\nd\n', 'x\nb\nc\ny\n')).toEqual([
    { index: 0, count: 1, text: 'x' },
    { index: 6, count: 1, text: 'y' },
  ])
  expect(diffText('grinning 😀', 'grinning 😁')).toEqual([{ index: 9, count: 2, text: '😁' }])
})

test('texts without anything in common are replaced, however long they are', () => {
  const before = Array.from({ length: 20_000 }, (_, line) => `old ${line}\n`).join('')
  const after = Array.from({ length: 20_000 }, (_, line) => `NEW ${line}!\n`).join('')
  expect(apply(before, diffText(before, after))).toBe(after)
})

test('an edit of an earlier text leaves what others did since, and does what it did itself', () => {
  const random = createRandom('edited-base')
  for (let round = 0; round < 300; round++) {
    const document = createDocument({ replica: 'peer' })
    const body = document.text('body')
    const before = randomText(random, 40).replaceAll(/[XYZ]/g, '')
    body.insert(0, before)
    const base = new EditedBase(body.length)
    document.subscribe((event) => {
      if (event.type !== 'changed') return
      for (const delta of event.deltas) if (delta.type === 'text') base.apply(delta.delta)
    })
    for (let edits = 0; edits < 3; edits++)
      body.insert(body.toString() === '' ? 0 : place(random, body.toString()), 'XYZ')
    const after = edited(random, before)
    const splices = base.rebase(diffText(before, after))
    for (const { index, count, text } of splices.toReversed()) body.replace(index, count, text)
    const result = body.toString()
    expect(result.replaceAll(/[XYZ]/g, '')).toBe(after)
    expect(result.match(/[XYZ]/g)).toHaveLength(9)
  }
})

test('what others deleted stays deleted', () => {
  const base = new EditedBase(11)
  base.apply([{ retain: 6 }, { delete: 5 }])
  base.apply([{ insert: '> ' }])
  expect(base.rebase(diffText('hello world', 'hey world'))).toEqual([{ index: 4, count: 3, text: 'y' }])
  expect(base.rebase(diffText('hello world', 'hello all'))).toEqual([{ index: 8, count: 0, text: 'all' }])
})

test('where only the texts before and after are known, an edit is moved by what differs', () => {
  const base = new EditedBase(11)
  base.splice(diffText('hello world', 'oh, hello wide world'))
  base.splice(diffText('oh, hello wide world', 'oh, hello wide'))
  expect(base.rebase(diffText('hello world', 'hey world'))).toEqual([{ index: 6, count: 3, text: 'y' }])
  expect(base.rebase(diffText('hello world', 'hello world!'))).toEqual([{ index: 9, count: 0, text: '!' }])
})

/** Not inside a pair. */
function place(random: Random, text: string): number {
  const starts = [text.length]
  let index = 0
  for (const character of text) {
    starts.push(index)
    index += character.length
  }
  return starts[integer(random, starts.length)] ?? 0
}
