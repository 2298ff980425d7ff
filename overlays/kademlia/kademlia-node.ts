import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { createRandom, VersionNames } from '../../node/protocol/index.ts'
import { outlivesProcess, type AuthorKey, type ServicePorts } from '../../node/libp2p/index.ts'
import { Acquaintances } from './acquaintances.ts'
import { createCounters, type MutableCounters } from './counters.ts'
import { kadIdOfPeer } from './distance.ts'
import { HandOver } from './hand-over.ts'
import { HeldProviders } from './held-providers.ts'
import { HeldRecords } from './held-records.ts'
import { holdingsDatastore, providerPrefix } from './holdings.ts'
import { createKadNode, type KadNode } from './kad-node.ts'
import { KeptHoldings } from './kept-holdings.ts'
import { Namespaces } from './namespaces.ts'
import type { ResolvedKademliaOptions } from './options.ts'
import { Providing } from './providing.ts'
import { Records } from './records.ts'
import { Requests } from './requests.ts'
import { Routing } from './routing.ts'
import { searchInstead } from './search.ts'
import { Standing } from './standing.ts'
import { Upkeep } from './upkeep.ts'
import { Values } from './values.ts'

/** libp2p's DHT and all that is put around it, which start and stop together. */
export class KademliaNode {
  readonly counters: MutableCounters = createCounters()
  readonly namespaces: Namespaces
  readonly requests: Requests
  readonly routing: Routing
  readonly values: Values
  readonly records: Records
  readonly providing: Providing
  readonly upkeep: Upkeep
  /** Gives all that is held to those who should hold it without this peer. @returns whether all of them have it */
  readonly handOver: (signal: AbortSignal) => Promise<boolean>
  readonly #components: KadDHTComponents
  readonly #options: ResolvedKademliaOptions
  readonly #acquaintances: Acquaintances
  readonly #words = new Standing(now)
  readonly #voices = new Standing(now)
  readonly #held: HeldRecords
  readonly #providers: HeldProviders
  readonly #kept: KeptHoldings | undefined
  readonly #failed: (error: unknown) => void
  readonly #node: KadNode
  readonly #ending = new AbortController()

  constructor(components: KadDHTComponents, options: ResolvedKademliaOptions, author: AuthorKey, ports: ServicePorts) {
    const { counters } = this
    const { peerId: self } = components
    this.#components = components
    this.#options = options
    this.namespaces = new Namespaces(options.namespaces)
    this.requests = new Requests(options, counters)
    this.#acquaintances = new Acquaintances(components, options.protocol, options.openTo === 'network')
    const kept = outlivesProcess(components.datastore)
      ? new KeptHoldings(components.datastore, options.protocol)
      : undefined
    this.#kept = kept
    this.#failed = (error) => ports.failed(error)
    this.#held = new HeldRecords(options, this.namespaces, counters, kadIdOfPeer(self), now, (name, bytes, isOwn) =>
      kept?.note(name, bytes === undefined ? undefined : keptRecord(bytes, isOwn)),
    )
    this.#providers = new HeldProviders(options, counters, self.toString(), (name, time) => kept?.note(name, time))
    const isKnown = (peer: string): Promise<boolean> => components.peerStore.has(peerIdFromString(peer))
    const datastore = holdingsDatastore(this.#held, this.#providers, kept, isKnown)
    this.#node = createKadNode(this.#acquaintances.seenBy(datastore), options, this.namespaces)
    searchInstead(this.#node, {
      self,
      acquaintances: this.#acquaintances,
      words: this.#words,
      voices: this.#voices,
      size: options.bucketSize,
      parallelism: options.parallelism,
      stragglers: options.stragglers,
      ending: this.#ending.signal,
      now,
    })
    const shared = {
      self,
      node: this.#node,
      held: this.#held,
      namespaces: this.namespaces,
      acquaintances: this.#acquaintances,
      counters,
      ending: this.#ending.signal,
      now,
      silent: (peer: Libp2pPeerId) => this.upkeep.suspect(peer),
      failed: (error: unknown) => ports.failed(error),
    }
    this.routing = new Routing(shared)
    this.values = new Values(shared, options)
    this.records = new Records(this.values, author, new VersionNames(self.toString(), createRandom(lifeName())))
    this.providing = new Providing({
      ...shared,
      providersOfKeyLimit: options.providersOfKeyLimit,
      addressesOf: (peer) => this.#acquaintances.addressesOf(peer),
    })
    this.upkeep = new Upkeep(shared, options)
    this.handOver = (signal) => new HandOver(shared, options.requestTimeout).run(signal)
  }

  async start(): Promise<void> {
    await this.#restore()
    await this.#acquaintances.start()
    await this.#node.start()
    this.upkeep.start()
    this.requests.open()
  }

  async stop(): Promise<void> {
    this.requests.close()
    this.#ending.abort()
    await this.upkeep.stop()
    await this.#node.stop()
    this.#node.routingTableRefresh.refreshTable = () => {}
    // kad-dht itself goes on to answer whoever asks.
    await this.#components.registrar.unhandle(this.#options.protocol)
    this.#acquaintances.stop()
    this.#words.clear()
    this.#voices.clear()
    this.#held.clear()
    this.#providers.clear()
    // What is not kept was acknowledged to nobody.
    await this.#kept?.saved().catch(this.#failed)
  }

  /** What does not read any more others have, or nobody: the peer starts without it. */
  async #restore(): Promise<void> {
    const kept = this.#kept
    if (kept === undefined) return
    try {
      for await (const { name, bytes } of kept) {
        const isThere = name.startsWith(providerPrefix)
          ? this.#providers.restore(name, bytes)
          : this.#held.restore(name, bytes.subarray(1), bytes[0] === ownFlag)
        if (!isThere) kept.note(name, undefined)
      }
    } catch (error) {
      this.#failed(error)
    }
  }
}

/** Says of a record that is kept whether this peer wrote it: one byte before what kad-dht reads. */
const [othersFlag, ownFlag] = [0, 1]

function keptRecord(bytes: Uint8Array, isOwn: boolean): Uint8Array {
  const kept = new Uint8Array(1 + bytes.length)
  kept[0] = isOwn ? ownFlag : othersFlag
  kept.set(bytes, 1)
  return kept
}

function now(): number {
  return performance.now()
}

function lifeName(): string {
  return globalThis.crypto.getRandomValues(new Uint32Array(1)).join()
}
