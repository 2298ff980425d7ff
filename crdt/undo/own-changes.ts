/** Local numbers [from, to) of operations that this replica made, a change or several. */
export type Range = readonly [from: number, to: number]

/** What is undone at once. */
export interface UndoStep {
  /** For whoever subscribes: where the cursor was, for example. */
  readonly meta: Map<unknown, unknown>
}

/** A step from inside. */
export interface Step extends UndoStep {
  /** What the user did. */
  readonly done: Range[]
  /** What is to be inverted next: what was done, or what undoing or redoing it did last. */
  latest: Range[]
  /** Whether it is done, not undone. */
  active: boolean
}

/** A change that undoes or redoes is told by the steps it is about, one that nobody wants undone stands by itself. */
export type Purpose = Step | 'undoing' | 'untracked'

/** What each change of this replica was for, since somebody began to note it. */
export class OwnChanges {
  readonly #ranges: { readonly from: number; to: number; readonly purpose: Purpose }[] = []

  add([from, to]: Range, purpose: Purpose): void {
    const last = this.#ranges.at(-1)
    if (last?.to === from && last.purpose === purpose) last.to = to
    else this.#ranges.push({ from, to, purpose })
  }

  /** @returns undefined for what others did, or was there before */
  purposeOf(number: number): Purpose | undefined {
    let low = 0
    let high = this.#ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#ranges[middle] as { readonly to: number }).to > number) high = middle
      else low = middle + 1
    }
    const range = this.#ranges[low]
    return range !== undefined && range.from <= number ? range.purpose : undefined
  }
}

/** Adds a range that lies behind all others. */
export function extend(ranges: Range[], [from, to]: Range): void {
  const last = ranges.at(-1)
  if (last?.[1] === from) ranges[ranges.length - 1] = [last[0], to]
  else ranges.push([from, to])
}

export function isWithin(ranges: readonly Range[], number: number): boolean {
  return ranges.some(([from, to]) => number >= from && number < to)
}
