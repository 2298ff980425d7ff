import type { Libp2pHost } from '../../node/libp2p/index.ts'
import { gossip, swim, type DefaultOverlays } from '../../node/peer/index.ts'
import type { Overlay } from '../../node/protocol/index.ts'
import { chord, type Chord } from '../../overlays/chord/index.ts'
import type { Kademlia } from '../../overlays/kademlia/index.ts'
import type { StructuredOverlay } from './settings.ts'

/** SWIM and gossip always; of those that keep records under keys, the ones that are wanted. */
export interface CommandLineOverlays extends DefaultOverlays {
  readonly chord: Overlay<Chord | undefined, Libp2pHost>
  readonly kademlia: Overlay<Kademlia | undefined, Libp2pHost>
}

const absent: Overlay<undefined, Libp2pHost> = { attach: () => undefined }

export async function commandLineOverlays(wanted: readonly StructuredOverlay[]): Promise<CommandLineOverlays> {
  return {
    members: swim(),
    broadcast: gossip(),
    chord: wanted.includes('chord') ? chord() : absent,
    kademlia: wanted.includes('kademlia') ? await importKademlia() : absent,
  }
}

/** kad-dht takes longer to load than all the rest of a peer that does not run it. */
async function importKademlia(): Promise<CommandLineOverlays['kademlia']> {
  const { kademlia } = await import('../../overlays/kademlia/index.ts')
  return kademlia()
}
