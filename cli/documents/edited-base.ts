import type { TextDelta } from '../../crdt/index.ts'
import type { Splice } from './text-diff.ts'

/** A run of the text as it is now: of the base, or of others' making. */
interface Run {
  /** Where it stood in the base; undefined for what came since. */
  readonly base: number | undefined
  readonly length: number
}

/**
 * Follows a text from the moment an editor read it, so that what the editor changed there can be applied to what the
 * text has become: others' insertions stay, what they deleted stays deleted.
 */
export class EditedBase {
  #runs: Run[]

  /** @param length of the text as the editor read it */
  constructor(length: number) {
    this.#runs = length === 0 ? [] : [{ base: 0, length }]
  }

  /** What happened to the text meanwhile. */
  apply(delta: TextDelta): void {
    const left = [...this.#runs].reverse()
    const runs: Run[] = []
    for (const step of delta) {
      if ('insert' in step) runs.push({ base: undefined, length: step.insert.length })
      else if ('retain' in step) runs.push(...take(left, step.retain))
      else take(left, step.delete)
    }
    this.#runs = [...runs, ...left.reverse()]
  }

  /** The same, where only the text before and after it is known. @param splices ascending, in indices of the present text */
  splice(splices: readonly Splice[]): void {
    let end = 0
    const delta = splices.flatMap(({ index, count, text }) => {
      const retain = index - end
      end = index + count
      return [
        ...(retain > 0 ? [{ retain }] : []),
        ...(text === '' ? [] : [{ insert: text }]),
        ...(count > 0 ? [{ delete: count }] : []),
      ]
    })
    this.apply(delta)
  }

  /** @param splices ascending, in indices of the base @returns the same, ascending, in indices of the present text */
  rebase(splices: readonly Splice[]): Splice[] {
    return splices.flatMap(({ index, count, text }) => {
      const [first, ...more] = this.#surviving(index, index + count)
      if (first === undefined) return text === '' ? [] : [{ index: this.#place(index), count: 0, text }]
      return [{ ...first, text }, ...more.map((range) => ({ ...range, text: '' }))]
    })
  }

  /** What is left of a range of the base, in indices of the present text. */
  #surviving(start: number, end: number): { readonly index: number; readonly count: number }[] {
    const ranges: { readonly index: number; readonly count: number }[] = []
    let index = 0
    for (const { base, length } of this.#runs) {
      if (base !== undefined) {
        const from = Math.max(base, start)
        const to = Math.min(base + length, end)
        if (from < to) ranges.push({ index: index + from - base, count: to - from })
      }
      index += length
    }
    return ranges
  }

  /** Behind the last unit that stood in front of an index of the base. */
  #place(start: number): number {
    let place = 0
    let index = 0
    for (const { base, length } of this.#runs) {
      if (base !== undefined && base < start) place = index + Math.min(length, start - base)
      index += length
    }
    return place
  }
}

/** @param left the runs still to be read, the next one last @returns what was read of them */
function take(left: Run[], count: number): Run[] {
  const taken: Run[] = []
  for (let rest = count; rest > 0;) {
    const run = left.pop()
    if (run === undefined) break
    const length = Math.min(run.length, rest)
    taken.push({ base: run.base, length })
    if (length < run.length) {
      left.push({ base: run.base === undefined ? undefined : run.base + length, length: run.length - length })
    }
    rest -= length
  }
  return taken
}
