import { VectorClock } from '../clocks/vector-clock.ts'
import { recordId, recordLimits, type DhtRecord, type SharedRecord } from './record.ts'

/**
 * What is left of several records of one key: of owned ones the newest, of shared ones those that no other has read.
 * The result does not depend on their order, and merging it again with any of them changes nothing.
 *
 * @returns sorted by id; of more siblings than are kept, those with the least ids
 */
export function mergeRecords(records: Iterable<DhtRecord>): readonly DhtRecord[] {
  const byId = new Map<string, DhtRecord>()
  for (const record of records) byId.set(recordId(record), record)
  const distinct = [...byId].sort(([left], [right]) => (left < right ? -1 : 1))
  const kept = distinct.filter(
    ([id, record]) => !distinct.some(([otherId, other]) => supersedes(other, otherId, record, id)),
  )
  return kept.slice(0, recordLimits.siblings).map(([, record]) => record)
}

/** Whether a replica that holds `held` learns nothing from `offered`. */
export function isKnown(held: readonly DhtRecord[], offered: DhtRecord): boolean {
  const id = recordId(offered)
  return held.some((record) => {
    const heldId = recordId(record)
    return heldId === id || supersedes(record, heldId, offered, id)
  })
}

/**
 * The version of a record that replaces all that its writer has read.
 *
 * @param name of the writer's process: nobody else counts under it, and nobody has claimed more than `countLimit` under it
 */
export function nextVersion(read: Iterable<SharedRecord>, name: string): VectorClock {
  let version = VectorClock.zero
  for (const record of read) version = version.merge(record.version)
  return trimmed(version.increment(name), name)
}

/** Beyond this there may soon be no greater count. */
export const countLimit: number = 2 ** 48

/** Without an entry, versions that were in the past may seem to be siblings: a nuisance, where a lost write would be harm. */
function trimmed(version: VectorClock, own: string): VectorClock {
  if (version.size <= recordLimits.writers) return version
  const others = [...version].filter(([process]) => process !== own)
  const greatest = others.sort(([left, few], [right, many]) => many - few || (left < right ? -1 : 1))
  return VectorClock.from([[own, version.get(own)], ...greatest.slice(0, recordLimits.writers - 1)])
}

function supersedes(one: DhtRecord, oneId: string, other: DhtRecord, otherId: string): boolean {
  if (oneId === otherId) return false
  if (one.kind === 'owned' && other.kind === 'owned') {
    // One sequence number twice: the owner's own mistake. All replicas must choose the same.
    return one.sequence > other.sequence || (one.sequence === other.sequence && oneId < otherId)
  }
  return one.kind === 'shared' && other.kind === 'shared' && one.version.compare(other.version) === 'after'
}
