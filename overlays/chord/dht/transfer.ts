import type { PeerId } from '../../../node/protocol/index.ts'
import type { Arc, Item } from '../../../node/reconciliation/index.ts'
import type { DhtRequests } from './coordinator.ts'
import { dhtMessageLimits } from './messages.ts'
import { itemOf } from './record-item.ts'
import type { Replica } from './replica.ts'
import type { Sessions } from './sessions.ts'

/** Makes this peer and another hold the same of an arc, or as far as one of the two is to get what it lacks. */
export class Transfer {
  readonly #sessions: Sessions
  readonly #requests: DhtRequests
  readonly #replica: Replica

  constructor(sessions: Sessions, requests: DhtRequests, replica: Replica) {
    this.#sessions = sessions
    this.#requests = requests
    this.#replica = replica
  }

  /** @param settle called once, with whether both have all now */
  both(peer: PeerId, arc: Arc, settle: (isWhole: boolean) => void): void {
    this.#sessions.begin(peer, arc, ({ have, need, isWhole }) =>
      this.#push(peer, have, (isPushed) =>
        this.#pull(peer, need, (isPulled) => settle(isWhole && isPushed && isPulled)),
      ),
    )
  }

  /** Only gives. */
  give(peer: PeerId, arc: Arc, settle: (isWhole: boolean) => void): void {
    this.#sessions.begin(peer, arc, ({ have, isWhole }) =>
      this.#push(peer, have, (isPushed) => settle(isWhole && isPushed)),
    )
  }

  /** Only takes. */
  take(peer: PeerId, arc: Arc, settle: (isWhole: boolean) => void): void {
    this.#sessions.begin(peer, arc, ({ need, isWhole }) =>
      this.#pull(peer, need, (isPulled) => settle(isWhole && isPulled)),
    )
  }

  #push(peer: PeerId, items: readonly Item[], settle: (isDone: boolean) => void): void {
    const { leases, upTo } = this.#replica.give(items)
    // What is held no longer need not be given.
    if (leases.length === 0) return settle(true)
    this.#requests.ask(peer, { type: 'store', asOwner: false, isFresh: false, leases }, 1, (reply) => {
      const isTaken =
        reply?.type === 'stored' && reply.outcomes.every((outcome) => outcome === 'kept' || outcome === 'stale')
      if (!isTaken) return settle(false)
      this.#push(peer, items.slice(upTo), settle)
    })
  }

  #pull(peer: PeerId, items: readonly Item[], settle: (isDone: boolean) => void): void {
    if (items.length === 0) return settle(true)
    const asked = items.slice(0, dhtMessageLimits.items)
    this.#requests.ask(peer, { type: 'give', items: asked }, 1, (reply) => {
      if (reply?.type !== 'given') return settle(false)
      if (reply.leases.length === 0) return this.#pull(peer, items.slice(asked.length), settle)
      this.#replica.storeAll(reply.leases, false, (outcomes) => {
        if (outcomes.includes('full')) return settle(false)
        const got = new Set(reply.leases.map(({ record }) => itemOf(record)))
        const last = asked.findLastIndex((item) => got.has(item))
        // A reply that holds nothing of what was asked gets nobody any further.
        this.#pull(peer, items.slice(last < 0 ? asked.length : last + 1), settle)
      })
    })
  }
}
