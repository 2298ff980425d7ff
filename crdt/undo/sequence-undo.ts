import { nestedId } from '../container-id.ts'
import { includes } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import type { List } from '../containers/list.ts'
import type { NewContent, Operation } from '../operation.ts'
import type { Text } from '../containers/text.ts'
import type { MadeOperation } from './made-operations.ts'
import { isWithin, type Range } from './own-changes.ts'

const loneSurrogates = /\p{Surrogate}/gu

/** Carries out an operation, as part of the transaction that undoes. */
export type Perform = (operation: Operation) => void

type Kind = 'insertion' | 'deletion' | 'move'

/** What was done one behind the other and is inverted at once. */
interface Stretch {
  readonly kind: Kind
  readonly from: number
  /** Behind the last operation. */
  to: number
}

/**
 * Inverts what was done to texts and lists. Units are named by the operations that inserted them, as everywhere. What comes
 * back gets new ones, so that it is remembered which stands for which: whatever was done before was done to the old ones.
 */
export class SequenceUndo {
  readonly #history: History
  readonly #agent: number
  /** For a unit that is gone the one that stands for it. */
  readonly #successors = new Map<number, number>()

  constructor(history: History, agent: number) {
    this.#history = history
    this.#agent = agent
  }

  /** @param ranges all that is undone at once @param made what of it is on this container, in order */
  invert(container: Text | List, ranges: readonly Range[], made: readonly MadeOperation[], perform: Perform): void {
    const stretches: Stretch[] = []
    for (const { number, operation } of made) {
      const kind = kindOf(operation.type)
      const to = number + countOf(operation)
      const last = stretches.at(-1)
      if (last?.kind === kind && kind !== 'move' && last.to === number) last.to = to
      else stretches.push({ kind, from: number, to })
    }
    for (const { kind, from, to } of stretches.reverse()) {
      const inversion = new Inversion(this.#history, this.#agent, this.#successors, container, to - 1, perform)
      if (kind === 'insertion') inversion.takeOut(from, to)
      else if (kind === 'move') inversion.moveBack(from + 1)
      else inversion.bringBack(from, to, ranges)
    }
  }
}

function kindOf(type: MadeOperation['operation']['type']): Kind {
  return type === 'list-move' ? 'move' : type === 'text-insert' || type === 'list-insert' ? 'insertion' : 'deletion'
}

function countOf(operation: MadeOperation['operation']): number {
  if (operation.type === 'text-insert') return operation.text.length
  return operation.type === 'list-insert' ? operation.items.length : 'count' in operation ? operation.count : 2
}

class Inversion {
  readonly #history: History
  readonly #agent: number
  readonly #successors: Map<number, number>
  readonly #container: Text | List
  /** The last operation that is inverted. */
  readonly #last: number
  readonly #perform: Perform
  /** The version right behind it: what stood beside what, to whoever undoes. */
  readonly #counts: readonly number[]

  constructor(
    history: History,
    agent: number,
    successors: Map<number, number>,
    container: Text | List,
    last: number,
    perform: Perform,
  ) {
    this.#history = history
    this.#agent = agent
    this.#successors = successors
    this.#container = container
    this.#last = last
    this.#perform = perform
    this.#counts = history.graph.versionOf([last])
  }

  /** Deletes what is still there of units that were inserted. */
  takeOut(from: number, to: number): void {
    const indices = new Set<number>()
    for (let unit = from; unit < to; unit++) {
      const place = this.#container.placeOf(this.#successor(unit))
      if (place?.visible === true) indices.add(place.index)
    }
    // From the end on, so that the others stay where they are.
    const sorted = [...indices].sort((left, right) => right - left)
    for (let at = 0; at < sorted.length;) {
      let count = 1
      while (sorted[at + count] === (sorted[at] as number) - count) count++
      const index = (sorted[at] as number) - count + 1
      if (this.#container.type === 'list') this.#container.delete(index, count)
      else this.#perform({ type: 'sequence-delete', container: this.#container.id, index, count })
      at += count
    }
  }

  /** Moves an element back to where it was, if it is still where the move put it. @param unit the one the move inserted */
  moveBack(unit: number): void {
    const list = this.#container
    const now = this.#successor(unit)
    const place = list.unitPlace(now)
    const source = this.#hits(unit - 1, unit)[0]
    if (list.type !== 'list' || place?.visible !== true || source === undefined) return
    const index = this.#indexFor(source, 0, unit)
    const to = index > place.index ? index - 1 : index
    list.move(place.index, to)
    this.#successors.set(source, to === place.index ? now : this.#history.graph.size - 1)
  }

  /** Inserts anew what is gone of units that were deleted, and that nobody else has deleted too. */
  bringBack(from: number, to: number, ranges: readonly Range[]): void {
    const tracker = this.#container.sequence.completeTracker()
    const runs: { readonly from: number; count: number }[] = []
    for (const unit of this.#hits(from, to).sort((left, right) => left - right)) {
      const now = this.#successor(unit)
      if (this.#isTransient(unit, ranges) || this.#container.placeOf(now)?.visible === true) continue
      if (!tracker.isDeletedBy(now, this.#agent)) continue
      const last = runs.at(-1)
      const goesOn = last !== undefined && last.from + last.count === unit
      if (goesOn && tracker.areTogether(unit - 1, unit)) last.count++
      else runs.push({ from: unit, count: 1 })
    }
    runs.sort((left, right) => tracker.order(left.from, right.from))
    let floor = 0
    for (const { from, count } of runs) {
      const index = this.#indexFor(from, floor)
      const start = this.#history.graph.size
      this.#insert(index, from, count)
      for (let at = 0; at < count; at++) this.#successors.set(from + at, start + at)
      floor = index + count
    }
  }

  /** The units that deletions hit. */
  #hits(from: number, to: number): number[] {
    const units: number[] = []
    this.#container.sequence.completeTracker().hits(from, to, (unit) => units.push(unit))
    return units
  }

  /** Whether what is undone itself inserted the unit, so that it need not come back first. */
  #isTransient(unit: number, ranges: readonly Range[]): boolean {
    return isWithin(ranges, unit) && this.#history.operationAt(unit)?.type !== 'list-move'
  }

  #insert(index: number, from: number, count: number): void {
    const container = this.#container
    if (container.type === 'list') {
      container.insertItems(
        index,
        Array.from({ length: count }, (_, at) => this.#itemAt(container.firstOf(from + at))),
      )
      return
    }
    const text = this.#history
      .recordedBetween(from, from + count)
      .map((operation) => (operation.type === 'text-insert' ? operation.text : ''))
      .join('')
      .replace(loneSurrogates, '\ufffd')
    this.#perform({ type: 'text-insert', container: container.id, index, text })
  }

  /** What an element was inserted as; a container is the same one again. */
  #itemAt(unit: number): NewContent {
    const { log } = this.#history
    const { items } = this.#history.operationAt(unit) as Extract<Operation, { readonly type: 'list-insert' }>
    const item = items[unit - log.at(log.rowAt(unit)).start] as NewContent
    return 'create' in item ? { again: nestedId(item.create, this.#history.graph.dotOf(unit)) } : item
  }

  /**
   * Where a unit that is gone belongs: between those that were its neighbours when it went, as far as they are there; and
   * among what others have put between them at the same time, where it stood.
   *
   * @param floor the least index it may have
   * @param moved a unit that is no neighbour, as it goes away itself
   */
  #indexFor(unit: number, floor: number, moved?: number): number {
    const left = this.#nearest(unit, -1, this.#counts, (other) => other !== moved)
    const right = this.#nearest(unit, 1, this.#counts, (other) => other !== moved)
    const all = this.#history.graph.counts
    const before = this.#nearest(unit, -1, all, (other) => other !== moved && !this.#hasSeenThis(other))
    const least = Math.max(floor, left === undefined ? 0 : left + 1)
    const most = right ?? this.#container.length
    return Math.max(floor, Math.min(Math.max(before === undefined ? 0 : before + 1, least), most))
  }

  /** The index of the nearest unit that a version shows, and that is there now. */
  #nearest(
    unit: number,
    step: 1 | -1,
    counts: readonly number[],
    accepts: (unit: number) => boolean,
  ): number | undefined {
    let index: number | undefined
    this.#container.sequence.completeTracker().nearest(unit, step, counts, (other) => {
      const place = accepts(other) ? this.#container.unitPlace(this.#successor(other)) : undefined
      if (place?.visible === true) ({ index } = place)
      return index !== undefined
    })
    return index
  }

  /**
   * Whether a unit was inserted by somebody who had seen what is inverted. He put it into a gap: on which side of what
   * comes back it belongs, nobody has said.
   */
  #hasSeenThis(unit: number): boolean {
    const { graph } = this.#history
    if (unit <= this.#last) return false
    if (graph.entryOf(unit).linear) return true
    const { sequence, start } = graph.entryOf(this.#last)
    return includes(graph.versionOf(graph.parentsOf(unit)), this.#agent, sequence + this.#last - start)
  }

  #successor(unit: number): number {
    let last = unit
    for (let next = this.#successors.get(last); next !== undefined; next = this.#successors.get(last)) last = next
    return last
  }
}
