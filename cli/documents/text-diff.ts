import { diffArrays } from 'diff'

/** Replaces `count` UTF-16 units at `index` by `text`. */
export interface Splice {
  readonly index: number
  readonly count: number
  readonly text: string
}

/** A difference of more edits than this is told as one replaced range: still right, but coarse. */
const editLimit = 1000
/** Texts up to this length are compared by characters within lines that differ. */
const characterLimit = 20_000
/** Equal characters between two edits, up to which these are one. */
const chanceLength = 2

/**
 * What turns one text into another, in ascending order, with indices of the old text: lines first, then characters
 * within lines that differ. Never cuts a surrogate pair.
 */
export function diffText(before: string, after: string): Splice[] {
  const middle = trim(before, after)
  if (middle === undefined) return []
  const { index, count, text } = middle
  const old = splitLines(before.slice(index, index + count))
  const byLines = diffUnits(old, splitLines(text), index)
  return byLines.flatMap((splice) => refine(before, splice))
}

/** Characters within a range of lines. */
function refine(before: string, splice: Splice): Splice[] {
  const old = before.slice(splice.index, splice.index + splice.count)
  const middle = trim(old, splice.text)
  if (middle === undefined) return []
  const { index, count, text } = middle
  if (count === 0 || text === '' || count + text.length > characterLimit) {
    return [{ index: splice.index + index, count, text }]
  }
  const byCharacters = diffUnits(Array.from(old.slice(index, index + count)), Array.from(text), splice.index + index)
  return byCharacters.reduce<Splice[]>((joined, next) => join(before, joined, next), [])
}

/** A letter or two that two words share by chance are no reason to cut them there. */
function join(before: string, joined: Splice[], next: Splice): Splice[] {
  const last = joined.at(-1)
  const end = last === undefined ? 0 : last.index + last.count
  if (last === undefined || next.index - end > chanceLength) return [...joined, next]
  const count = next.index + next.count - last.index
  const text = last.text + before.slice(end, next.index) + next.text
  return [...joined.slice(0, -1), { index: last.index, count, text }]
}

/** Without what is equal at the start and at the end. @returns undefined for equal texts */
function trim(before: string, after: string): Splice | undefined {
  if (before === after) return undefined
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start--
  let tail = 0
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  ) {
    tail++
  }
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail))) tail--
  return { index: start, count: before.length - tail - start, text: after.slice(start, after.length - tail) }
}

/** @param offset of the first unit in the old text */
function diffUnits(before: string[], after: string[], offset: number): Splice[] {
  const runs = diffArrays(before, after, { maxEditLength: editLimit })
  if (runs === undefined) return [{ index: offset, count: lengthOf(before), text: after.join('') }]
  const splices: Splice[] = []
  let index = offset
  let open: Splice | undefined
  for (const { value, added, removed } of runs) {
    if (added || removed) {
      const { count, text } = open ?? { count: 0, text: '' }
      open = { index, count: count + (removed ? lengthOf(value) : 0), text: text + (added ? value.join('') : '') }
      continue
    }
    if (open !== undefined) splices.push(open)
    index += (open?.count ?? 0) + lengthOf(value)
    open = undefined
  }
  return open === undefined ? splices : [...splices, open]
}

function lengthOf(units: readonly string[]): number {
  return units.reduce((sum, unit) => sum + unit.length, 0)
}

function splitLines(text: string): string[] {
  return text.split(/(?<=\n)/)
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
