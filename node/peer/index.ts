import { networkSecret, NodeDatastore, type NetworkSecret } from '../libp2p/index.ts'
import { createNode } from '../libp2p/node.ts'
import type { DocumentStore } from '../protocol/index.ts'
import { memoryStore } from '../stores/memory/index.ts'
import { openSqliteStore } from '../stores/sqlite/index.ts'
import { readAuthorKey } from './identity.ts'
import { defaultNetwork, defaultOverlays, type DefaultOverlays, type SharedPeerOptions } from './options.ts'
import { Peer, type OverlaySet } from './peer.ts'

export * from './exports.ts'

export interface PeerOptions<Set extends OverlaySet = DefaultOverlays> extends SharedPeerOptions<Set> {
  /**
   * Where identity, documents, records of hash tables and addresses of peers are kept; made when it is not there. Left out,
   * all is in memory.
   */
  readonly directory?: string
  /**
   * Multiaddrs to listen on.
   *
   * @default every interface, TCP and WebSockets, ports of the system's choice
   */
  readonly listen?: readonly string[]
  /** Find peers of the network on the local network, and be found. @default true */
  readonly mdns?: boolean
}

/**
 * Starts a peer: identity, overlays, documents.
 *
 * @throws StoreInUseError when another peer uses the directory
 * @throws RangeError for a name or key of a network that is none
 * @throws Error when an address cannot be listened on: it names the address and the cause
 */
export async function createPeer<Set extends OverlaySet = DefaultOverlays>(
  options: PeerOptions<Set> = {},
): Promise<Peer<Set>> {
  const network = networkSecret(options.network ?? defaultNetwork)
  const store = options.directory === undefined ? memoryStore() : await openSqliteStore(options.directory)
  return assemble(options, network, store).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
}

async function assemble<Set extends OverlaySet>(
  options: PeerOptions<Set>,
  network: NetworkSecret,
  store: DocumentStore,
): Promise<Peer<Set>> {
  const author = await readAuthorKey(store)
  const datastore = await NodeDatastore.open(options.directory === undefined ? undefined : store)
  const node = await createNode({
    network,
    privateKey: author,
    datastore,
    start: false,
    mdns: options.mdns ?? true,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
  })
  const overlays = options.overlays ?? (defaultOverlays() as OverlaySet as Set)
  return Peer.start({
    node,
    network,
    author,
    store,
    datastore,
    overlays,
    join: options.join ?? [],
    documents: options.documents ?? {},
  })
}
