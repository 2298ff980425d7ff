import type { PeerId } from '../../node/protocol/index.ts'
import type { MessageId } from './messages.ts'

export type HyParViewTimer =
  | { readonly type: 'view' }
  | { readonly type: 'shuffle' }
  | { readonly type: 'rewire' }
  /** These were asked to be neighbours; whoever has not answered is taken for gone. */
  | { readonly type: 'promotion'; readonly peers: readonly PeerId[] }

export type PlumtreeTimer =
  | { readonly type: 'announce' }
  | { readonly type: 'confirm' }
  /** The missing-message timer (Plumtree §3.5). */
  | { readonly type: 'graft'; readonly ids: readonly MessageId[] }

export type GossipTimer = HyParViewTimer | PlumtreeTimer | { readonly type: 'order' }
