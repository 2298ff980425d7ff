import { includes, type Version } from './causal-graph.ts'

/** Who deleted the units of an item: for unit i the operation `sequence + step · i` of the agent. */
interface Deletion {
  readonly agent: number
  readonly sequence: number
  readonly step: 1 | -1
}

/** The agent of units that were there before the tracker's base: every version it is asked about includes them. */
export const baseAgent = -1

/** A run of units inserted one behind the other. Ids are local to the tracker and in a row. */
export interface FugueItem {
  readonly id: number
  count: number
  readonly agent: number
  readonly sequence: number
  /** Id of the unit in front of the first when it was inserted, −1 at the start. The others' is the unit before. */
  readonly left: number
  /** Id of the unit behind when the first became its left child; −1 when it became a right child, as all others are. */
  readonly right: number
  deletions: readonly Deletion[]
  block: FugueBlock
}

export interface FugueBlock {
  readonly items: FugueItem[]
  /** Units that are visible once everything is applied. */
  visible: number
  /** Units that are visible at the version the list is focused on. */
  seen: number
  index: number
}

const none: readonly Deletion[] = Object.freeze([])

export function createItem(
  fields: Pick<FugueItem, 'id' | 'count' | 'agent' | 'sequence' | 'left' | 'right'>,
  block: FugueBlock,
): FugueItem {
  return { ...fields, deletions: none, block }
}

export function visibleUnits(item: FugueItem): number {
  return item.deletions.length === 0 ? item.count : 0
}

/** Whether the first unit had been inserted at the version, deleted or not. */
export function existsIn(version: Version | undefined, item: FugueItem): boolean {
  return version === undefined || item.agent === baseAgent || includes(version, item.agent, item.sequence)
}

/**
 * The units visible at a version: always one range, from `visibleFrom` to `visibleTo`, since a version includes a prefix
 * of those typed, a prefix of those deleted forwards, and a suffix of those deleted backwards.
 *
 * @param version undefined: everything
 */
export function visibleFrom(version: Version | undefined, item: FugueItem): number {
  if (item.deletions.length === 0) return 0
  let from = 0
  for (const { agent, sequence, step } of item.deletions) {
    if (step === 1) from = Math.max(from, within(item, countIn(version, agent) - sequence))
  }
  return from
}

export function visibleTo(version: Version | undefined, item: FugueItem): number {
  let to = item.agent === baseAgent ? item.count : within(item, countIn(version, item.agent) - item.sequence)
  for (const { agent, sequence, step } of item.deletions) {
    if (step === -1) to = Math.min(to, within(item, sequence - countIn(version, agent) + 1))
  }
  return to
}

/** How many units are visible at a version. */
export function countVisible(version: Version | undefined, item: FugueItem): number {
  return Math.max(0, visibleTo(version, item) - visibleFrom(version, item))
}

/** Cuts an item in two. @returns the part from `offset` on, not yet placed */
export function cutItem(item: FugueItem, offset: number): FugueItem {
  const rest: FugueItem = {
    id: item.id + offset,
    count: item.count - offset,
    agent: item.agent,
    sequence: item.sequence + offset,
    left: item.id + offset - 1,
    right: -1,
    deletions:
      item.deletions.length === 0
        ? none
        : item.deletions.map(({ agent, sequence, step }) => ({ agent, sequence: sequence + step * offset, step })),
    block: item.block,
  }
  item.count = offset
  return rest
}

function countIn(version: Version | undefined, agent: number): number {
  return version === undefined ? Number.MAX_SAFE_INTEGER : (version[agent] ?? 0)
}

function within(item: FugueItem, count: number): number {
  return Math.min(Math.max(count, 0), item.count)
}
