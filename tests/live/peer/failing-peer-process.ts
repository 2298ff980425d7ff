// Tries to start a peer on an address that is taken. Ends by itself, with 0, when that fails as it should.
import { createPeer } from '../../../node/peer/index.ts'

await createPeer({ listen: [process.argv[2] as string], mdns: false }).then(
  () => process.exit(1),
  () => {},
)
