/** How the units of a run follow each other: typed on; deleted forwards at one index; deleted backwards. */
type RunKind = 'insert' | 'delete' | 'backspace'

/**
 * Operations of one sequence that follow each other: unit i of an insertion stands at `index + i`, of a deletion at
 * `index`, of backspacing at `index − i`.
 */
export interface OperationRun {
  /** Local number of the first unit. */
  readonly start: number
  readonly agent: number
  /** Sequence number of the first unit. */
  readonly sequence: number
  kind: RunKind
  readonly index: number
  count: number
  /** Units the sequence held here before. */
  readonly before: number
  /** Made on everything that was here before. */
  readonly linear: boolean
}

/** What tells a run where it was made; the operations of a container pass it on to its log. */
export interface RunOrigin {
  readonly start: number
  readonly agent: number
  readonly sequence: number
  readonly linear: boolean
  /** Made on exactly the operation numbered before it, by the same agent. */
  readonly continues: boolean
}

/** The operations of one text or list in the order of their local numbers, run-length merged. */
export class OperationRuns {
  readonly #runs: OperationRun[] = []

  get size(): number {
    return this.#runs.length
  }

  at(index: number): OperationRun {
    return this.#runs[index] as OperationRun
  }

  /** @param before units the sequence held here before. @returns what takes it back, as long as it is the last */
  append(origin: RunOrigin, kind: 'insert' | 'delete', index: number, count: number, before: number): () => void {
    const last = this.#runs.at(-1)
    if (last !== undefined && origin.continues && last.start + last.count === origin.start) {
      const undo = extend(last, origin, kind, index, count)
      if (undo !== undefined) return undo
    }
    const { start, agent, sequence, linear } = origin
    this.#runs.push({ start, agent, sequence, kind, index, count, before, linear })
    return () => void this.#runs.pop()
  }

  /** The first run with units numbered above `number`; `size` where there is none. */
  firstAfter(number: number): number {
    let low = 0
    let high = this.#runs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const run = this.at(middle)
      if (run.start + run.count > number + 1) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Units the sequence held at a critical version. @param now units it holds now */
  lengthAt(critical: number, now: number): number {
    const index = this.firstAfter(critical)
    if (index === this.size) return now
    const run = this.at(index)
    const passed = Math.max(0, critical + 1 - run.start)
    return run.kind === 'insert' ? run.before + passed : run.before - passed
  }
}

/** The rest of a run from one of its units on. */
export function sliceRun(run: OperationRun, from: number): OperationRun {
  if (from === 0) return run
  const moved = run.kind === 'insert' ? from : run.kind === 'backspace' ? -from : 0
  const removed = run.kind === 'insert' ? -from : from
  return {
    ...run,
    start: run.start + from,
    sequence: run.sequence + from,
    index: run.index + moved,
    count: run.count - from,
    before: run.before - removed,
  }
}

function extend(
  last: OperationRun,
  origin: RunOrigin,
  kind: 'insert' | 'delete',
  index: number,
  count: number,
): (() => void) | undefined {
  // What continues a run is linear where the run is, and by the same agent.
  if (last.agent !== origin.agent) return undefined
  const { kind: oldKind, count: oldCount } = last
  if (kind === 'insert') {
    if (oldKind !== 'insert' || index !== last.index + oldCount) return undefined
  } else if (oldKind === 'delete' && index === last.index) {
    // Deletes on at the same index, whatever the count.
  } else if (
    count === 1 &&
    index === last.index - oldCount &&
    (oldKind === 'backspace' || (oldKind === 'delete' && oldCount === 1))
  ) {
    last.kind = 'backspace'
  } else return undefined
  last.count += count
  return () => {
    last.kind = oldKind
    last.count = oldCount
  }
}
