import type { CausalGraph, Version } from './causal-graph.ts'
import {
  createItem,
  countVisible,
  existsIn,
  visibleFrom,
  visibleTo,
  visibleUnits,
  type FugueBlock,
  type FugueItem,
} from './fugue-item.ts'
import { FugueList, type Gap } from './fugue-list.ts'
import { sliceRun, type OperationRun, type OperationRuns } from './operation-run.ts'
import type { ReplicaId } from './replica-id.ts'

/** A deletion from the sequence as it is here. Several are carried out one after the other. */
export interface Removal {
  readonly index: number
  readonly count: number
}

/**
 * Finds where operations land that were made on another version than the present one: eg-walker's internal state
 * (Gentle & Kleppmann 2024, §3.2–3.5), ordered by Fugue (Weidner & Kleppmann, "The Art of the Fugue", 2023) through the
 * integration rule that Gentle found for it. README.md says why Fugue and not FugueMax.
 *
 * It knows the operations above its base, a critical version; what was there before is one anonymous run. An item is
 * seen at a version by comparing counts instead of retreating and advancing it.
 *
 * Deviation: eg-walker keeps a prepare state in every item and retreats and advances it. Here every block counts what is
 * visible at one version, the focus, which moves on with each operation made there; another version is counted anew.
 */
export class Tracker {
  readonly base: number
  readonly #baseLength: number
  readonly #list: FugueList
  /** Operations below this local number are in. */
  #next: number

  /** @param baseLength units the sequence held at the base */
  constructor(base: number, baseLength: number) {
    this.base = base
    this.#baseLength = baseLength
    this.#list = new FugueList(baseLength)
    this.#next = base + 1
  }

  get next(): number {
    return this.#next
  }

  /** Takes in what the log holds and the tracker does not yet. */
  catchUp(runs: OperationRuns, graph: CausalGraph): void {
    for (let index = runs.firstAfter(this.#next - 1); index < runs.size; index++) {
      const whole = runs.at(index)
      const run = sliceRun(whole, Math.max(0, this.#next - whole.start))
      const version = run.linear ? undefined : graph.versionBefore(run.start)
      if (run.kind === 'insert') this.insert(run, version, graph.agents)
      else this.delete(run, version)
    }
  }

  /** Units visible at a version. */
  length(version: Version): number {
    this.#list.focusOn(version)
    let length = 0
    for (const { seen } of this.#list.blocks) length += seen
    return length
  }

  /** @returns the index where the units land in the present sequence */
  insert(run: OperationRun, version: Version | undefined, replicas: readonly ReplicaId[]): number {
    if (version !== undefined) this.#list.focusOn(version)
    const { gap, left } = this.#gapAt(run.index, version)
    const parent = this.#rightParent(gap, left, version)
    const target = version === undefined ? gap : this.#integrate(gap, left, parent, run.agent, replicas, version)
    const { count, agent, sequence } = run
    const id = this.#idOf(run.start)
    if (version !== undefined) this.#list.advanceFocus(agent, sequence + count)
    this.#next = run.start + count
    const before = this.#list.find(left)
    if (parent === -1 && before !== undefined && continues(before, run, id, left)) {
      this.#list.extend(before, count)
      return this.#list.visibleBefore(before) + before.count - count
    }
    const item = createItem({ id, count, agent, sequence, left, right: parent }, target.block)
    this.#list.insert(target, item)
    return this.#list.visibleBefore(item)
  }

  /** @returns what goes from the present sequence: units that others deleted before are gone already */
  delete(run: OperationRun, version: Version | undefined): readonly Removal[] {
    const { count, agent, sequence, kind } = run
    const first = kind === 'backspace' ? run.index - count + 1 : run.index
    const removals: Removal[] = []
    if (version !== undefined) this.#list.focusOn(version)
    let item = this.#unitAt(first, version)
    if (version !== undefined) this.#list.advanceFocus(agent, sequence + count)
    let index = this.#list.visibleBefore(item)
    let offset: number | undefined = this.#offset
    for (let done = 0; done < count; item = this.#list.next(item) as FugueItem) {
      const from: number = offset ?? visibleFrom(version, item)
      offset = undefined
      const taken = Math.min(visibleTo(version, item) - from, count - done)
      if (taken <= 0) {
        index += visibleUnits(item)
        continue
      }
      if (from > 0) index += visibleUnits(item) === 0 ? 0 : from
      item = this.#list.cut(item, from)
      if (taken < item.count) this.#list.cut(item, taken)
      if (visibleUnits(item) > 0) {
        removals.push({ index, count: taken })
        item.block.visible -= taken
      }
      if (version !== undefined) item.block.seen -= taken
      const by = kind === 'backspace' ? sequence + count - 1 - done : sequence + done
      item.deletions = [...item.deletions, { agent, sequence: by, step: kind === 'backspace' ? -1 : 1 }]
      done += taken
    }
    this.#next = run.start + count
    return removals
  }

  /** The operation that inserted a unit of the present sequence; undefined when that lies below the base. */
  operationAt(index: number): number | undefined {
    let seen = 0
    const block = this.#list.blocks.find(({ visible }) => {
      if (seen + visible > index) return true
      seen += visible
      return false
    })
    for (const item of block?.items ?? []) {
      const visible = visibleUnits(item)
      if (seen + visible > index) return this.#operationOf(item.id + index - seen)
      seen += visible
    }
    return undefined
  }

  /** Where the unit inserted by that operation is, or the gap it left; undefined when it is not known. */
  placeOf(operation: number): { readonly index: number; readonly visible: boolean } | undefined {
    const id = this.#idOf(operation)
    const item = this.#list.find(id)
    if (item === undefined) return undefined
    const visible = visibleUnits(item) > 0
    return { index: this.#list.visibleBefore(item) + (visible ? id - item.id : 0), visible }
  }

  #idOf(operation: number): number {
    return this.#baseLength + operation - this.base - 1
  }

  #operationOf(id: number): number | undefined {
    return id < this.#baseLength ? undefined : id - this.#baseLength + this.base + 1
  }

  /** The gap behind the `index`-th unit visible at the version, and the id of that unit. */
  #gapAt(index: number, version: Version | undefined): { readonly gap: Gap; readonly left: number } {
    if (index === 0) return { gap: this.#list.start, left: -1 }
    const item = this.#unitAt(index - 1, version)
    const left = item.id + this.#offset
    if (this.#offset + 1 < item.count) this.#list.cut(item, this.#offset + 1)
    return { gap: this.#list.behind(item), left }
  }

  /** Where in the item the unit stands that `#unitAt` found last. */
  #offset = 0

  /** The item that holds the unit with that index among those visible at the version. */
  #unitAt(index: number, version: Version | undefined): FugueItem {
    let passed = 0
    for (const block of this.#list.blocks) {
      const visible = version === undefined ? block.visible : block.seen
      if (passed + visible > index) return this.#unitIn(block, index - passed, version)
      passed += visible
    }
    throw new RangeError(`Cannot find unit ${index} of a sequence of ${passed}`)
  }

  #unitIn(block: FugueBlock, index: number, version: Version | undefined): FugueItem {
    let passed = 0
    for (const item of block.items) {
      const visible = countVisible(version, item)
      if (passed + visible > index) {
        this.#offset = visibleFrom(version, item) + index - passed
        return item
      }
      passed += visible
    }
    throw new RangeError(`Cannot find unit ${index} of a block of ${passed}`)
  }

  /** The unit behind, where it is a right child of the same left one: the new unit becomes its left child then. */
  #rightParent(gap: Gap, left: number, version: Version | undefined): number {
    for (const other of this.#list.from(gap)) {
      if (existsIn(version, other)) return other.left === left ? other.id : -1
    }
    return -1
  }

  /** Passes those concurrent items that belong in front of the new one. What existed at the version bounds the search. */
  #integrate(
    gap: Gap,
    left: number,
    right: number,
    agent: number,
    replicas: readonly ReplicaId[],
    version: Version,
  ): Gap {
    const list = this.#list
    let passed: FugueItem | undefined
    let scanning = false
    for (const other of list.from(gap)) {
      if (existsIn(version, other)) break
      const lefts = list.compareLefts(other.left, left)
      if (lefts < 0) break
      if (lefts === 0) {
        const rights = list.compareRights(other.right, right)
        if (rights === 0 && (replicas[agent] as ReplicaId) < (replicas[other.agent] as ReplicaId)) break
        scanning = rights < 0
      }
      if (!scanning) passed = other
    }
    return passed === undefined ? gap : list.behind(passed)
  }
}

/**
 * Whether a run goes on where an item ends, so that both are one item. Its operation follows that of the item's last unit
 * at once: nothing can have come between them, in the sequence or in history.
 */
function continues(item: FugueItem, run: OperationRun, id: number, left: number): boolean {
  return left === id - 1 && id === item.id + item.count && item.agent === run.agent
}
