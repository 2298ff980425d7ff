import type { PeerId } from '../../node/protocol/index.ts'

/** Plain data; each carries what makes it stale: the session ends when the member leaves, the rest by comparison. */
export type SwimTimer =
  | { readonly type: 'period'; readonly session: number }
  | { readonly type: 'gossip'; readonly session: number }
  | { readonly type: 'sync'; readonly session: number }
  | { readonly type: 'join'; readonly session: number; readonly attempt: number }
  | { readonly type: 'probe-timeout'; readonly probe: number }
  | { readonly type: 'suspicion'; readonly peer: PeerId; readonly incarnation: number }
  | { readonly type: 'forget' }
