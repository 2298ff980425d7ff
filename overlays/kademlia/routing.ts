import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { LookupFailedError } from '../../node/protocol/index.ts'
import type { Key, LookupTrace, PeerId } from '../../node/protocol/index.ts'
import { commonPrefixLength, compareDistance, kadIdOf, kadIdOfPeer, type KadId } from './distance.ts'
import type { KadNode } from './kad-node.ts'
import { LookupRecord } from './lookup-record.ts'
import { valueKey } from './record-value.ts'

/** A k-bucket of the routing table (§2.2). */
export interface Bucket {
  /** Leading bits that the ids of its peers have in common with that of this peer. */
  readonly prefixLength: number
  /** The nearest to this peer first. */
  readonly peers: readonly PeerId[]
}

export interface RoutingPorts {
  readonly self: Libp2pPeerId
  readonly node: KadNode
  /** A peer did not answer. */
  silent(peer: Libp2pPeerId): void
}

/** The role `Router`: who is near to what. */
export class Routing {
  readonly #ports: RoutingPorts
  readonly #self: KadId

  constructor(ports: RoutingPorts) {
    this.#ports = ports
    this.#self = kadIdOfPeer(ports.self)
  }

  /** A node lookup (§2.3), for the place where the records of a key stand. @throws LookupFailedError when nobody answers */
  async trace(key: Key, signal: AbortSignal): Promise<LookupTrace> {
    const { node, self } = this.#ports
    const target = kadIdOf(valueKey(key))
    const record = new LookupRecord(key, node.routingTable.closestPeers(target))
    const found: Libp2pPeerId[] = []
    for await (const event of node.getClosestPeers(valueKey(key), { signal })) {
      record.add(event)
      if (event.name === 'FINAL_PEER') found.push(event.peer.id)
      if (event.name === 'QUERY_ERROR' && !signal.aborted) this.#ports.silent(event.from)
    }
    signal.throwIfAborted()
    if (found.length === 0 && record.isSilent) throw new LookupFailedError(key, 0, 'nobody who is known answers')
    const peers = withSelf(found, self, target).slice(0, node.k)
    return record.finish(
      peers.map((peer) => peer.toString() as PeerId),
      self.toString() as PeerId,
    )
  }

  neighbours(count: number): readonly PeerId[] {
    return this.#byDistance()
      .slice(0, Math.max(0, count))
      .map(({ peer }) => peer)
  }

  /** Those with peers, the farthest first. */
  buckets(): readonly Bucket[] {
    const byLength = new Map<number, PeerId[]>()
    for (const { peer, kadId } of this.#byDistance()) {
      const length = commonPrefixLength(this.#self, kadId)
      byLength.set(length, [...(byLength.get(length) ?? []), peer])
    }
    return [...byLength]
      .map(([prefixLength, peers]) => ({ prefixLength, peers }))
      .sort((left, right) => left.prefixLength - right.prefixLength)
  }

  #byDistance(): { readonly peer: PeerId; readonly kadId: KadId }[] {
    return Array.from(this.#ports.node.routingTable.kb.toIterable(), ({ peerId, kadId }) => ({
      peer: peerId.toString() as PeerId,
      kadId,
    })).sort((left, right) => compareDistance(this.#self, left.kadId, right.kadId))
  }
}

/** kad-dht never finds the peer that asks; it is as near as it is. */
export function withSelf(others: readonly Libp2pPeerId[], self: Libp2pPeerId, target: KadId): Libp2pPeerId[] {
  return [...others.filter((peer) => !peer.equals(self)), self].sort((left, right) =>
    compareDistance(target, kadIdOfPeer(left), kadIdOfPeer(right)),
  )
}
