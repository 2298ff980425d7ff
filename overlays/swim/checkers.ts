import type { Instant, Member, PeerId } from '../../node/protocol/index.ts'

/** One member's view of the group, as a checker sees it. */
export interface MembershipView {
  readonly self: PeerId
  members(): readonly Member[]
}

/**
 * Only the accused may raise its own incarnation (SWIM §4.2): nobody knows one that its owner never had. For the
 * simulator, between events, where no peer lies.
 */
export class IncarnationChecker {
  readonly name: string = 'only its owner raises an incarnation'
  /** After every event: a peer may raise its incarnation, tell it, and crash, all within moments. */
  readonly interval: number = 0
  readonly #views: () => Iterable<MembershipView>
  /** The highest that each peer has had, in any of its sessions. */
  readonly #highest = new Map<PeerId, number>()

  /** @param views of all peers that run at the moment */
  constructor(views: () => Iterable<MembershipView>) {
    this.#views = views
  }

  check(_now: Instant): string | undefined {
    const views = Array.from(this.#views(), (view) => ({ self: view.self, members: view.members() }))
    for (const { self, members } of views) {
      const own = members.find(({ peer }) => peer === self)?.incarnation ?? 0
      this.#highest.set(self, Math.max(own, this.#highest.get(self) ?? 0))
    }
    for (const { self, members } of views) {
      for (const { peer, incarnation } of members) {
        const highest = this.#highest.get(peer)
        if (highest === undefined || incarnation <= highest) continue
        return `${self} knows ${peer} at incarnation ${incarnation}, which never had more than ${highest}`
      }
    }
    return undefined
  }
}
