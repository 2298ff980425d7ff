import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { Acquaintances } from './acquaintances.ts'
import type { MutableCounters } from './counters.ts'
import { compareDistance, kadIdOfPeer, type KadId } from './distance.ts'
import type { HeldRecord, HeldRecords } from './held-records.ts'
import { handRecord, type KadNode } from './kad-node.ts'
import type { ResolvedKademliaOptions } from './options.ts'

/** Peers of the routing table that are dialled, and peers that are taken into it, at one time of upkeep. */
const peersAtOnce = 8
/** Records that are put again at one time of upkeep. */
const recordsAtOnce = 64
/** Newcomers that wait to be handed records. Beyond, they get them when they are next put. */
const newcomerLimit = 64
const dialPatience = 3000

export interface UpkeepPorts {
  readonly self: Libp2pPeerId
  readonly node: KadNode
  readonly held: HeldRecords
  readonly acquaintances: Acquaintances
  readonly counters: MutableCounters
  now(): number
  failed(error: unknown): void
}

/**
 * What the paper has peers do unasked and kad-dht does not: contacts that are gone leave the routing table (§2.2), who
 * joins looks itself up (§2.3), records are handed to newcomers and put again (§2.5). Tells of each round by an event
 * `kademlia:upkeep`.
 */
export class Upkeep extends EventTarget {
  readonly #ports: UpkeepPorts
  readonly #options: ResolvedKademliaOptions
  readonly #self: KadId
  readonly #newcomers = new Map<string, Libp2pPeerId>()
  readonly #suspects = new Map<string, Libp2pPeerId>()
  readonly #ending = new AbortController()
  #timer: ReturnType<typeof setInterval> | undefined
  #round: Promise<void> | undefined
  #hasChanged = false

  constructor(ports: UpkeepPorts, options: ResolvedKademliaOptions) {
    super()
    this.#ports = ports
    this.#options = options
    this.#self = kadIdOfPeer(ports.self)
  }

  start(): void {
    this.#ports.node.routingTable.addEventListener('peer:add', this.#added)
    this.#timer = setInterval(() => {
      this.#round ??= this.#run().finally(() => (this.#round = undefined))
      this.dispatchEvent(new Event('kademlia:upkeep'))
    }, this.#options.upkeepInterval)
  }

  async stop(): Promise<void> {
    this.#ports.node.routingTable.removeEventListener('peer:add', this.#added)
    clearInterval(this.#timer)
    this.#ending.abort()
    await this.#round
  }

  /** A peer did not answer somebody's request. */
  suspect(peer: Libp2pPeerId): void {
    if (this.#suspects.size < newcomerLimit) this.#suspects.set(peer.toString(), peer)
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending
    const steps = [
      () => this.#evict(signal),
      () => this.#admit(signal),
      () => this.#lookSelfUp(signal),
      () => this.#welcome(signal),
      () => this.#republish(signal),
    ]
    for (const step of steps) {
      try {
        if (!signal.aborted) await step()
      } catch (error) {
        if (!signal.aborted) this.#ports.failed(error)
      }
    }
  }

  /** Of peers that are not connected some are dialled, suspects before others; who cannot be reached is put out. */
  async #evict(signal: AbortSignal): Promise<void> {
    const { node, acquaintances, counters } = this.#ports
    const known = new Map(this.#contacts().map((peer) => [peer.toString(), peer]))
    const suspects = [...this.#suspects.values()].filter((peer) => known.has(peer.toString()))
    this.#suspects.clear()
    const away = [...new Set([...suspects, ...known.values()])].filter((peer) => !acquaintances.hasMet(peer))
    await Promise.all(
      away.slice(0, peersAtOnce).map(async (peer) => {
        try {
          await acquaintances.reach(peer, AbortSignal.any([signal, AbortSignal.timeout(dialPatience)]))
        } catch {
          if (signal.aborted) return
          await node.routingTable.remove(peer)
          counters.evicted++
        }
      }),
    )
  }

  /** kad-dht forgets for good who did not answer its first ping in time, though it is there and connected. */
  async #admit(signal: AbortSignal): Promise<void> {
    const { node, acquaintances } = this.#ports
    const known = new Set(this.#contacts().map(String))
    const unknown = acquaintances.met.filter((peer) => !known.has(peer.toString()))
    await Promise.all(unknown.slice(0, peersAtOnce).map((peer) => node.routingTable.add(peer, { signal })))
  }

  /** Whoever has new contacts may have neighbours that it does not know. */
  async #lookSelfUp(signal: AbortSignal): Promise<void> {
    if (!this.#hasChanged) return
    this.#hasChanged = false
    const { node, self } = this.#ports
    for await (const event of node.getClosestPeers(self.toMultihash().bytes, { signal })) {
      if (event.name === 'QUERY_ERROR' && !signal.aborted) this.suspect(event.from)
    }
  }

  async #welcome(signal: AbortSignal): Promise<void> {
    const { node, held, counters } = this.#ports
    for (const [id, peer] of this.#newcomers) {
      this.#newcomers.delete(id)
      for (const record of held) {
        if (signal.aborted) return
        if (!this.#owes(record, peer)) continue
        if ((await handRecord(node, peer, record, signal)) === 'taken') counters.handedOver++
      }
    }
  }

  /**
   * Whether the newcomer is one of the replicas, and this peer the nearest but one of the others at least. The paper has the
   * nearest alone do it; it may be as new itself.
   */
  #owes({ kadId }: HeldRecord, newcomer: Libp2pPeerId): boolean {
    const { node } = this.#ports
    const nearest = node.routingTable.closestPeers(kadId, { count: node.k })
    if (!nearest.some((peer) => peer.equals(newcomer))) return false
    const nearer = nearest.filter(
      (peer) => !peer.equals(newcomer) && compareDistance(kadId, kadIdOfPeer(peer), this.#self) < 0,
    )
    return nearer.length < 2
  }

  /** Whoever holds a record that nobody has put for long puts it; the others then see that somebody has. */
  async #republish(signal: AbortSignal): Promise<void> {
    const { node, held, counters } = this.#ports
    const before = this.#ports.now() - this.#options.republishInterval
    const due = [...held].filter(({ putAt }) => putAt <= before)
    for (const record of due.slice(0, recordsAtOnce)) {
      if (signal.aborted) return
      // What was put here while others were put again is no longer due.
      if (!held.isCurrent(record)) continue
      const { key, value } = record
      for await (const event of node.put(key, value, { signal })) {
        if (event.name === 'QUERY_ERROR' && !signal.aborted) this.suspect(event.from)
      }
      counters.republished++
    }
  }

  #contacts(): Libp2pPeerId[] {
    return Array.from(this.#ports.node.routingTable.kb.toIterable(), ({ peerId }) => peerId)
  }

  readonly #added = (event: Event): void => {
    const { detail: peer } = event as CustomEvent<Libp2pPeerId>
    this.#hasChanged = true
    if (this.#newcomers.size < newcomerLimit) this.#newcomers.set(peer.toString(), peer)
  }
}
