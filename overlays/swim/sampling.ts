import { integer, sample, type PeerId, type Random } from '../../node/protocol/index.ts'
import type { MemberRecord, MemberTable } from './members.ts'

/** Up to so many are drawn one by one. */
const fewest = 16

/** A draw hits somebody drawn before, or somebody unfit, so often before all members are looked at instead. */
const mostMisses = 16

/** Up to `count` distinct live members, every choice of them equally likely. @param fits leaves some out */
export function sampleLive(
  members: MemberTable,
  random: Random,
  count: number,
  fits?: (record: MemberRecord) => boolean,
): PeerId[] {
  return sampleRecords(members, random, count, fits).map(({ peer }) => peer)
}

/** The same, for who looks at their records at once. */
export function sampleRecords(
  members: MemberTable,
  random: Random,
  count: number,
  fits?: (record: MemberRecord) => boolean,
): MemberRecord[] {
  const { liveCount } = members
  if (count <= fewest && 2 * count <= liveCount) {
    const chosen: MemberRecord[] = []
    for (let misses = 0; chosen.length < count && misses < mostMisses;) {
      const record = members.liveAt(integer(random, liveCount))
      if (chosen.includes(record) || fits?.(record) === false) misses++
      else chosen.push(record)
    }
    if (chosen.length === count) return chosen
  }
  const all: MemberRecord[] = []
  for (let position = 0; position < liveCount; position++) {
    const record = members.liveAt(position)
    if (fits?.(record) !== false) all.push(record)
  }
  return sample(random, all, count)
}

/** A member that failed or is said to have left, any of them equally likely. */
export function sampleGone(members: MemberTable, random: Random): PeerId | undefined {
  const { goneCount } = members
  if (goneCount === 0) return undefined
  let left = integer(random, goneCount)
  for (const { peer } of members.gone()) if (left-- === 0) return peer
  return undefined
}
