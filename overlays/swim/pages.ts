import { shuffle, type Random } from '../../node/protocol/index.ts'
import { encodedBytes, messageLimits, type MemberUpdate } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'

/**
 * A member list cut into parts that each fit a message. The first entry comes first; the others in random order, so
 * that of a list too long for all pages every exchange sends another part.
 */
export function pages(list: Iterable<MemberUpdate>, options: ResolvedSwimOptions, random: Random): MemberUpdate[][] {
  const [first, ...others] = list
  if (first === undefined) return []
  let page: MemberUpdate[] = []
  const all = [page]
  let room = options.syncPageLimitBytes
  for (const update of [first, ...shuffle(random, others)]) {
    const bytes = encodedBytes(update)
    if (bytes > room || page.length === messageLimits.updates) {
      if (all.length === options.syncPageLimit) break
      page = []
      all.push(page)
      room = options.syncPageLimitBytes
    }
    page.push(update)
    room -= bytes
  }
  return all
}
