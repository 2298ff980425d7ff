import type { DocumentId, Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { ReplicatorRejection } from './events.ts'
import { refusals, type Refusal } from './messages.ts'

/** A peer hears at most so often that changes of a document are not taken. */
const pause: Duration = 1000

/** Peers and documents for which it is remembered. */
const rememberedLimit = 1000

/** Whether the reason is one that the other should know: it can do something about it, or its user can. */
export function isRefusal(reason: ReplicatorRejection): reason is Refusal {
  return (refusals as readonly string[]).includes(reason)
}

/** When others were last told that something of theirs is not taken. */
export class Refusals {
  readonly #told = new Map<string, Instant>()

  /** @returns whether it is time; it then counts as told */
  isDue(peer: PeerId, document: DocumentId, now: Instant): boolean {
    const key = `${peer} ${document}`
    const last = this.#told.get(key)
    if (last !== undefined && now - last < pause) return false
    if (this.#told.size >= rememberedLimit) this.#told.clear()
    this.#told.set(key, now)
    return true
  }
}
