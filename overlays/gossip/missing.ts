import type { Instant, PeerId } from '../../node/protocol/index.ts'
import type { Announcement, MessageId } from './messages.ts'

/** Who says it has a message, and how many hops that made to it. */
export interface Announcer {
  readonly peer: PeerId
  readonly round: number
}

interface Missing {
  /** Who announced it first, and is counted with it. */
  readonly causer: PeerId
  /** When it was announced first. */
  readonly since: Instant
  /** In the order in which they are asked: the nearest to the publisher first. */
  readonly announcers: Announcer[]
  /** How often it was asked for, and when last. */
  asked: number
  askedAt: Instant
}

/** Most announcers remembered of one message. */
const announcerLimit = 8

/**
 * Messages that were announced and have not come (`missing` of Plumtree §3.5). How many one neighbour may cause is
 * counted by the first announcer, so that the flood of one leaves room for the others.
 */
export class MissingMessages {
  readonly #missing = new Map<MessageId, Missing>()
  readonly #caused = new Map<PeerId, number>()
  readonly #limit: number

  /** @param limit most messages that one peer may cause to be awaited */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns 'new' when nobody has announced it before, 'full' when this announcer may cause no more */
  announced({ id, round }: Announcement, peer: PeerId, now: Instant): 'new' | 'known' | 'full' {
    const missing = this.#missing.get(id)
    if (missing !== undefined) {
      const { announcers } = missing
      const isNew = announcers.length < announcerLimit && !announcers.some((announcer) => announcer.peer === peer)
      if (isNew) insert(announcers, { peer, round })
      return 'known'
    }
    const caused = this.#caused.get(peer) ?? 0
    if (caused >= this.#limit) return 'full'
    this.#caused.set(peer, caused + 1)
    this.#missing.set(id, {
      causer: peer,
      since: now,
      announcers: [{ peer, round }],
      asked: 0,
      askedAt: Number.NEGATIVE_INFINITY,
    })
    return 'new'
  }

  /** Who has announced it. */
  announcers(id: MessageId): readonly Announcer[] {
    return this.#missing.get(id)?.announcers ?? []
  }

  /** When it was announced first. @returns undefined unless it was, and whoever gives it was not asked for it last */
  cameUnasked(id: MessageId, from: PeerId): Instant | undefined {
    const missing = this.#missing.get(id)
    if (missing === undefined) return undefined
    const { announcers, asked, since } = missing
    const lastAsked = asked === 0 ? undefined : announcers[(asked - 1) % announcers.length]?.peer
    return lastAsked === from ? undefined : since
  }

  /** Whether it was asked for after that time. */
  wasAskedAfter(id: MessageId, time: Instant): boolean {
    return (this.#missing.get(id)?.askedAt ?? Number.NEGATIVE_INFINITY) > time
  }

  /** Whom to ask now; each announcer in turn. @returns undefined when it was asked for `limit` times */
  nextToAsk(id: MessageId, limit: number, now: Instant): PeerId | undefined {
    const missing = this.#missing.get(id)
    if (missing === undefined || missing.asked >= limit) return undefined
    missing.askedAt = now
    return missing.announcers[missing.asked++ % missing.announcers.length]?.peer
  }

  /** What else that peer has announced and was not asked for after that time. It counts as asked for now. */
  *askAlso(peer: PeerId, time: Instant, now: Instant): Iterable<MessageId> {
    for (const [id, missing] of this.#missing) {
      if (missing.askedAt > time || !missing.announcers.some((announcer) => announcer.peer === peer)) continue
      missing.asked++
      missing.askedAt = now
      yield id
    }
  }

  /** It is a neighbour no longer, or has begun a new life: what it announced is not asked of it. */
  forget(peer: PeerId): void {
    for (const [id, { announcers }] of this.#missing) {
      const index = announcers.findIndex((announcer) => announcer.peer === peer)
      if (index < 0) continue
      if (announcers.length === 1) this.remove(id)
      else announcers.splice(index, 1)
    }
  }

  /** It has come, or is given up. @returns who announced it */
  remove(id: MessageId): readonly Announcer[] {
    const missing = this.#missing.get(id)
    if (missing === undefined) return []
    const { announcers, causer } = missing
    this.#missing.delete(id)
    const caused = (this.#caused.get(causer) ?? 1) - 1
    if (caused === 0) this.#caused.delete(causer)
    else this.#caused.set(causer, caused)
    return announcers
  }
}

/**
 * Deviation: the paper asks whoever announced first. Announcements are gathered here, so that says little; the one of the
 * fewest hops gives the shortest branch.
 */
function insert(announcers: Announcer[], announcer: Announcer): void {
  const index = announcers.findIndex(({ round }) => round > announcer.round)
  announcers.splice(index < 0 ? announcers.length : index, 0, announcer)
}
