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
 *
 * Myers, "An O(ND) Difference Algorithm and Its Variations" (Algorithmica 1986), the greedy algorithm of section 4.
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
function diffUnits(before: readonly string[], after: readonly string[], offset: number): Splice[] {
  const kept = commonUnits(before, after)
  const splices: Splice[] = []
  let index = offset
  let from = 0
  let to = 0
  for (const [left, right] of [...kept, [before.length, after.length] as const]) {
    const removed = before.slice(from, left).join('')
    const text = after.slice(to, right).join('')
    if (removed !== '' || text !== '') splices.push({ index, count: removed.length, text })
    index += removed.length + (before[left]?.length ?? 0)
    from = left + 1
    to = right + 1
  }
  return splices
}

/** Pairs of indices of a longest common subsequence, ascending; none at all beyond `editLimit`. */
function commonUnits(before: readonly string[], after: readonly string[]): (readonly [number, number])[] {
  const most = Math.min(editLimit, before.length + after.length)
  const furthest = new Int32Array(2 * most + 3)
  const middle = most + 1
  const trace: Int32Array[] = []
  for (let edits = 0; edits <= most; edits++) {
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = isDown(furthest, middle, diagonal, edits)
      let left = down ? (furthest[middle + diagonal + 1] as number) : (furthest[middle + diagonal - 1] as number) + 1
      while (left < before.length && left - diagonal < after.length && before[left] === after[left - diagonal]) left++
      furthest[middle + diagonal] = left
      if (left >= before.length && left - diagonal >= after.length) return traceBack(before, after, trace)
    }
  }
  return []
}

function traceBack(
  before: readonly string[],
  after: readonly string[],
  trace: readonly Int32Array[],
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  let left = before.length
  let right = after.length
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits] as Int32Array
    const middle = edits + 1
    const diagonal = left - right
    const down = isDown(furthest, middle, diagonal, edits)
    const former = down ? diagonal + 1 : diagonal - 1
    const start = edits === 0 ? 0 : (furthest[middle + former] as number)
    const reached = edits === 0 ? 0 : down ? start : start + 1
    while (left > reached) pairs.push([--left, --right])
    left = start
    right = start - former
  }
  return pairs.reverse()
}

/** Whether the furthest path on a diagonal comes by an insertion from the one above. */
function isDown(furthest: Int32Array, middle: number, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true
  if (diagonal === edits) return false
  return (furthest[middle + diagonal - 1] as number) < (furthest[middle + diagonal + 1] as number)
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
