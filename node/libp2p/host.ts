import type { Libp2p } from '@libp2p/interface'
import type { AddressBook, Host, PeerId, ProtocolName, Random, SubscribeOptions } from '../protocol/index.ts'
import type { AuthorKey } from './author-key.ts'
import type { HostCounters, HostEvent } from './events.ts'
import type { HostLimits } from './limits.ts'
import type { NetworkSecret } from './network.ts'
import { LiveHost } from './live-host.ts'
import type { ServiceDefinition } from './mounted-service.ts'
import { nodeSubstrate } from './substrate.ts'

/** Where the entries of one durable protocol are kept. */
export interface EntryStorage<Entry> {
  /** What an earlier run wrote, in order. Read once, when the protocol is run. */
  entries(): Iterable<Entry>
  /**
   * Resolves when all of them would survive a crash. Never called again before that; what is written meanwhile comes
   * with the next call. When it rejects, the protocol is stopped.
   */
  append(entries: readonly Entry[]): Promise<void>
  /** One part of what was written, in order, for a protocol whose entries have parts. When it rejects, the protocol is stopped. */
  load?(part: string): Promise<readonly Entry[]>
}

/** A libp2p node as a host of protocols. */
export interface Libp2pHost extends Host {
  readonly addresses: AddressBook
  readonly network: NetworkSecret
  /** Signs what a mounted service has to have signed, which is no core and has no environment to ask. */
  readonly author: AuthorKey | undefined
  /** A snapshot, counted since the host was created. */
  readonly counters: HostCounters
  /** Peers that speak the protocol and have a channel now. */
  connections(protocol: ProtocolName): readonly PeerId[]
  /** Tells where a durable protocol keeps its entries. To be called before it is run; left out, they end with the host. */
  keep<Entry>(protocol: ProtocolName, storage: EntryStorage<Entry>): void
  /**
   * Makes a service of libp2p a part of this host: it starts and stops with it, and meets only peers that have proven
   * the host's network, unless it is open to anyone. To be called before the start.
   *
   * @throws Error when the libp2p node does not give its components away
   */
  mount<Service extends object>(definition: ServiceDefinition<Service>): Service
  subscribe(listener: (event: HostEvent) => void, options?: SubscribeOptions): void
  /** Starts the cores in the order they were run, and opens channels to the peers that are connected. Once only. */
  start(): Promise<void>
  /**
   * Stops the cores, lets the others read what they said last (services and channels have a second each for it, which a peer
   * that hangs takes up), and closes all channels. No timer, listener or handle is left. The libp2p node itself goes on; a host cannot be started again.
   */
  stop(): Promise<void>
}

export interface HostOptions {
  /** Its streams `/peerloom/…` belong to the host from now on; all else stays as it is. */
  readonly node: Libp2p
  readonly network: NetworkSecret
  /** Signs what protocols ask to be signed. Left out, a protocol that signs is a mistake of the program. */
  readonly author?: AuthorKey
  /** @default seeded from the system's entropy */
  readonly random?: Random
  readonly limits?: Partial<HostLimits>
  /** Told of every `failed` event. @default where nobody subscribed either, the error is thrown for the process to see */
  readonly onFatal?: (error: Error) => void
}

export function createHost({ node, ...options }: HostOptions): Libp2pHost {
  return new LiveHost(nodeSubstrate(node), options)
}
