import type { PeerId as Libp2pPeerId, PeerInfo } from '@libp2p/interface'
import type { DisjointPath, QueryEvent } from '@libp2p/kad-dht'
import type { Duration } from '../../node/protocol/index.ts'
import type { Acquaintances } from './acquaintances.ts'
import { kadIdOf, type KadId } from './distance.ts'
import { Frontier, type Candidate } from './frontier.ts'
import type { KadNode } from './kad-node.ts'
import type { Standing } from './standing.ts'

/** How kad-dht asks one peer. */
export interface QueryContext {
  readonly key: Uint8Array
  readonly peer: PeerInfo
  readonly peerKadId: KadId
  readonly path: DisjointPath
  readonly numPaths: number
  readonly signal: AbortSignal
}

export type QueryFunction = (context: QueryContext) => AsyncIterable<QueryEvent>

export interface SearchPorts {
  readonly self: Libp2pPeerId
  readonly acquaintances: Acquaintances
  readonly words: Standing
  readonly voices: Standing
  readonly size: number
  readonly parallelism: number
  /** How long strangers are waited for beside enough others. */
  readonly stragglers: Duration
  /** The end of this peer. */
  readonly ending: AbortSignal
  now(): Duration
}

/** How long strangers are waited for, since the last answer, where fewer than k have answered or who told of them is trusted. */
const strangerPatience: Duration = 3000
/** How long a stranger may take to be dialled and to answer, whether the search has ended or not. */
const strangerTimeout: Duration = 5000

/** How long a search may take that nobody else ends, one of kad-dht's own upkeep. */
const searchTimeout: Duration = 30_000

/** Has a node of kad-dht search as we do, whatever it searches for, and take nobody in on a stranger's word. */
export function searchInstead(node: KadNode, ports: SearchPorts): void {
  const connected = node.onPeerConnect.bind(node)
  // Of peers that are connected kad-dht also knows the protocols. Others it has been told of, by whomever.
  node.onPeerConnect = async (peer) => {
    if (peer.protocols !== undefined) await connected(peer)
  }
  node.queryManager.run = (key, ask, { signal = AbortSignal.timeout(searchTimeout) } = {}) =>
    new Search(node, ports, key, ask, signal).events()
}

/** One search for a key, in the place of kad-dht's own. Whoever ends the iteration ends what is under way. */
class Search {
  readonly #ports: SearchPorts
  readonly #table: KadNode['routingTable']
  readonly #key: Uint8Array
  readonly #ask: QueryFunction
  readonly #frontier: Frontier
  readonly #ending = new AbortController()
  readonly #signal: AbortSignal
  readonly #events: QueryEvent[] = []
  #heardAt: Duration
  /** Something has happened that is not dealt with yet. */
  #hasChanged = false
  #wake = (): void => {}

  constructor({ routingTable }: KadNode, ports: SearchPorts, key: Uint8Array, ask: QueryFunction, signal: AbortSignal) {
    const { acquaintances } = ports
    const target = kadIdOf(key)
    const hasMet = (peer: Libp2pPeerId): boolean => acquaintances.hasMet(peer)
    this.#ports = ports
    this.#table = routingTable
    this.#key = key
    this.#ask = ask
    const known = routingTable.closestPeers(target, { count: ports.size })
    this.#frontier = new Frontier({ ...ports, target, hasMet }, known)
    this.#signal = AbortSignal.any([signal, ports.ending, this.#ending.signal])
    this.#heardAt = ports.now()
  }

  async *events(): AsyncGenerator<QueryEvent> {
    const woken = (): void => this.#tell()
    this.#signal.addEventListener('abort', woken)
    try {
      for (;;) {
        this.#signal.throwIfAborted()
        this.#hasChanged = false
        for (const candidate of this.#frontier.next()) void this.#askOne(candidate)
        yield* this.#events.splice(0)
        if (this.#hasChanged) continue
        if (this.#frontier.isIdle || this.#patience <= 0) return
        await this.#change()
      }
    } finally {
      this.#signal.removeEventListener('abort', woken)
      this.#ending.abort()
    }
  }

  /** How long it is worth to wait for whoever is under way. */
  get #patience(): Duration {
    const { size, stragglers } = this.#ports
    if (!this.#frontier.isSure) return Infinity
    const isWorthIt = this.#frontier.answers < size || this.#frontier.hasTrusted
    const patience = isWorthIt ? Math.max(stragglers, strangerPatience) : stragglers
    return this.#heardAt + patience - this.#ports.now()
  }

  async #change(): Promise<void> {
    const patience = this.#patience
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (patience !== Infinity) timer = setTimeout(resolve, Math.max(1, patience))
    })
    clearTimeout(timer)
  }

  /** Never throws. Strangers are heard to the end, so that whoever invents them has not only cost time, but is known for it. */
  async #askOne(candidate: Candidate): Promise<void> {
    const { peer, kadId, informant } = candidate
    const { acquaintances, parallelism, ending } = this.#ports
    if (informant !== undefined) acquaintances.learn(peer.id, peer.multiaddrs)
    const signal =
      informant === undefined ? this.#signal : AbortSignal.any([ending, AbortSignal.timeout(strangerTimeout)])
    const path = { index: candidate.path, queued: 0, running: 0, total: 0 }
    const context = { key: this.#key, peer, peerKadId: kadId, path, numPaths: parallelism, signal }
    let lied = false
    try {
      for await (const event of this.#ask(context)) {
        if (event.name === 'PEER_RESPONSE') this.#answered(candidate, event.closer)
        // kad-dht's word for a value that is not valid.
        if (event.name === 'QUERY_ERROR') lied ||= event.error.name === 'QueryError'
        this.#events.push(event)
        this.#tell()
      }
    } catch {
      // Whoever asks tells of what goes wrong by an event; what is left is the end of the search.
    }
    const isCutOff = informant === undefined ? signal.aborted : ending.aborted
    if (!isCutOff) this.#frontier.failed(candidate, lied)
    this.#tell()
  }

  #tell(): void {
    this.#hasChanged = true
    this.#wake()
  }

  #answered(candidate: Candidate, closer: readonly PeerInfo[]): void {
    const { words, acquaintances, size } = this.#ports
    this.#heardAt = this.#ports.now()
    this.#frontier.answered(candidate, closer)
    if (candidate.informant !== undefined) this.#table.queueRoutingTableUpdate(candidate.peer.id)
    if (!words.isTrusted(candidate.id)) return
    for (const { id, multiaddrs } of closer.slice(0, size)) {
      if (acquaintances.hasMet(id) || id.equals(this.#ports.self)) continue
      acquaintances.learn(id, multiaddrs)
      this.#table.queueRoutingTableUpdate(id)
    }
  }
}
