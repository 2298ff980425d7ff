import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { equals, toString } from 'uint8arrays'
import type { Duration } from '../../node/protocol/index.ts'
import type { Acquaintances } from './acquaintances.ts'
import type { MutableCounters } from './counters.ts'
import { compareDistance, kadIdOfPeer, type KadId } from './distance.ts'
import type { HeldRecord, HeldRecords } from './held-records.ts'
import { handRecord, valueOf, type Answer, type KadNode } from './kad-node.ts'
import type { Namespaces } from './namespaces.ts'

/** Records that are given at one time, each to k peers. */
const recordsAtOnce = 8
/** How often what others put here meanwhile is given as well, so that there is an end however much they put. */
const roundLimit = 8
/** How long a peer may take to be gone that does not answer any more, in milliseconds; a host that is busy sees it late. */
const closingPatience = 3000
/** Between two requests to such a peer, in milliseconds. */
const pauses = { first: 10, longest: 250 }

export interface HandOverPorts {
  readonly self: Libp2pPeerId
  readonly node: KadNode
  readonly held: HeldRecords
  readonly namespaces: Namespaces
  readonly acquaintances: Acquaintances
  readonly counters: MutableCounters
  /** A peer did not answer. */
  silent(peer: Libp2pPeerId): void
}

/** Who was asked to take one record, and whether it has. Who is gone is not among them. */
type Heirs = Map<string, boolean>

/**
 * Gives every record that is held here to its replicas without this peer, once. The paper knows no such thing: there, records
 * that are lost wait to be put again, which comes too late when all replicas leave one after another.
 */
export class HandOver {
  readonly #ports: HandOverPorts
  readonly #self: KadId
  readonly #recordTimeout: Duration
  /** By key: what was given, and whether all have it. */
  readonly #given = new Map<string, { readonly value: Uint8Array; readonly isTaken: boolean }>()
  /** Dialled for one record in vain; not for the next. */
  readonly #gone = new Set<string>()
  /** Of those that do not answer: until when they are asked again. */
  readonly #patience = new Map<string, AbortSignal>()

  /** @param recordTimeout how long one record may take */
  constructor(ports: HandOverPorts, recordTimeout: Duration) {
    this.#ports = ports
    this.#self = kadIdOfPeer(ports.self)
    this.#recordTimeout = recordTimeout
  }

  /** @returns whether all replicas have all records; false if there is nobody else */
  async run(signal: AbortSignal): Promise<boolean> {
    const { node, held, acquaintances } = this.#ports
    if ([...held].length === 0) return true
    if (node.routingTable.size === 0 && acquaintances.met.length === 0) return false
    for (let round = 0; round < roundLimit; round++) {
      // Others go on to put records here, those who leave at the same time above all.
      const due = [...this.#ports.held].filter((record) => !this.#isGiven(record))
      if (due.length === 0) return [...this.#given.values()].every(({ isTaken }) => isTaken)
      const waiting = due.values()
      const work = async (): Promise<void> => {
        for (const record of waiting) await this.#give(record, signal)
      }
      await Promise.all(Array.from({ length: recordsAtOnce }, work))
    }
    return false
  }

  #isGiven({ key, value }: HeldRecord): boolean {
    const given = this.#given.get(toString(key, 'base64'))
    return given !== undefined && equals(given.value, value)
  }

  async #give(record: HeldRecord, signal: AbortSignal): Promise<void> {
    const { node } = this.#ports
    signal.throwIfAborted()
    const ending = AbortSignal.any([signal, AbortSignal.timeout(this.#recordTimeout)])
    const heirs: Heirs = new Map()
    const known = node.routingTable.closestPeers(record.kadId, { count: node.k })
    if (this.#areReplicas(known, record)) await this.#offer(record, known, heirs, ending)
    if (heirs.size < node.k) await this.#offer(record, await this.#find(record, ending), heirs, ending)
    signal.throwIfAborted()
    const isTaken = heirs.size > 0 && [...heirs.values()].every(Boolean)
    this.#given.set(toString(record.key, 'base64'), { value: record.value, isTaken })
  }

  /** Of what is near this peer its routing table knows who else is; of what is not, this peer is no replica itself. */
  #areReplicas(known: readonly Libp2pPeerId[], { kadId }: HeldRecord): boolean {
    const farthest = known[this.#ports.node.k - 1]
    return farthest !== undefined && compareDistance(kadId, this.#self, kadIdOfPeer(farthest)) < 0
  }

  /** Whoever is known, connected or found by a lookup; the nearest first. */
  async #find({ key, kadId }: HeldRecord, signal: AbortSignal): Promise<Libp2pPeerId[]> {
    const { node, acquaintances } = this.#ports
    const { routingTable } = node
    const found = [...routingTable.closestPeers(kadId, { count: routingTable.size }), ...acquaintances.met]
    try {
      for await (const event of node.getClosestPeers(key, { signal })) {
        if (event.name === 'FINAL_PEER') found.push(event.peer.id)
        if (event.name === 'QUERY_ERROR' && !signal.aborted) this.#ports.silent(event.from)
      }
    } catch (error) {
      // A lookup without an end in time costs one record.
      if (!signal.aborted) throw error
    }
    const distinct = new Map(found.map((peer) => [peer.toString(), { peer, place: kadIdOfPeer(peer) }]))
    return [...distinct.values()]
      .sort((left, right) => compareDistance(kadId, left.place, right.place))
      .map(({ peer }) => peer)
  }

  /** To one after another until k are asked that are there. */
  async #offer(record: HeldRecord, peers: readonly Libp2pPeerId[], heirs: Heirs, signal: AbortSignal): Promise<void> {
    const { k } = this.#ports.node
    const left = peers.filter((peer) => !heirs.has(peer.toString()) && !this.#gone.has(peer.toString()))
    while (heirs.size < k && left.length > 0) {
      await Promise.all(left.splice(0, k - heirs.size).map((peer) => this.#offerTo(peer, record, heirs, signal)))
    }
  }

  async #offerTo(peer: Libp2pPeerId, record: HeldRecord, heirs: Heirs, signal: AbortSignal): Promise<void> {
    const { acquaintances, counters } = this.#ports
    const isTaken = (await this.#answer(peer, record, signal)) === 'taken'
    if (isTaken) counters.handedOver++
    if (isTaken || signal.aborted) heirs.set(peer.toString(), isTaken)
    else if (acquaintances.isThere(peer)) heirs.set(peer.toString(), await this.#hasBetter(peer, record, signal))
    else {
      this.#gone.add(peer.toString())
      this.#ports.silent(peer)
    }
  }

  /**
   * A request on a connection that is about to end fails as well: the next has the peer dialled. Between the two libp2p
   * calls a connection open over which nothing goes any more, and a peer that stops takes no requests before it hangs up.
   */
  async #answer(peer: Libp2pPeerId, record: HeldRecord, signal: AbortSignal): Promise<Answer> {
    const { node, acquaintances } = this.#ports
    let wasThere = acquaintances.isThere(peer)
    let answer = await handRecord(node, peer, record, signal)
    // Requests that are under way when a peer hangs up are reset as well.
    if (answer === 'refused') answer = await handRecord(node, peer, record, signal)
    for (let pause = pauses.first; answer === 'silent' && wasThere; pause *= 2) {
      const patient = AbortSignal.any([signal, this.#patienceWith(peer)])
      if (patient.aborted) break
      await new Promise((resolve) => void setTimeout(resolve, Math.min(pause, pauses.longest)))
      wasThere = acquaintances.isThere(peer)
      answer = await handRecord(node, peer, record, patient)
    }
    if (answer !== 'silent') this.#patience.delete(peer.toString())
    return answer
  }

  /** A part of the time for one record, and once for all records that the peer does not answer. */
  #patienceWith(peer: Libp2pPeerId): AbortSignal {
    const duration = Math.min(closingPatience, Math.ceil(this.#recordTimeout / 3))
    const patience = this.#patience.get(peer.toString()) ?? AbortSignal.timeout(duration)
    this.#patience.set(peer.toString(), patience)
    return patience
  }

  /** Who refuses a record may hold one that replaces it. */
  async #hasBetter(peer: Libp2pPeerId, { key, value }: HeldRecord, signal: AbortSignal): Promise<boolean> {
    const { node, namespaces } = this.#ports
    const theirs = await valueOf(node, peer, key, signal)
    return theirs !== undefined && (await namespaces.isBetter(key, theirs, value))
  }
}
