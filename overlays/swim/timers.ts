import type { Instant, PeerId } from '../../node/protocol/index.ts'

/** Plain data; each carries what makes it stale: the session ends when the member leaves, the rest by comparison. */
export type SwimTimer =
  | { readonly type: 'period'; readonly session: number }
  | { readonly type: 'gossip'; readonly session: number }
  | { readonly type: 'sync'; readonly session: number }
  | { readonly type: 'join'; readonly session: number; readonly attempt: number }
  | { readonly type: 'probe-timeout'; readonly probe: number }
  /** `probe` is the number of the ping that was sent on behalf of somebody. */
  | { readonly type: 'nack'; readonly probe: number }
  /** Stale unless the record of that peer has an alarm for just then. */
  | { readonly type: 'suspicion'; readonly peer: PeerId; readonly due: Instant }
  /** Stale unless withdrawals are held until just then. */
  | { readonly type: 'settle'; readonly due: Instant }
  | { readonly type: 'forget' }
