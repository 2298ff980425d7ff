import { ChangeSet, Text } from '@codemirror/state'
import { expect, test } from 'vitest'
import { TextMirror, type Hunk } from '../../../crdt/codemirror/index.ts'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'

const pieces = ['a', 'b', '\n', '\r', '\r\n', '😀', '\u2028', 'ü']

function draw(random: Random, length: number): string {
  return Array.from({ length }, () => pieces[integer(random, pieces.length)]).join('')
}

/** What CodeMirror makes of a text. */
function shown(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\n')
}

function apply(text: string, hunks: readonly Hunk[]): string {
  let result = text
  for (const { from, to, insert } of hunks.toReversed()) result = result.slice(0, from) + insert + result.slice(to)
  return result
}

function isInPair(text: string, offset: number): boolean {
  return /[\uD800-\uDBFF]/.test(text.charAt(offset - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(offset))
}

/** Up to three hunks with something between them, as deltas have it. */
function drawHunks(random: Random, text: string): Hunk[] {
  const hunks: Hunk[] = []
  let at = 0
  for (let count = 1 + integer(random, 3); count > 0 && at <= text.length; count--) {
    const from = at + integer(random, Math.min(6, text.length - at + 1))
    const to = from + integer(random, Math.min(5, text.length - from + 1))
    if (isInPair(text, from) || isInPair(text, to)) continue
    hunks.push({ from, to, insert: draw(random, integer(random, 4)) })
    at = to + 1
  }
  return hunks.filter(({ from, to, insert }) => to > from || insert !== '')
}

function drawEdit(random: Random, length: number): ChangeSet {
  const specs: { from: number; to: number; insert: Text }[] = []
  let at = 0
  for (let count = 1 + integer(random, 3); count > 0 && at <= length; count--) {
    const from = at + integer(random, Math.min(6, length - at + 1))
    const to = from + integer(random, Math.min(5, length - from + 1))
    const insert = Text.of(shown(draw(random, integer(random, 4))).split('\n'))
    specs.push({ from, to, insert })
    at = to + integer(random, 3)
  }
  return ChangeSet.of(specs, length)
}

test('positions go back and forth around breaks of all kinds', () => {
  const mirror = TextMirror.of('a\r\nb\rc\nd\r\n\r\n')
  expect(mirror.content.toString()).toBe('a\nb\nc\nd\n\n')
  expect(mirror.documentLength).toBe(12)
  const offsets = Array.from({ length: mirror.content.length + 1 }, (_, position) => mirror.toDocument(position))
  expect(offsets).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 10, 12])
  expect(offsets.map((offset) => mirror.toEditor(offset))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(mirror.toEditor(2), 'between \\r and \\n is in front of both').toBe(1)
})

test('following a document shows what opening it anew would show', () => {
  for (let seed = 0; seed < 3_000; seed++) {
    const random = createRandom(seed)
    let text = draw(random, integer(random, 30))
    let mirror = TextMirror.of(text)
    for (let round = 0; round < 4; round++) {
      const hunks = drawHunks(random, text)
      const before = text
      text = apply(text, hunks)
      const step = mirror.follow(hunks)
      const what = `seed ${seed}: ${JSON.stringify([before, hunks])}`
      expect(step.mirror.content.toString(), what).toBe(shown(text))
      expect(step.mirror.documentLength, what).toBe(text.length)
      expect(step.changes.apply(mirror.content).eq(step.mirror.content), what).toBe(true)
      mirror = step.mirror
    }
  }
})

test('an edit changes nothing but what was edited, and the document then shows what the editor has', () => {
  let inexact = 0
  for (let seed = 0; seed < 3_000; seed++) {
    const random = createRandom(seed)
    const text = draw(random, integer(random, 30))
    const mirror = TextMirror.of(text)
    const changes = drawEdit(random, mirror.content.length)
    const { hunks, exact } = mirror.edit(changes)
    const after = apply(text, hunks)
    const what = `seed ${seed}: ${JSON.stringify([text, changes, hunks])}`
    for (const hunk of hunks) expect(isInPair(text, hunk.from) || isInPair(text, hunk.to), what).toBe(false)
    expect(new TextDecoder().decode(new TextEncoder().encode(after)), 'well-formed').toBe(after)
    expect(mirror.follow(hunks).mirror.documentLength, what).toBe(after.length)
    if (exact) expect(shown(after), what).toBe(changes.apply(mirror.content).toString())
    else inexact++
    // What was not edited stays as it is, but for halves of pairs and \r that would have joined a \n.
    const edited = new Set<number>()
    changes.iterChangedRanges((fromA, toA) => {
      for (let at = mirror.toDocument(fromA); at < mirror.toDocument(toA); at++) edited.add(at)
    })
    for (const { from, to } of hunks) {
      for (let at = from; at < to; at++) {
        if (!edited.has(at)) expect(text.charAt(at), what).toMatch(/[\r\uD800-\uDFFF]/)
      }
    }
  }
  expect(inexact, 'halves of pairs are among the edits').toBeGreaterThan(10)
})

test('a line break typed into a document becomes what its lines end with', () => {
  const typed = (text: string): string => {
    const mirror = TextMirror.of(text)
    const changes = ChangeSet.of({ from: 1, insert: Text.of(['', '']) }, mirror.content.length)
    return apply(text, mirror.edit(changes).hunks)
  }
  expect(typed('ab')).toBe('a\nb')
  expect(typed('ab\r\ncd\r\n')).toBe('a\r\nb\r\ncd\r\n')
  expect(typed('ab\r\ncd\nef\n')).toBe('a\nb\r\ncd\nef\n')
})

test('breaks that would read as one are kept two', () => {
  const deleted = TextMirror.of('a\rb\nc').edit(ChangeSet.of({ from: 2, to: 3 }, 5))
  expect(apply('a\rb\nc', deleted.hunks)).toBe('a\n\nc')
  const inserted = TextMirror.of('a\rb').edit(ChangeSet.of({ from: 2, insert: Text.of(['', '']) }, 3))
  expect(apply('a\rb', inserted.hunks)).toBe('a\n\nb')
})

test('changing one half of a surrogate pair replaces the pair', () => {
  const mirror = TextMirror.of('x😀y')
  const { hunks, exact } = mirror.edit(ChangeSet.of({ from: 2, to: 3, insert: '\uDE01' }, 4))
  expect({ hunks, exact }).toEqual({ hunks: [{ from: 1, to: 3, insert: '😁' }], exact: true })
  const half = mirror.edit(ChangeSet.of({ from: 2, to: 3 }, 4))
  expect(half).toEqual({ hunks: [{ from: 1, to: 3, insert: '\uFFFD' }], exact: false })
})
