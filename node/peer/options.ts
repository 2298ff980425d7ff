import type { NetworkOptions } from '../libp2p/index.ts'
import { gossip, type Gossip } from '../../overlays/gossip/index.ts'
import { swim, type Swim } from '../../overlays/swim/index.ts'
import type { Libp2pHost } from '../libp2p/index.ts'
import type { Overlay } from '../protocol/index.ts'
import type { DocumentSettings, OverlaySet } from './peer.ts'

/** What `createPeer` takes on every platform. */
export interface SharedPeerOptions<Set extends OverlaySet> {
  /**
   * Peers of other networks never mix with this one. A name alone can be guessed; with a key (32 bytes), nobody
   * without it is heard. @default 'peerloom'
   */
  readonly network?: string | NetworkOptions
  /**
   * Multiaddrs of peers to dial at the start and to keep a connection to, however long they are away; with or without
   * a PeerId. @default none
   */
  readonly join?: readonly string[]
  /**
   * By the names under which they are found in `peer.overlays`. Documents use those that offer the roles `membership`
   * and `broadcast`. @default { members: swim(), broadcast: gossip() }
   */
  readonly overlays?: Set
  readonly documents?: DocumentSettings
}

/** The overlays of a peer whose user named none. */
export interface DefaultOverlays extends OverlaySet {
  readonly members: Overlay<Swim, Libp2pHost>
  readonly broadcast: Overlay<Gossip, Libp2pHost>
}

/** The network of peers whose user named none. */
export const defaultNetwork = 'peerloom'

export function defaultOverlays(): DefaultOverlays {
  return { members: swim(), broadcast: gossip() }
}
