import type { CausalGraph } from '../history/causal-graph.ts'
import { rowKind, sliceRow, type OperationLog, type Row } from '../history/operation-log.ts'
import { DeletionTargets } from './deletion-targets.ts'
import { ItemIndex } from './item-index.ts'
import {
  addDeletion,
  baseAgent,
  countInserted,
  countVisible,
  createItem,
  cutItem,
  visibleFrom,
  visibleNow,
  visibleTo,
  type Item,
} from './item.ts'
import { OrderTree, createNode } from './order-tree.ts'
import { createView, goesOn, include, standsAt, type View } from './view.ts'

/** Where a unit is, or the gap it left. */
export interface Place {
  readonly index: number
  readonly visible: boolean
}

/** Units that one replica inserted one behind the other, by local numbers. */
export interface UnitRange {
  readonly start: number
  readonly count: number
}

/** A deletion from the sequence as it is here. Several are carried out one after the other. */
export interface Removal {
  readonly index: number
  readonly count: number
}

/** Of a view that moves: how many operations of an agent it includes then, at least (`forward`) or at most. */
interface Step {
  readonly agent: number
  readonly count: number
  readonly forward: boolean
}

/** Versions that are kept at hand at once: one for each of so many branches that messages come from in turn. */
const viewLimit = 32

/**
 * Finds where operations land that were made on another version than the present one: eg-walker's internal state
 * (Gentle & Kleppmann 2024, §3.2–3.5), ordered by Fugue (Weidner & Kleppmann, "The Art of the Fugue", 2023) through the
 * integration rule that Gentle found for it. README.md says why Fugue and not FugueMax.
 *
 * It knows the operations above its base, a critical version; what was there before is one anonymous run.
 *
 * Deviation: eg-walker keeps one prepare state, retreats and advances it. Here several views are kept, each counted in
 * every node of the tree; an item is seen at a version by comparing counts of agents. Branches that send in turn move a
 * view of their own each, and nothing is retreated.
 */
export class Tracker {
  readonly base: number
  readonly #graph: CausalGraph
  readonly #baseLength: number
  readonly #tree = new OrderTree()
  readonly #index = new ItemIndex()
  readonly #views: View[] = []
  readonly #targets = new DeletionTargets()
  #marks = 0
  #uses = 0
  /** Operations below this local number are in. */
  #next: number

  /**
   * @param baseLength units the sequence held at the base
   * @param kept instead of those, for a tracker that knows everything here: units from before the history that is here
   */
  constructor(graph: CausalGraph, base: number, baseLength: number, kept: readonly UnitRange[] = []) {
    this.#graph = graph
    this.base = base
    this.#baseLength = baseLength
    this.#next = Math.max(base + 1, graph.base)
    if (kept.length > 0) this.#keep(kept)
    if (baseLength === 0) return
    const item = createItem(0, baseLength, baseAgent, 0, -1, -1, createNode())
    this.#tree.insertBehind(undefined, item, -1)
    this.#index.push(item)
  }

  /** As if they had been one run, which others have cut. */
  #keep(runs: readonly UnitRange[]): void {
    const items: Item[] = []
    let before: Item | undefined
    for (const { start, count } of runs) {
      const { agent, sequence, start: first } = this.#graph.entryOf(start)
      const left = before === undefined ? -1 : before.id + before.count - 1
      const item = createItem(start, count, agent, sequence + start - first, left, -1, createNode())
      if (before !== undefined) before.hasRight = true
      this.#tree.insertBehind(before, item, -1)
      items.push(item)
      before = item
    }
    for (const item of items.sort((left, right) => left.id - right.id)) this.#index.push(item)
  }

  get next(): number {
    return this.#next
  }

  /** Takes in the rows of a container that the log holds and the tracker does not yet. @param end behind the last operation wanted */
  catchUp(log: OperationLog, container: number, end: number = Infinity): void {
    if (Math.min(log.end, end) <= this.#next) return
    let place = log.placeAt(container, this.#next)
    const rows = log.rowsOf(container)
    for (; place < rows.length; place++) {
      const row = log.at(rows[place] as number)
      if (row.start >= end) break
      this.apply(sliceRow(row, this.#next, end))
    }
    this.#next = Math.max(this.#next, Math.min(log.end, end))
  }

  /** The view that has these heads; undefined where they are all that is here. */
  viewAt(heads: readonly number[], agent: number): View {
    for (const view of this.#views) {
      if (!standsAt(view, heads)) continue
      view.agent = agent
      view.used = ++this.#uses
      return view
    }
    const view = this.#chooseView(heads, agent)
    view.agent = agent
    view.used = ++this.#uses
    this.#move(view, heads)
    return view
  }

  /** Units visible once everything is applied. */
  get now(): number {
    return this.#tree.root.now
  }

  /** Ranges [from, to) of operations above the base whose units are not visible any more, ascending. */
  deleted(): [from: number, to: number][] {
    const ranges: [number, number][] = []
    this.#index.within(this.#baseLength, Infinity, ({ id, count, deletions }) => {
      if (deletions.length === 0) return
      const from = id - this.#baseLength + this.base + 1
      const last = ranges.at(-1)
      if (last?.[1] === from) last[1] = from + count
      else ranges.push([from, from + count])
    })
    return ranges
  }

  /** Ranges [from, to) of the units at the base, by their index there, that are not visible any more, ascending. */
  deletedBelow(): [from: number, to: number][] {
    const ranges: [number, number][] = []
    this.#index.within(0, this.#baseLength, ({ id, count, agent, deletions }) => {
      if (agent === baseAgent && deletions.length > 0) ranges.push([id, id + count])
    })
    return ranges
  }

  /** Visits the operations above the base whose units are visible, in the order of the sequence. */
  visible(visit: (from: number, count: number, index: number) => void): void {
    let index = 0
    this.each((item) => {
      if (item.deletions.length > 0) return
      if (item.agent !== baseAgent) visit(item.id - this.#baseLength + this.base + 1, item.count, index)
      index += item.count
    })
  }

  /** Visits all items, in the order of the sequence. */
  each(visit: (item: Item) => void): void {
    for (let item = this.#tree.first(); item !== undefined; item = this.#tree.next(item)) visit(item)
  }

  /** Units visible at a view. */
  length(view: View): number {
    return this.#tree.root.seen[view.slot] as number
  }

  /** @returns the index where the units land in the present sequence */
  insert(start: number, index: number, count: number, agent: number, sequence: number, view: View | undefined): number {
    const before = index === 0 ? undefined : this.#unitBefore(index, view)
    const left = before === undefined ? -1 : before.id + this.#offset
    const id = this.#idOf(start)
    this.#next = start + count
    if (view !== undefined) {
      include(view.counts, agent, sequence + count)
      view.heads = [start + count - 1]
    }
    const item = this.#place(id, count, agent, sequence, before, left, view)
    if (view !== undefined) {
      view.cursor = item
      view.cursorId = id + count - 1
      view.cursorIndex = index + count
    }
    return this.#tree.positionOf(item) + item.count - count
  }

  /** @returns what goes from the present sequence: units that others deleted before are gone already */
  delete(
    start: number,
    first: number,
    count: number,
    agent: number,
    sequence: number,
    backwards: boolean,
    view: View | undefined,
  ): readonly Removal[] {
    const slot = view?.slot ?? -1
    const removals: Removal[] = []
    const known = this.#targets.size
    let item = this.#tree.at(first, slot)
    let offset: number | undefined = this.#tree.offset + visibleFrom(view?.counts, item)
    const counts = view?.counts
    if (view !== undefined) {
      include(view.counts, agent, sequence + count)
      view.heads = [start + count - 1]
      view.cursor = undefined
    }
    for (let done = 0; done < count;) {
      const from = offset ?? visibleFrom(counts, item)
      const taken = Math.min(count - done, visibleTo(counts, item) - from)
      offset = undefined
      item = this.#cut(item, from)
      if (taken < item.count) this.#cut(item, taken)
      const now = visibleNow(item)
      if (now > 0) removals.push({ index: this.#tree.positionOf(item), count: taken })
      const by = backwards ? sequence + count - 1 - done : sequence + done
      addDeletion(item, agent, by, backwards ? -1 : 1)
      this.#tree.count(item.leaf, -now, slot, -taken, 0)
      const number = backwards ? start + count - done - taken : start + done
      this.#targets.add(number, taken, item.id, backwards)
      done += taken
      if (done < count) item = this.#tree.nextSeen(item, slot) as Item
    }
    if (backwards) this.#targets.turn(known)
    this.#next = start + count
    return removals
  }

  /** @returns what goes from the present sequence, and then where the unit lands in it */
  move(
    start: number,
    from: number,
    to: number,
    agent: number,
    sequence: number,
    view: View | undefined,
  ): readonly [removals: readonly Removal[], at: number] {
    const removals = this.delete(start, from, 1, agent, sequence, false, view)
    return [removals, this.insert(start + 1, to, 1, agent, sequence + 1, view)]
  }

  /** Visits the units that the deletions among a range of operations hit, each by the operation that inserted it. */
  hits(from: number, to: number, visit: (unit: number) => void): void {
    const before = this.#baseLength - this.base - 1
    this.#targets.within(from, to, (first, last) => {
      for (let id = first; id < last; id++) visit(id - before)
    })
  }

  /** Whether an agent has deleted a unit, and nobody else has. */
  isDeletedBy(unit: number, agent: number): boolean {
    const deletions = this.#index.find(this.#idOf(unit))?.deletions ?? []
    return deletions.length > 0 && deletions.every((deletion) => deletion.agent === agent)
  }

  /** Whether two units stand together, and whatever befell them befell both. */
  areTogether(unit: number, other: number): boolean {
    return this.#index.find(this.#idOf(unit)) === this.#index.find(this.#idOf(other))
  }

  /** Negative when the left unit stands in front of the right one. */
  order(left: number, right: number): number {
    return this.#compare(this.#idOf(left), this.#idOf(right))
  }

  /** The nearest unit behind another (`step` 1) or in front of it (−1) that a version shows and that is accepted. */
  nearest(
    unit: number,
    step: 1 | -1,
    counts: readonly number[],
    accepts: (unit: number) => boolean,
  ): number | undefined {
    const id = this.#idOf(unit)
    let item = this.#index.find(id)
    let at = item === undefined ? 0 : id - item.id + step
    while (item !== undefined) {
      const from = visibleFrom(counts, item)
      const to = visibleTo(counts, item)
      at = step > 0 ? Math.max(at, from) : Math.min(at, to - 1)
      for (; at >= from && at < to; at += step) {
        const found = item.id + at - this.#baseLength + this.base + 1
        if (accepts(found)) return found
      }
      item = step > 0 ? this.#tree.next(item) : this.#tree.previous(item)
      at = step > 0 ? 0 : Infinity
    }
    return undefined
  }

  /** The operation that inserted a unit of the present sequence; undefined when that lies below the base. */
  operationAt(index: number): number | undefined {
    const item = this.#tree.at(index, -1)
    const id = item.id + this.#tree.offset
    return id < this.#baseLength ? undefined : id - this.#baseLength + this.base + 1
  }

  /** Where the unit inserted by that operation is, or the gap it left; undefined when it is not known. */
  placeOf(operation: number): Place | undefined {
    const id = this.#idOf(operation)
    const item = this.#index.find(id)
    if (item === undefined) return undefined
    const visible = visibleNow(item) > 0
    return { index: this.#tree.positionOf(item) + (visible ? id - item.id : 0), visible }
  }

  /** Takes in the next row. */
  apply({ kind, start, index, count, offset }: Pick<Row, 'kind' | 'start' | 'index' | 'count' | 'offset'>): void {
    const graph = this.#graph
    const entry = graph.entryOf(start)
    const sequence = entry.sequence + start - entry.start
    const view = entry.linear ? undefined : this.viewAt(graph.parentsOf(start), entry.agent)
    if (kind <= rowKind.items) this.insert(start, index, count, entry.agent, sequence, view)
    else if (kind === rowKind.delete) this.delete(start, index, count, entry.agent, sequence, false, view)
    else if (kind === rowKind.move) this.move(start, index, offset, entry.agent, sequence, view)
    else this.delete(start, index - count + 1, count, entry.agent, sequence, true, view)
  }

  #idOf(operation: number): number {
    return this.#baseLength + operation - this.base - 1
  }

  /** Where in the item the unit stands that `#unitBefore` found. */
  #offset = 0

  /** The item that holds the unit in front of an index, cut so that it ends there. */
  #unitBefore(index: number, view: View | undefined): Item {
    if (view?.cursor !== undefined && view.cursorIndex === index) {
      const { cursor, cursorId } = view
      const item = cursor.id + cursor.count - 1 === cursorId ? cursor : (this.#index.find(cursorId) as Item)
      return this.#endAt(item, cursorId - item.id)
    }
    const item = this.#tree.at(index - 1, view?.slot ?? -1)
    return this.#endAt(item, this.#tree.offset + visibleFrom(view?.counts, item))
  }

  #endAt(item: Item, offset: number): Item {
    if (offset + 1 < item.count) this.#cut(item, offset + 1)
    this.#offset = offset
    return item
  }

  #place(
    id: number,
    count: number,
    agent: number,
    sequence: number,
    before: Item | undefined,
    left: number,
    view: View | undefined,
  ): Item {
    const tree = this.#tree
    const slot = view?.slot ?? -1
    const crowded = before === undefined ? tree.first() !== undefined : before.hasRight
    if (!crowded && before !== undefined && left === id - 1 && before.agent === agent) {
      before.count += count
      tree.count(before.leaf, count, slot, count, count)
      return before
    }
    const existing = crowded ? tree.nextInserted(before, slot) : undefined
    const parent = existing?.left === left ? existing : undefined
    const item = createItem(id, count, agent, sequence, left, parent?.id ?? -1, tree.root)
    this.#index.push(item)
    if (parent !== undefined && !parent.hasLeft) tree.insertBefore(parent, item, slot)
    else tree.insertBehind(crowded ? this.#passed(before, item, existing) : before, item, slot)
    if (parent !== undefined) parent.hasLeft = true
    else if (before !== undefined) before.hasRight = true
    return item
  }

  /** Passes those concurrent items that belong in front of the new one. @returns the last of them */
  #passed(before: Item | undefined, { left, right, agent }: Item, existing: Item | undefined): Item | undefined {
    const tree = this.#tree
    const { agents } = this.#graph
    let passed = before
    let scanning = false
    let other = before === undefined ? tree.first() : tree.next(before)
    for (; other !== undefined && other !== existing; other = tree.next(other)) {
      const lefts = this.#compareLefts(other.left, left)
      if (lefts < 0) break
      if (lefts === 0) {
        const rights = this.#compareRights(other.right, right)
        if (rights === 0 && (agents[agent] as string) < (agents[other.agent] as string)) break
        scanning = rights < 0
      }
      if (!scanning) passed = other
    }
    return passed
  }

  /** Negative when the left unit stands in front of the right one. −1 stands for the start. */
  #compareLefts(left: number, right: number): number {
    if (left === right) return 0
    return left === -1 ? -1 : right === -1 ? 1 : this.#compare(left, right)
  }

  /** As `#compareLefts`, but −1 stands for the end. */
  #compareRights(left: number, right: number): number {
    if (left === right) return 0
    return left === -1 ? 1 : right === -1 ? -1 : this.#compare(left, right)
  }

  #compare(left: number, right: number): number {
    const one = this.#index.find(left) as Item
    const other = this.#index.find(right) as Item
    return one === other ? left - right : this.#tree.compare(one, other)
  }

  /** Cuts an item so that one begins at `offset`. @returns the item that begins there */
  #cut(item: Item, offset: number): Item {
    if (offset === 0) return item
    const rest = cutItem(item, offset)
    this.#index.insert(rest)
    this.#tree.insertRest(item, rest)
    return rest
  }

  /**
   * The agent's own view where it goes on from there, so that each view of a branch counts every operation once. Else the
   * nearest view, where it only has to go forward or is the agent's own; else a copy of that, in the place of the view
   * that was not used for longest.
   */
  #chooseView(heads: readonly number[], agent: number): View {
    for (const view of this.#views) if (view.agent === agent && goesOn(view, heads)) return view
    const { nearest, forward } = this.#nearestView(heads)
    if (nearest !== undefined && (forward || nearest.agent === agent)) return nearest
    if (nearest !== undefined && this.#views.length === viewLimit) {
      const oldest = this.#views.reduce((old, view) => (view.used < old.used ? view : old))
      if (oldest !== nearest) {
        oldest.heads = nearest.heads
        oldest.counts.splice(0, Infinity, ...nearest.counts)
        this.#tree.copyView(nearest.slot, oldest.slot)
      }
      return oldest
    }
    const counts = nearest?.counts.slice() ?? this.#graph.versionOf(heads)
    const slot = this.#tree.addView(counts, nearest?.slot)
    const view = createView(slot, nearest?.heads ?? heads.slice(), counts, agent)
    this.#views.push(view)
    return view
  }

  /** The view that differs least, and whether all it includes is wanted. */
  #nearestView(heads: readonly number[]): { readonly nearest: View | undefined; readonly forward: boolean } {
    let nearest: View | undefined
    let forward = false
    let least = Infinity
    for (const view of this.#views) {
      let distance = 0
      let ahead = 0
      this.#graph.diff(view.heads, heads, (inView, from, to) => {
        distance += to - from
        if (inView) ahead += to - from
        return distance < least
      })
      if (distance >= least) continue
      least = distance
      nearest = view
      forward = ahead === 0
    }
    return { nearest, forward }
  }

  /** Moves a view to another version, counting anew just the items that differ. */
  #move(view: View, heads: readonly number[]): void {
    const { slot, counts } = view
    const items: Item[] = []
    const steps: Step[] = []
    const mark = ++this.#marks
    const touch = (item: Item): void => {
      if (item.mark === mark) return
      item.mark = mark
      items.push(item)
      this.#tree.count(item.leaf, 0, slot, -countVisible(counts, item), -countInserted(counts, item))
    }
    this.#graph.diff(view.heads, heads, (inView, from, to, entry) => {
      const { agent, sequence, start } = entry
      steps.push({ agent, count: sequence + (inView ? from : to) - start, forward: !inView })
      this.#touch(Math.max(from, this.base + 1), to, touch)
      return true
    })
    for (const { agent, count, forward } of steps) {
      const now = counts[agent] ?? 0
      include(counts, agent, forward ? Math.max(now, count) : Math.min(now, count))
    }
    for (const item of items) {
      this.#tree.count(item.leaf, 0, slot, countVisible(counts, item), countInserted(counts, item))
    }
    view.heads = heads.slice()
    view.cursor = undefined
  }

  /** Visits the items that a range of operations inserted or deleted. */
  #touch(from: number, to: number, visit: (item: Item) => void): void {
    this.#index.within(this.#idOf(from), this.#idOf(to), visit)
    this.#targets.within(from, to, (first, last) => this.#index.within(first, last, visit))
  }
}
