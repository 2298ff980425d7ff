import { ChangeSet, Text, type ChangeSpec } from '@codemirror/state'
import type { TextDelta } from '../index.ts'

/** In the text of the document before the change: what goes and what comes in its place. */
export interface Hunk {
  readonly from: number
  readonly to: number
  readonly insert: string
}

export interface Step {
  readonly mirror: TextMirror
  /** What turns the content before into the content after. */
  readonly changes: ChangeSet
}

const lineBreak = /\r\n|\r|\n/

/**
 * The text of a document as an editor shows it.
 *
 * CodeMirror knows lines, not line breaks: `\r\n`, `\r` and `\n` all take one position. The mirror remembers which breaks
 * are not `\n`, so that positions can be translated and a document keeps its own breaks. Immutable.
 */
export class TextMirror {
  readonly content: Text
  /** Where in the document each `\r\n` begins; ascending. */
  readonly #wide: readonly number[]
  /** Where in the document each `\r` without `\n` is; ascending. */
  readonly #lone: readonly number[]

  private constructor(content: Text, wide: readonly number[], lone: readonly number[]) {
    this.content = content
    this.#wide = wide
    this.#lone = lone
  }

  static of(text: string): TextMirror {
    const { wide, lone } = returnsIn(text, 0)
    return new TextMirror(linesOf(text), wide, lone)
  }

  /** Length of the document's text in UTF-16 code units. */
  get documentLength(): number {
    return this.content.length + this.#wide.length
  }

  /** What a line break typed here becomes: the kind that most lines of the document end with. */
  get lineBreak(): '\r\n' | '\n' {
    return this.#wide.length * 2 > this.content.lines - 1 ? '\r\n' : '\n'
  }

  /** @param position in the editor */
  toDocument(position: number): number {
    return position + countBelow(this.#wide, (offset, index) => offset - index < position)
  }

  /** @param offset in the document; between `\r` and `\n` counts as in front of both */
  toEditor(offset: number): number {
    const before = countBelow(this.#wide, (wide) => wide + 2 <= offset)
    return (this.#wide[before] ?? Infinity) < offset ? offset - before - 1 : offset - before
  }

  /** After the document has changed by these hunks, ascending and none beginning before the end of another. */
  follow(hunks: readonly Hunk[]): Step {
    const specs: ChangeSpec[] = []
    const wide: number[] = []
    const lone: number[] = []
    let copied = 0
    let shift = 0
    const copyUntil = (end: number): void => {
      copyRange(this.#wide, copied, end, shift, wide)
      copyRange(this.#lone, copied, end, shift, lone)
    }
    for (const hunk of joinTouching(hunks)) {
      const { from, to, insert } = this.#widen(hunk)
      copyUntil(from)
      const found = returnsIn(insert, from + shift)
      append(wide, found.wide)
      append(lone, found.lone)
      copied = to
      shift += insert.length - (to - from)
      specs.push(this.#trimmed(this.toEditor(from), this.toEditor(to), linesOf(insert)))
    }
    copyUntil(Infinity)
    const changes = ChangeSet.of(specs, this.content.length)
    return { mirror: new TextMirror(changes.apply(this.content), wide, lone), changes }
  }

  /**
   * What an edit of the content means for the document. It touches no line break but those edited, with one exception: a
   * `\r` that would come to stand before a `\n` becomes a `\n`, since the two would read as one break.
   *
   * Not `exact` is what a document cannot hold: half of a surrogate pair, or a bare `\r` within a line. The hunks are then
   * the closest it can hold, and its content after them is not what the editor has.
   */
  edit(changes: ChangeSet): { readonly hunks: readonly Hunk[]; readonly exact: boolean } {
    const edits: { readonly from: number; readonly to: number; readonly text: string }[] = []
    changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
      edits.push({ from: this.toDocument(fromA), to: this.toDocument(toA), text: inserted.toString() })
    })
    const hunks: Hunk[] = []
    let exact = true
    // From the end: what stands behind a hunk may have been changed by the next one.
    for (const [index, { from, to, text }] of [...edits.entries()].reverse()) {
      const whole = this.#withWholePairs({ from, to, insert: text })
      const held = whole.insert.toWellFormed()
      if (held !== whole.insert || held.includes('\r')) exact = false
      const insert = held.split(lineBreak).join(this.lineBreak)
      const next = hunks.at(-1)
      const behind = next?.from === whole.to ? next.insert.charAt(0) : this.#at(whole.to)
      hunks.push(this.#withoutJoin({ ...whole, insert }, behind, edits[index - 1]?.to ?? 0))
    }
    return { hunks: hunks.reverse(), exact }
  }

  /** One code unit of the document, empty beyond its ends. */
  #at(offset: number): string {
    if (offset < 0 || offset >= this.documentLength) return ''
    if (has(this.#lone, offset) || has(this.#wide, offset)) return '\r'
    const position = offset - countBelow(this.#wide, (wide) => wide < offset)
    if (has(this.#wide, offset - 1)) return '\n'
    return this.content.sliceString(position, position + 1)
  }

  /** A hunk that begins behind a `\r` or ends before a `\n` may join or part the two: it takes them in. */
  #widen({ from, to, insert }: Hunk): Hunk {
    const before = this.#at(from - 1) === '\r' ? 1 : 0
    const behind = this.#at(to) === '\n' ? 1 : 0
    return {
      from: from - before,
      to: to + behind,
      insert: (before === 1 ? '\r' : '') + insert + (behind === 1 ? '\n' : ''),
    }
  }

  /** Breaks that stay are no part of a change, or cursors and undo beside them would suffer. */
  #trimmed(from: number, to: number, insert: Text): ChangeSpec {
    let [start, end] = [0, insert.length]
    const isBreak = (text: Text, position: number): boolean => text.sliceString(position, position + 1) === '\n'
    const trimEnd = to > from && end > start && isBreak(this.content, to - 1) && isBreak(insert, end - 1)
    const last = trimEnd ? to - 1 : to
    if (trimEnd) end--
    const trimStart = last > from && end > start && isBreak(this.content, from) && isBreak(insert, start)
    if (trimStart) start++
    return { from: trimStart ? from + 1 : from, to: last, insert: insert.slice(start, end) }
  }

  #withWholePairs({ from, to, insert }: Hunk): Hunk {
    const before = this.#isInPair(from) ? 1 : 0
    const behind = this.#isInPair(to) ? 1 : 0
    return {
      from: from - before,
      to: to + behind,
      insert: (before === 1 ? this.#at(from - 1) : '') + insert + (behind === 1 ? this.#at(to) : ''),
    }
  }

  #isInPair(offset: number): boolean {
    return /[\uD800-\uDBFF]/.test(this.#at(offset - 1)) && /[\uDC00-\uDFFF]/.test(this.#at(offset))
  }

  /** @param behind the code unit behind the hunk @param limit where the hunk in front of it ends */
  #withoutJoin(hunk: Hunk, behind: string, limit: number): Hunk {
    const follows = hunk.insert === '' ? behind : hunk.insert.charAt(0)
    if (follows !== '\n') return hunk
    let { from, insert } = hunk
    while (from > limit && this.#at(from - 1) === '\r') {
      from--
      insert = `\n${insert}`
    }
    return { from, to: hunk.to, insert }
  }
}

/** The hunks of a delta, without what is retained. */
export function hunksOf(delta: TextDelta): Hunk[] {
  const hunks: Hunk[] = []
  let offset = 0
  let open: { from: number; to: number; insert: string } | undefined
  for (const run of delta) {
    if ('retain' in run) {
      offset += run.retain
      open = undefined
      continue
    }
    if (open === undefined) hunks.push((open = { from: offset, to: offset, insert: '' }))
    if ('insert' in run) open.insert += run.insert
    else open.to = offset += run.delete
  }
  return hunks
}

function joinTouching(hunks: readonly Hunk[]): Hunk[] {
  const joined: Hunk[] = []
  for (const hunk of hunks) {
    const last = joined.at(-1)
    if (last?.to !== hunk.from) joined.push(hunk)
    else joined[joined.length - 1] = { from: last.from, to: hunk.to, insert: last.insert + hunk.insert }
  }
  return joined
}

/** The shortest single change that turns one text into the other, without parting a surrogate pair. */
export function differenceOf(old: Text, now: Text): ChangeSet {
  if (old.eq(now)) return ChangeSet.empty(old.length)
  const [one, other] = [old.toString(), now.toString()]
  const shorter = Math.min(one.length, other.length)
  let start = 0
  while (start < shorter && one.charCodeAt(start) === other.charCodeAt(start)) start++
  if (/[\uD800-\uDBFF]/.test(one.charAt(start - 1))) start--
  let end = 0
  while (end < shorter - start && one.charCodeAt(one.length - 1 - end) === other.charCodeAt(other.length - 1 - end))
    end++
  if (end > 0 && /[\uDC00-\uDFFF]/.test(one.charAt(one.length - end))) end--
  const change = { from: start, to: one.length - end, insert: now.slice(start, other.length - end) }
  return ChangeSet.of(change, old.length)
}

function linesOf(text: string): Text {
  return Text.of(text.split(lineBreak))
}

function returnsIn(text: string, offset: number): { readonly wide: number[]; readonly lone: number[] } {
  const wide: number[] = []
  const lone: number[] = []
  for (let at = text.indexOf('\r'); at >= 0; at = text.indexOf('\r', at + 1)) {
    const found = text.charAt(at + 1) === '\n' ? wide : lone
    found.push(offset + at)
  }
  return { wide, lone }
}

/** How many of the ascending numbers pass; those that pass come first. */
function countBelow(sorted: readonly number[], passes: (offset: number, index: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(sorted[middle] as number, middle)) low = middle + 1
    else high = middle
  }
  return low
}

function has(sorted: readonly number[], offset: number): boolean {
  return sorted.length > 0 && sorted[countBelow(sorted, (other) => other < offset)] === offset
}

function copyRange(sorted: readonly number[], from: number, to: number, shift: number, into: number[]): void {
  if (sorted.length === 0) return
  const end = countBelow(sorted, (offset) => offset < to)
  for (let index = countBelow(sorted, (offset) => offset < from); index < end; index++) {
    into.push((sorted[index] as number) + shift)
  }
}

function append(into: number[], offsets: readonly number[]): void {
  for (const offset of offsets) into.push(offset)
}
