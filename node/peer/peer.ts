import type { Ed25519PrivateKey, Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { toString } from 'uint8arrays'
import {
  authorKey,
  createHost,
  type HostCounters,
  type HostEvent,
  type Libp2pHost,
  type NetworkSecret,
  type NodeDatastore,
} from '../libp2p/index.ts'
import {
  Listeners,
  StoreFailedError,
  StoreFullError,
  type Dht,
  type DocumentStore,
  type Duration,
  type Member,
  type Overlay,
  type PeerId,
  type ReplicaLease,
  type SubscribeOptions,
} from '../protocol/index.ts'
import { documents, type Documents, type ReplicatorEvent, type ReplicatorOptions } from '../../crdt/replicator/index.ts'
import { chordDhtName } from '../../overlays/chord/index.ts'
import { openDhtStorage } from './dht-storage.ts'
import { Joiner } from './joiner.ts'
import { PeerDocuments, type WaitOptions } from './peer-documents.ts'
import { openReplicatorStorage, type Damage } from './replicator-storage.ts'
import { Reunion } from './reunion.ts'

/** Overlays by the names under which their user wants to find them. */
export type OverlaySet = Readonly<Record<string, Overlay<unknown, Libp2pHost>>>

/** What attaching each overlay gave. */
export type OverlayApis<Set extends OverlaySet> = {
  readonly [Name in keyof Set]: Set[Name] extends Overlay<infer Api, Libp2pHost> ? Api : never
}

export interface DocumentSettings extends Omit<ReplicatorOptions, 'documentLimit' | 'verifyingLimitBytes'> {
  /** Names of documents to carry even while nobody here has them open; `*` stands for any run of characters. @default none */
  readonly follow?: readonly string[]
}

export interface ReadyOptions extends WaitOptions {
  /** Members that are alive, this peer among them. Needs an overlay with the role `membership`. */
  readonly members?: number
  /** Peers that replicate documents with this one. */
  readonly replicas?: number
}

export type PeerEvent = HostEvent | ReplicatorEvent | { readonly type: 'store-failed'; readonly error: Error }

/** What a peer is made of; `createPeer` of each platform puts it together. */
export interface PeerParts<Set extends OverlaySet> {
  /** Not started yet. */
  readonly node: Libp2p
  readonly network: NetworkSecret
  readonly author: Ed25519PrivateKey
  readonly store: DocumentStore
  /** That of the node. */
  readonly datastore: NodeDatastore
  readonly overlays: Set
  /** Multiaddrs to keep a connection to. */
  readonly join: readonly string[]
  readonly documents: DocumentSettings
}

const documentsProtocol = '/peerloom/documents/1.0.0'

/** What was waited for cannot come any more. */
export class PeerStoppedError extends Error {
  override readonly name: 'PeerStoppedError' = 'PeerStoppedError'

  constructor() {
    super('Cannot wait any longer: the peer has stopped')
  }
}

/** A running peer: one libp2p node, its overlays and its documents. */
export class Peer<Set extends OverlaySet> implements AsyncDisposable {
  readonly id: PeerId
  /** Ed25519 public key of the author, in base64url: the same for all peers of one person's device. */
  readonly author: string
  /** Name of the network. */
  readonly network: string
  readonly overlays: OverlayApis<Set>
  readonly documents: PeerDocuments
  /** Documents that were found damaged in the store so far, and are completed from other peers. */
  readonly damages: readonly Damage[]
  /** The libp2p node underneath. */
  readonly libp2p: Libp2p
  readonly #host: Libp2pHost
  readonly #parts: PeerParts<Set>
  readonly #lease: ReplicaLease
  readonly #documents: Documents
  readonly #listeners = new Listeners<PeerEvent>()
  /** Aborted when documents are neither replicated nor kept any more. */
  readonly #ended = new AbortController()
  readonly #reunion: Reunion
  #joiner: Joiner | undefined
  #stopping: Promise<void> | undefined

  private constructor(parts: PeerParts<Set>, host: Libp2pHost, lease: ReplicaLease, damages: readonly Damage[]) {
    this.libp2p = parts.node
    this.id = host.self
    this.author = toString(parts.author.publicKey.raw, 'base64url')
    this.network = parts.network.name
    this.damages = damages
    this.#parts = parts
    this.#host = host
    this.#lease = lease
    this.#reunion = new Reunion(parts.node)
    this.overlays = attachAll(parts.overlays, host)
    this.#documents = documents({
      ...parts.documents,
      network: parts.network.name,
      author: parts.author.publicKey.raw,
      counter: lease.counter,
      now: () => Date.now(),
    }).attach(host)
    this.documents = new PeerDocuments(this.#documents, this.#ended.signal)
    host.subscribe((event) => {
      if (event.type === 'failed' && event.stopped && event.protocol === documentsProtocol)
        this.#ended.abort(event.error)
      this.#listeners.tell(event)
    })
    host.role('membership')?.subscribe(({ type, peer }) => (type === 'failed' ? this.#hangUp(peer) : undefined))
    parts.store.subscribe(({ error }) => this.#listeners.tell({ type: 'store-failed', error }))
    this.#documents.subscribe((event) => this.#listeners.tell(event))
  }

  /** Puts a peer together and starts it. When it fails, the node is stopped; the store is its opener's to close. */
  static async start<Set extends OverlaySet>(parts: PeerParts<Set>): Promise<Peer<Set>> {
    const { node, network, author, store, datastore } = parts
    datastore.protect(node)
    const { storage, lease, damages } = await openReplicatorStorage(store)
    const host = createHost({ node, network, author: authorKey(author), onFatal: () => {} })
    try {
      host.keep(documentsProtocol, storage)
      host.keep(chordDhtName, await openDhtStorage(store))
      const peer = new Peer(parts, host, lease, damages)
      await host.start()
      await node.start()
      peer.#joiner = new Joiner(node, parts.join)
      void peer.#reunion.begin()
      return peer
    } catch (error) {
      await host.stop()
      await node.stop()
      await datastore.close()
      // Nothing was written under it.
      await lease.release()
      throw error
    }
  }

  /** Multiaddrs at which this peer can be dialled. */
  get addresses(): readonly string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  get counters(): HostCounters {
    return this.#host.counters
  }

  /** Connects to a peer. @throws when the address is none, or nobody answers there */
  async dial(address: string, { signal }: WaitOptions = {}): Promise<PeerId> {
    const connection = await this.libp2p.dial(multiaddr(address), signal === undefined ? {} : { signal })
    return connection.remotePeer.toString() as PeerId
  }

  /** Known members, by the overlay that offers the role; empty without one. */
  members(): readonly Member[] {
    return this.#host.role('membership')?.members() ?? []
  }

  /** Resolves when so many are there; the promise rejects with the reason of the signal. */
  async ready({ members = 0, replicas = 0, signal: wanted }: ReadyOptions = {}): Promise<void> {
    const { signal: ended } = this.#ended
    const signal = wanted === undefined ? ended : AbortSignal.any([wanted, ended])
    const enough = (): boolean =>
      this.members().filter(({ state }) => state === 'alive').length >= members &&
      this.documents.connections().length >= replicas
    const listening = new AbortController()
    try {
      await new Promise<void>((resolve, reject) => {
        const look = (): void => (enough() ? resolve() : undefined)
        const options = { signal: listening.signal }
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true, ...options })
        this.#host.role('membership')?.subscribe(look, options)
        this.subscribe(look, options)
        if (signal.aborted) reject(signal.reason as Error)
        look()
      })
    } finally {
      listening.abort()
    }
  }

  subscribe(listener: (event: PeerEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  /**
   * Gives the records that its hash tables hold for others to those who should hold them without this peer: before a `stop`
   * for good. One that comes back with its directory need not.
   *
   * @returns whether all of them have all; false too when something is held and there is nobody else. True without a hash table
   * @throws LookupFailedError when the peer has stopped; the reason of the signal
   */
  async handOver(options: WaitOptions = {}): Promise<boolean> {
    const tables = Object.values<unknown>(this.overlays).filter(isHashTable)
    const handedOver = await Promise.all(tables.map((table) => table.handOver(options)))
    return handedOver.every(Boolean)
  }

  /** Says good-bye to the others, writes what is pending, closes everything. Calling it again waits for the same. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /**
   * Nobody answers at the other end: libp2p would hold on to the connection, and what is sent would go nowhere, until
   * TCP gives up a quarter of an hour later. A peer that is there after all is dialled anew.
   */
  #hangUp(peer: PeerId): void {
    for (const connection of this.libp2p.getConnections(peerIdFromString(peer))) {
      connection.abort(new Error('Membership says that nobody is there'))
    }
  }

  async #stop(): Promise<void> {
    this.#joiner?.stop()
    this.#reunion.stop()
    try {
      const clean = await this.#settle()
      this.#ended.abort(new PeerStoppedError())
      await this.#host.stop()
      await this.#parts.node.stop()
      // A lease is given back only when nothing of this session can be missing from the store.
      if (clean) await this.#giveBack()
    } finally {
      await this.#parts.datastore.close()
      await this.#parts.store.close()
    }
  }

  /** A store that has failed or is full takes nothing: the counter is lost then, which harms nobody. */
  async #giveBack(): Promise<void> {
    try {
      await this.#lease.release()
    } catch (error) {
      if (!(error instanceof StoreFailedError || error instanceof StoreFullError)) throw error
    }
  }

  /** @returns whether every change made here is durable; changes that cannot be written are not waited for for ever */
  async #settle(limit: Duration = 5000): Promise<boolean> {
    const pending = (): boolean => this.#documents.list().some((document) => document.pending > 0)
    if (!pending()) return true
    if (this.#ended.signal.aborted) return false
    const listening = new AbortController()
    const signal = AbortSignal.any([listening.signal, this.#ended.signal, AbortSignal.timeout(limit)])
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(!pending()), { once: true })
      this.#documents.subscribe(() => (pending() ? undefined : listening.abort()), { signal })
    })
  }
}

function isHashTable(api: unknown): api is Pick<Dht, 'handOver'> {
  return typeof api === 'object' && api !== null && 'handOver' in api
}

function attachAll<Set extends OverlaySet>(overlays: Set, host: Libp2pHost): OverlayApis<Set> {
  const apis = Object.entries(overlays).map(([name, overlay]) => [name, overlay.attach(host)] as const)
  return Object.fromEntries(apis) as OverlayApis<Set>
}
