import type { CausalGraph } from '../history/causal-graph.ts'
import { rowKind, type OperationLog } from '../history/operation-log.ts'
import type { SequenceRun } from '../event.ts'
import type { Execution, Stamp, State } from '../state.ts'
import type { SequenceContent } from './sequence-content.ts'
import { SequenceDelta } from './sequence-delta.ts'
import { Tracker, type Place, type UnitRange } from './tracker.ts'

interface Units<Self> {
  readonly length: number
  slice(start?: number, end?: number): Self
  concat(other: Self): Self
}

interface Splice<Inserted> {
  readonly index: number
  readonly deleted: number
  readonly inserted: Inserted | undefined
  /** Of the sequence before. */
  readonly length: number
}

/**
 * What text and list have in common: the content, and a tracker only where one is needed.
 *
 * An operation made on everything that is here goes straight into the content. Any other asks the tracker where it
 * lands. The tracker is kept while history is forked and catches up from the log, so that small messages that come in
 * turn from both sides do not rebuild it each time.
 */
export class Sequence<Inserted extends Units<Inserted>, Buffer extends SequenceContent<Inserted>> {
  readonly content: Buffer
  readonly #graph: CausalGraph
  readonly #log: OperationLog
  /** Its number in the log's table. */
  readonly #container: number
  #tracker: Tracker | undefined
  /** The log's `restored` when the tracker was made. */
  #restored = 0
  /** Anchors are looked up in a tracker that knows all of history; once there, it is kept. */
  #anchored = false
  /** What is known of the units from before the history that is here. */
  #kept: readonly UnitRange[] = []
  /** Units that the content leaves out, though they are not deleted: see `ListElements`. */
  hidden = 0
  /** What has changed since somebody last asked: one splice, which is all in most events, or several. */
  #splice: Splice<Inserted> | undefined
  #delta: SequenceDelta<Inserted> | undefined

  constructor(graph: CausalGraph, log: OperationLog, container: number, content: Buffer) {
    this.#graph = graph
    this.#log = log
    this.#container = container
    this.content = content
  }

  /** Takes over the units that were kept when history was dropped, in order; their content comes by itself. */
  keep(runs: readonly UnitRange[]): void {
    this.#kept = runs
  }

  get container(): number {
    return this.#container
  }

  /** Units that operations count. */
  get length(): number {
    return this.content.length + this.hidden
  }

  /** Units visible where an operation was made. */
  lengthAt(stamp: Stamp): number {
    if (stamp.linear) return this.length
    const tracker = this.trackerFor(stamp.base)
    return tracker.length(tracker.viewAt(stamp.heads, stamp.agent))
  }

  /** @returns where the units land here */
  #place(index: number, count: number, stamp: Stamp): number {
    const tracker = this.trackerFor(stamp.base)
    const { start, agent, sequence, heads } = stamp
    return tracker.insert(start, index, count, agent, sequence, tracker.viewAt(heads, agent))
  }

  /** Inserts what stands at an index where the operation was made. */
  insert(index: number, units: Inserted, stamp: Stamp, execution: Execution, state: State): void {
    const at = stamp.linear ? index : this.#place(index, units.length, stamp)
    if (execution.touch(state)) this.record(at, 0, units)
    this.content.insert(at, units)
    if (execution.undoable) {
      execution.undo(() => this.content.delete(at, units.length))
    }
  }

  /** Deletes what stands in a range where the operation was made. */
  delete(index: number, count: number, stamp: Stamp, execution: Execution, state: State): void {
    if (stamp.linear) {
      this.#remove(index, count, execution, state)
      return
    }
    const tracker = this.trackerFor(stamp.base)
    const { start, agent, sequence, heads } = stamp
    const removals = tracker.delete(start, index, count, agent, sequence, false, tracker.viewAt(heads, agent))
    for (const removal of removals) this.#remove(removal.index, removal.count, execution, state)
  }

  #remove(index: number, count: number, execution: Execution, state: State): void {
    if (execution.touch(state)) this.record(index, count, undefined)
    if (execution.undoable) {
      const units = this.content.slice(index, index + count)
      execution.undo(() => this.content.insert(index, units))
    }
    this.content.delete(index, count)
  }

  takeDelta(): SequenceRun<Inserted>[] {
    const delta = this.#delta
    const splice = this.#splice
    this.dropDelta()
    if (splice !== undefined) return runsOf(splice)
    return delta?.finish((start, end) => this.content.slice(start, end)) ?? []
  }

  dropDelta(): void {
    this.#splice = undefined
    this.#delta = undefined
  }

  /** Ranges [from, to) of operations whose units are not visible any more, ascending. */
  deleted(): [from: number, to: number][] {
    const known = this.#restored === this.#log.restored ? this.#tracker : undefined
    if (this.#anchored || known?.base === -1) return this.trackerFor(-1).deleted()
    const tracker = new Tracker(this.#graph, -1, 0, this.#kept)
    tracker.catchUp(this.#log, this.#container, known && known.base + 1)
    if (known === undefined) return tracker.deleted()
    // Where everything above the base landed is known: only what lies below has to be gone through.
    known.catchUp(this.#log, this.#container)
    const ranges = [...tracker.deleted(), ...known.deleted()]
    const below = known.deletedBelow()
    let at = 0
    tracker.visible((start, count, index) => {
      for (; at < below.length; at++) {
        const [from, to] = below[at] as (typeof below)[number]
        if (from >= index + count) return
        if (to > index)
          ranges.push([start + Math.max(from, index) - index, start + Math.min(to, index + count) - index])
        if (to > index + count) return
      }
    })
    return ranges.sort(([left], [right]) => left - right)
  }

  /** The operation that inserted the unit at the index. */
  operationAt(index: number): number {
    return this.completeTracker().operationAt(index) as number
  }

  placeOf(operation: number): Place | undefined {
    return this.completeTracker().placeOf(operation)
  }

  /** Called before the content changes. */
  record(index: number, deleted: number, inserted: Inserted | undefined): void {
    const first = this.#splice
    if (first === undefined && this.#delta === undefined) {
      this.#splice = { index, deleted, inserted, length: this.content.length }
      return
    }
    if (first !== undefined) {
      this.#delta = new SequenceDelta<Inserted>(first.length)
      this.#delta.splice(first.index, first.deleted, first.inserted)
      this.#splice = undefined
    }
    this.#delta?.splice(index, deleted, inserted)
  }

  /** Where a unit of the content was before what has changed; undefined where it was not. */
  oldIndexOf(index: number): number | undefined {
    if (this.#delta !== undefined) return this.#delta.oldIndexOf(index)
    const splice = this.#splice
    if (splice === undefined || index < splice.index) return index
    const old = index - (splice.inserted?.length ?? 0)
    return old < splice.index ? undefined : old + splice.deleted
  }

  /** A tracker that knows every operation here. */
  completeTracker(): Tracker {
    this.#anchored = true
    return this.trackerFor(-1)
  }

  /** A tracker that knows every operation here above a critical version. */
  trackerFor(base: number): Tracker {
    let tracker = this.#restored === this.#log.restored ? this.#tracker : undefined
    const wanted = this.#anchored ? -1 : base
    // One that knows nothing above the base only has more items to pass over.
    if (tracker === undefined || tracker.base > wanted || (tracker.base < wanted && tracker.next <= wanted + 1)) {
      tracker =
        wanted < 0
          ? new Tracker(this.#graph, -1, 0, this.#kept)
          : new Tracker(this.#graph, wanted, this.#lengthAt(wanted))
      this.#tracker = tracker
      this.#restored = this.#log.restored
    }
    tracker.catchUp(this.#log, this.#container)
    return tracker
  }

  /** Units the sequence held at a critical version. */
  #lengthAt(critical: number): number {
    const place = this.#log.placeAt(this.#container, critical + 1)
    const number = this.#log.rowsOf(this.#container)[place]
    if (number === undefined) return this.length
    const { kind, start, before } = this.#log.at(number)
    const passed = Math.max(0, critical + 1 - start)
    return kind <= rowKind.items ? before + passed : before - passed
  }
}

function runsOf<Inserted>({ index, deleted, inserted }: Splice<Inserted>): SequenceRun<Inserted>[] {
  const run = inserted === undefined ? { delete: deleted } : { insert: inserted }
  return index === 0 ? [run] : [{ retain: index }, run]
}
