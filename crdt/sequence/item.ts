import type { OrderNode } from './order-tree.ts'

/** Operations of each agent that a version includes; undefined: everything. */
export type Counts = readonly number[] | undefined

/** Who deleted the units of an item: for unit i the operation `sequence + step · i` of the agent. */
interface Deletion {
  readonly agent: number
  readonly sequence: number
  readonly step: 1 | -1
}

/** The agent of units that were there before the tracker's base: every version it is asked about includes them. */
export const baseAgent = -1

/** A run of units inserted one behind the other. Ids are local to the tracker and in a row. */
export interface Item {
  readonly id: number
  count: number
  readonly agent: number
  readonly sequence: number
  /** Id of the unit in front of the first when it was inserted, −1 at the start. The others' is the unit before. */
  readonly left: number
  /** Id of the unit behind when the first became its left child; −1 when it became a right child, as all others are. */
  readonly right: number
  /** Whether the first unit has left children, and the last one right children. */
  hasLeft: boolean
  hasRight: boolean
  deletions: readonly Deletion[]
  leaf: OrderNode
  /** Scratch of whoever walks over items that may come twice. */
  mark: number
}

const none: readonly Deletion[] = []

export function createItem(
  id: number,
  count: number,
  agent: number,
  sequence: number,
  left: number,
  right: number,
  leaf: OrderNode,
): Item {
  return {
    id,
    count,
    agent,
    sequence,
    left,
    right,
    hasLeft: false,
    hasRight: false,
    deletions: none,
    leaf,
    mark: 0,
  }
}

/** Units that are visible once everything is applied. */
export function visibleNow(item: Item): number {
  return item.deletions.length === 0 ? item.count : 0
}

/** How many units had been inserted at the version, deleted or not: always the first ones. */
export function countInserted(counts: Counts, item: Item): number {
  if (counts === undefined || item.agent === baseAgent) return item.count
  return within(item, (counts[item.agent] ?? 0) - item.sequence)
}

/**
 * The units visible at a version: always one range, from `visibleFrom` to `visibleTo`, since a version includes a prefix
 * of those typed, a prefix of those deleted forwards, and a suffix of those deleted backwards.
 */
export function visibleFrom(counts: Counts, item: Item): number {
  let from = 0
  for (const { agent, sequence, step } of item.deletions) {
    if (step === 1) from = Math.max(from, within(item, countIn(counts, agent) - sequence))
  }
  return from
}

export function visibleTo(counts: Counts, item: Item): number {
  let to = countInserted(counts, item)
  for (const { agent, sequence, step } of item.deletions) {
    if (step === -1) to = Math.min(to, within(item, sequence - countIn(counts, agent) + 1))
  }
  return to
}

export function countVisible(counts: Counts, item: Item): number {
  if (item.deletions.length === 0) return countInserted(counts, item)
  return counts === undefined ? 0 : Math.max(0, visibleTo(counts, item) - visibleFrom(counts, item))
}

/** Adds who deleted the item, whole. @param by the operation that deleted its first unit */
export function addDeletion(item: Item, agent: number, by: number, step: 1 | -1): void {
  item.deletions = [...item.deletions, { agent, sequence: by, step }]
}

/** Cuts an item in two. @returns the part from `offset` on, not yet placed */
export function cutItem(item: Item, offset: number): Item {
  const { id, agent, sequence } = item
  const rest = createItem(id + offset, item.count - offset, agent, sequence + offset, id + offset - 1, -1, item.leaf)
  rest.hasRight = item.hasRight
  if (item.deletions.length > 0) {
    rest.deletions = item.deletions.map(({ agent, sequence, step }) => ({
      agent,
      sequence: sequence + step * offset,
      step,
    }))
  }
  item.hasRight = true
  item.count = offset
  return rest
}

function countIn(counts: Counts, agent: number): number {
  return counts === undefined ? Number.MAX_SAFE_INTEGER : (counts[agent] ?? 0)
}

function within(item: Item, count: number): number {
  return count < 0 ? 0 : count > item.count ? item.count : count
}
