import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { MemberRecord, MemberTable } from './members.ts'

const nobody: readonly PeerId[] = Object.freeze([])

/**
 * Those that failed so lately that they are still told the news (memberlist: gossip to the dead): one that is back, or
 * was never gone, learns what is thought of it and refutes that.
 */
export class RecentlyFailed {
  readonly #members: MemberTable
  readonly #duration: Duration
  /** Oldest first; some may be back meanwhile. */
  #failed: { readonly peer: PeerId; readonly since: Instant }[] | undefined

  constructor(members: MemberTable, duration: Duration) {
    this.#members = members
    this.#duration = duration
  }

  add({ peer, since }: MemberRecord): void {
    if (this.#duration === 0) return
    // Those who come and go stay in the list for a while.
    if ((this.#failed?.length ?? 0) > 2 * this.#members.goneCount) this.peers(since)
    this.#failed ??= []
    this.#failed.push({ peer, since })
  }

  peers(now: Instant): readonly PeerId[] {
    if (this.#failed === undefined) return nobody
    const failed = this.#failed.filter(({ peer, since }) => {
      const record = now - since < this.#duration ? this.#members.get(peer) : undefined
      return record?.state === 'failed' && record.since === since
    })
    this.#failed = failed.length === 0 ? undefined : failed
    return failed.map(({ peer }) => peer)
  }
}
