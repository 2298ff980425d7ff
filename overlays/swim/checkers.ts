import type { Instant, Member, PeerId } from '../../node/protocol/index.ts'
import { swimName } from './definition.ts'
import type { SwimEvent } from './events.ts'
import { isGone } from './members.ts'

/** One member's view of the group, as a checker sees it. */
export interface MembershipView {
  readonly self: PeerId
  members(): readonly Member[]
}

/** Records that are looked at in one check, or all of one view if it has more. */
const fewRecords = 256

/**
 * Only the accused may raise its own incarnation (SWIM §4.2): nobody knows one that its owner never had. For the
 * simulator, where no peer lies.
 *
 * It hears what members say of each other, and from time to time looks at one whole view after the other, since not
 * every change of a belief is an event.
 */
export class IncarnationChecker {
  readonly name: string = 'only its owner raises an incarnation'
  readonly #views: () => Iterable<MembershipView>
  /** The highest that each peer has had, in any of its sessions; not of those never looked at. */
  readonly #highest = new Map<PeerId, number>()
  #next = 0

  /** @param views of all peers that run at the moment */
  constructor(views: () => Iterable<MembershipView>) {
    this.#views = views
  }

  heard(peer: PeerId, protocol: string, event: unknown): string | undefined {
    if (protocol !== swimName) return undefined
    const heard = event as SwimEvent
    if (heard.type === 'refuted' || heard.type === 'raised') this.#had(peer, heard.incarnation)
    if (!('peer' in heard) || !('incarnation' in heard) || heard.incarnation === 0) return undefined
    if (!this.#highest.has(heard.peer)) this.#lookFor(heard.peer)
    return this.#finding(peer, heard.peer, heard.incarnation)
  }

  check(_now: Instant): string | undefined {
    const views = [...this.#views()]
    const looked: { readonly self: PeerId; readonly members: readonly Member[] }[] = []
    for (let records = 0; records < fewRecords && looked.length < views.length; this.#next++) {
      const view = views[this.#next % views.length] as MembershipView
      const members = view.members()
      this.#had(view.self, ownIncarnation(view.self, members))
      looked.push({ self: view.self, members })
      records += members.length
    }
    for (const { self, members } of looked) {
      for (const { peer, incarnation } of members) {
        const finding = this.#finding(self, peer, incarnation)
        if (finding !== undefined) return finding
      }
    }
    return undefined
  }

  #had(peer: PeerId, incarnation: number): void {
    this.#highest.set(peer, Math.max(incarnation, this.#highest.get(peer) ?? 0))
  }

  #lookFor(peer: PeerId): void {
    for (const view of this.#views()) {
      if (view.self === peer) this.#had(peer, ownIncarnation(peer, view.members()))
    }
  }

  #finding(self: PeerId, peer: PeerId, incarnation: number): string | undefined {
    const highest = this.#highest.get(peer)
    if (highest === undefined || incarnation <= highest) return undefined
    return `${self} knows ${peer} at incarnation ${incarnation}, which never had more than ${highest}`
  }
}

function ownIncarnation(self: PeerId, members: readonly Member[]): number {
  return members.find(({ peer }) => peer === self)?.incarnation ?? 0
}

/**
 * Nobody is alive and failed at one incarnation: a member that has held another for failed (or left) at an incarnation
 * never again holds it for alive or suspected at that incarnation or a lower one, unless it forgot it or began anew
 * meanwhile. As this is so at every member, any two that have heard the same believe the same, and who was declared
 * failed is only back by its own word (SWIM §4.2).
 */
export class ResurrectionChecker {
  readonly name: string = 'nobody is alive and failed at one incarnation'
  /** Incarnations at which others are gone, by the member that believes so. */
  readonly #gone = new Map<PeerId, Map<PeerId, number>>()

  heard(peer: PeerId, protocol: string, event: unknown): string | undefined {
    if (protocol !== swimName) return undefined
    const heard = event as SwimEvent
    if (heard.type === 'started') {
      this.#gone.delete(peer)
      return undefined
    }
    if (!('peer' in heard) || !('incarnation' in heard) || heard.type === 'updated') return undefined
    if (heard.type === 'forgotten') {
      this.#gone.get(peer)?.delete(heard.peer)
      return undefined
    }
    const state = heard.type === 'joined' ? 'alive' : heard.type
    if (isGone(state)) return this.#goes(peer, heard.peer, heard.incarnation)
    const goneAt = this.#gone.get(peer)?.get(heard.peer) ?? -1
    if (heard.incarnation > goneAt) return undefined
    return `${peer} holds ${heard.peer} for ${state} at incarnation ${heard.incarnation}, after it was gone at ${goneAt}`
  }

  #goes(self: PeerId, peer: PeerId, incarnation: number): undefined {
    const gone = this.#gone.get(self) ?? new Map<PeerId, number>()
    this.#gone.set(self, gone.set(peer, Math.max(incarnation, gone.get(peer) ?? 0)))
  }
}
