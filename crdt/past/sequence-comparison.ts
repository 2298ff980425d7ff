import type { SequenceRun } from '../event.ts'
import type { ReplicaId } from '../replica-id.ts'
import type { UnitRun } from './units.ts'

/**
 * What leads from one version of a sequence to another. Units have one order for ever, whoever sees which of them: those
 * in both versions stand in the same order in both, and no search for a longest common part is needed.
 *
 * @param slice reads the sequence as it is after
 */
export function compareSequences<Inserted>(
  before: readonly UnitRun[],
  after: readonly UnitRun[],
  slice: (start: number, end: number) => Inserted,
): SequenceRun<Inserted>[] {
  const old = new UnitSet(before)
  const present = new UnitSet(after)
  const runs: SequenceRun<Inserted>[] = []
  const gone = partsOf(before, present)
  const come = partsOf(after, old)
  let retained = 0
  let at = 0
  let [left, right] = [gone.next().value, come.next().value]
  while (left !== undefined || right !== undefined) {
    let deleted = 0
    for (; left?.shared === false; left = gone.next().value) deleted += left.length
    const start = at
    for (; right?.shared === false; right = come.next().value) at += right.length
    if ((deleted > 0 || at > start) && retained > 0) {
      runs.push({ retain: retained })
      retained = 0
    }
    if (at > start) runs.push({ insert: slice(start, at) })
    if (deleted > 0) runs.push({ delete: deleted })
    // What both share now begins with the same unit, but need not be cut alike.
    const shared = Math.min(left?.length ?? 0, right?.length ?? 0)
    retained += shared
    at += shared
    left = rest(left, shared) ?? gone.next().value
    right = rest(right, shared) ?? come.next().value
  }
  return runs
}

interface Part {
  readonly length: number
  readonly shared: boolean
}

function rest(part: Part | undefined, taken: number): Part | undefined {
  return part === undefined || part.length === taken ? undefined : { ...part, length: part.length - taken }
}

function* partsOf(runs: readonly UnitRun[], other: UnitSet): Generator<Part, undefined> {
  for (const { replica, sequence, length } of runs) {
    for (let at = 0; at < length;) {
      const part = other.partAt(replica, sequence + at, length - at)
      yield part
      at += part.length
    }
  }
  return undefined
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Which units a version shows. */
class UnitSet {
  readonly #ranges = new Map<ReplicaId, Range[]>()

  constructor(runs: readonly UnitRun[]) {
    for (const { replica, sequence, length } of runs) {
      const ranges = this.#ranges.get(replica)
      const range = { from: sequence, to: sequence + length }
      if (ranges === undefined) this.#ranges.set(replica, [range])
      else ranges.push(range)
    }
    for (const ranges of this.#ranges.values()) ranges.sort((left, right) => left.from - right.from)
  }

  /** How many units from that one on, at most `limit`, are all here, or all not. */
  partAt(replica: ReplicaId, sequence: number, limit: number): Part {
    const ranges = this.#ranges.get(replica) ?? []
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as Range).to > sequence) high = middle
      else low = middle + 1
    }
    const range = ranges[low]
    if (range === undefined) return { length: limit, shared: false }
    const shared = range.from <= sequence
    return { length: Math.min(limit, (shared ? range.to : range.from) - sequence), shared }
  }
}
