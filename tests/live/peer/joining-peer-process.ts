// A peer that joins the one at the given address, opens the notes, and stays until it is killed.
import { createPeer, gossip, swim, swimPresets } from '../../../node/peer/index.ts'

const peer = await createPeer({
  network: 'frozen',
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
  join: [process.argv[2] as string],
  overlays: { members: swim(swimPresets.local), broadcast: gossip() },
})
await peer.documents.open('notes')
