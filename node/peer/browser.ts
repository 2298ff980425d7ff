import { generateKeyPair } from '@libp2p/crypto/keys'
import { networkSecret, NodeDatastore } from '../libp2p/index.ts'
import { createNode } from '../libp2p/browser.ts'
import type { DocumentStore } from '../protocol/index.ts'
import { openIndexedDbStore } from '../stores/indexeddb/index.ts'
import { memoryStore } from '../stores/memory/index.ts'
import { readAuthorKey } from './identity.ts'
import { defaultNetwork, defaultOverlays, type DefaultOverlays, type SharedPeerOptions } from './options.ts'
import { Peer, type OverlaySet } from './peer.ts'

export * from './exports.ts'

export interface PeerOptions<Set extends OverlaySet = DefaultOverlays> extends SharedPeerOptions<Set> {
  /**
   * Name of the IndexedDB database that keeps the author's key, the documents and the addresses of peers; all tabs of one
   * origin that name it share it. Left out, all is in memory.
   */
  readonly directory?: string
}

/**
 * Starts a peer in a page. It cannot be dialled: `join` names WebSocket addresses of peers to be connected with. Each
 * tab is a peer of its own, with a PeerId of its own; tabs that share a database sign as one author.
 *
 * @throws RangeError for a name or key of a network that is none
 */
export async function createPeer<Set extends OverlaySet = DefaultOverlays>(
  options: PeerOptions<Set> = {},
): Promise<Peer<Set>> {
  const network = networkSecret(options.network ?? defaultNetwork)
  const { directory } = options
  const store = directory === undefined ? memoryStore() : await openIndexedDbStore(directory)
  try {
    const author = await (directory === undefined ? readAuthorKey(store) : alone(directory, store))
    const privateKey = await generateKeyPair('Ed25519')
    const datastore = await NodeDatastore.open(directory === undefined ? undefined : store)
    const node = await createNode({ network, privateKey, datastore, start: false })
    const overlays = options.overlays ?? (defaultOverlays() as OverlaySet as Set)
    return await Peer.start({
      node,
      network,
      author,
      store,
      datastore,
      overlays,
      join: options.join ?? [],
      documents: options.documents ?? {},
    })
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Two tabs that start at once must not make two authors. */
function alone(directory: string, store: DocumentStore): ReturnType<typeof readAuthorKey> {
  return navigator.locks.request(`peerloom/${directory}/identity`, () => readAuthorKey(store))
}
