import { integer, type Random } from '../../node/protocol/index.ts'
import type { Group } from './group.ts'
import type { MemberRecord } from './members.ts'
import { messageLimits, type MemberUpdate } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'

/** A member list on its way into messages. */
class Pages {
  readonly pages: MemberUpdate[][] = [[]]
  readonly #options: ResolvedSwimOptions
  #page = this.pages[0] as MemberUpdate[]
  #room: number

  constructor(options: ResolvedSwimOptions) {
    this.#options = options
    this.#room = options.syncPageLimitBytes
  }

  /** @returns false when there is no page left for it */
  put(update: MemberUpdate, bytes: number): boolean {
    const { length } = this.#page
    if (length > 0 && (bytes > this.#room || length === messageLimits.updates)) {
      if (this.pages.length === this.#options.syncPageLimit) return false
      this.#page = []
      this.pages.push(this.#page)
      this.#room = this.#options.syncPageLimitBytes
    }
    this.#page.push(update)
    this.#room -= bytes
    return true
  }
}

/**
 * All that this member knows, cut into parts that each fit a message: first itself, then the one who is told, then the
 * others from a random slot on, so that of a list too long for all pages every exchange sends another part.
 */
export function pages(
  group: Group,
  to: MemberRecord | undefined,
  options: ResolvedSwimOptions,
  random: Random,
): MemberUpdate[][] {
  const result = new Pages(options)
  const { members, self } = group
  result.put(self.told.update, self.told.bytes)
  if (to !== undefined) result.put(group.news.told(to).update, group.news.told(to).bytes)
  const { slotCount } = members
  if (slotCount === 0) return result.pages
  const start = integer(random, slotCount)
  for (let step = 0; step < slotCount; step++) {
    const record = members.at((start + step) % slotCount)
    if (record === undefined || record === to) continue
    const { update, bytes } = group.news.told(record)
    if (!result.put(update, bytes)) break
  }
  return result.pages
}
