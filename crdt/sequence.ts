import type { CausalGraph, Version } from './causal-graph.ts'
import type { SequenceRun } from './event.ts'
import { OperationRuns, type OperationRun } from './operation-run.ts'
import type { SequenceContent } from './sequence-content.ts'
import { SequenceDelta } from './sequence-delta.ts'
import type { Execution, Stamp, State } from './state.ts'
import { Tracker } from './tracker.ts'

interface Units<Self> {
  readonly length: number
  slice(start?: number, end?: number): Self
  concat(other: Self): Self
}

/**
 * What text and list have in common: the content, the log of its operations, and a tracker only where one is needed.
 *
 * An operation made on everything that is here goes straight into the content. Any other asks the tracker where it
 * lands. The tracker is kept while history is forked and catches up from the log, so that small messages that come in
 * turn from both sides do not rebuild it each time.
 */
export class Sequence<Inserted extends Units<Inserted>, Buffer extends SequenceContent<Inserted>> {
  readonly content: Buffer
  readonly #graph: CausalGraph
  readonly #runs = new OperationRuns()
  #tracker: Tracker | undefined
  /** Anchors are looked up in a tracker that knows all of history; once there, it is kept. */
  #anchored = false
  #delta: SequenceDelta<Inserted> | undefined

  constructor(graph: CausalGraph, content: Buffer) {
    this.#graph = graph
    this.content = content
  }

  /** Units visible where an operation was made. */
  lengthAt(version: Version | undefined, base: number): number {
    return version === undefined ? this.content.length : this.#trackerFor(base).length(version)
  }

  insert(index: number, units: Inserted, stamp: Stamp, execution: Execution, state: State): void {
    this.#record(execution, state)
    const run = runOf(stamp, 'insert', index, units.length, this.content.length)
    const at =
      stamp.version === undefined ? index : this.#trackerFor(stamp.base).insert(run, stamp.version, this.#graph.agents)
    const forget = this.#runs.append(stamp, 'insert', index, units.length, this.content.length)
    this.content.insert(at, units)
    this.#delta?.insert(at, units)
    execution.undo(() => {
      this.content.delete(at, units.length)
      this.#takeBack(forget)
    })
  }

  delete(index: number, count: number, stamp: Stamp, execution: Execution, state: State): void {
    this.#record(execution, state)
    const run = runOf(stamp, 'delete', index, count, this.content.length)
    const removals =
      stamp.version === undefined ? [{ index, count }] : this.#trackerFor(stamp.base).delete(run, stamp.version)
    const forget = this.#runs.append(stamp, 'delete', index, count, this.content.length)
    for (const removal of removals) this.#remove(removal.index, removal.count, execution)
    execution.undo(() => this.#takeBack(forget))
  }

  takeDelta(): SequenceRun<Inserted>[] {
    const delta = this.#delta
    this.#delta = undefined
    return delta?.finish((start, end) => this.content.slice(start, end)) ?? []
  }

  dropDelta(): void {
    this.#delta = undefined
  }

  /** The operation that inserted the unit at the index. */
  operationAt(index: number): number {
    return this.#completeTracker().operationAt(index) as number
  }

  placeOf(operation: number): { readonly index: number; readonly visible: boolean } | undefined {
    return this.#completeTracker().placeOf(operation)
  }

  #record(execution: Execution, state: State): void {
    if (execution.touch(state)) this.#delta ??= new SequenceDelta<Inserted>(this.content.length)
  }

  #remove(index: number, count: number, execution: Execution): void {
    if (execution.undoable) execution.undo(this.#restoration(index, count))
    this.content.delete(index, count)
    this.#delta?.delete(index, count)
  }

  #restoration(index: number, count: number): () => void {
    const units = this.content.slice(index, index + count)
    return () => this.content.insert(index, units)
  }

  #takeBack(forget: () => void): void {
    forget()
    this.#tracker = undefined
  }

  #completeTracker(): Tracker {
    this.#anchored = true
    return this.#trackerFor(-1)
  }

  /** A tracker that knows every operation here above a critical version. */
  #trackerFor(base: number): Tracker {
    let tracker = this.#tracker
    const wanted = this.#anchored ? -1 : base
    // One that knows nothing above the base only has more items to pass over.
    if (tracker === undefined || tracker.base > wanted || (tracker.base < wanted && tracker.next <= wanted + 1)) {
      tracker = new Tracker(wanted, this.#runs.lengthAt(wanted, this.content.length))
      this.#tracker = tracker
    }
    tracker.catchUp(this.#runs, this.#graph)
    return tracker
  }
}

function runOf(
  { start, agent, sequence, linear }: Stamp,
  kind: 'insert' | 'delete',
  index: number,
  count: number,
  before: number,
): OperationRun {
  return { start, agent, sequence, kind, index, count, before, linear }
}
