import { createPeer, type Document, type Peer } from 'peerloom'
import { documentName, mapName, type Library } from '../library.ts'

/** Ours, through the package's own entry point, as it is built: `npm run build` first. */
export function peerloom(durable: boolean): Library {
  return {
    async write(directory) {
      const { peer, document } = await open(durable ? directory : undefined, [])
      const operations = document.map(mapName)
      return {
        address: peer.addresses[0] ?? '',
        joined: () => peer.ready({ replicas: 1 }),
        put(operation) {
          operations.set(String(operation), operation)
          return undefined
        },
      }
    },
    async replicate(directory, address, seen) {
      const { peer, document } = await open(durable ? directory : undefined, [address])
      document.subscribe((event) => {
        if (event.type !== 'changed') return
        for (const delta of event.deltas) {
          if (delta.type === 'map') for (const key of delta.keys.keys()) seen(Number(key))
        }
      })
      await peer.ready({ replicas: 1 })
    },
  }
}

/** Everything as it is by default, but for this machine alone: other peers on it are not to be met. */
async function open(
  directory: string | undefined,
  join: readonly string[],
): Promise<{ readonly peer: Peer<{}>; readonly document: Document }> {
  const peer = await createPeer({
    network: `replication-bench-${process.ppid}`,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    mdns: false,
    join,
    ...(directory === undefined ? {} : { directory }),
  })
  return { peer, document: await peer.documents.open(documentName) }
}
