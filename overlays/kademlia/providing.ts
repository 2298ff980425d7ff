import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { fromString } from 'uint8arrays'
import type { Key, PeerId, Provider } from '../../node/protocol/index.ts'
import type { KadNode } from './kad-node.ts'
import type { QueryContext } from './search.ts'

/** Of multiformats: a hash by SHA-256, of plain bytes. */
const [sha256Code, rawCode] = [0x12, 0x55]
/** Addresses of one provider that are told. */
const addressLimit = 32

interface ProvidingPorts {
  readonly node: KadNode
  /** Most providers that one replica is heard of. */
  readonly providersOfKeyLimit: number
  /** @returns undefined for a peer that libp2p has forgotten */
  addressesOf(peer: Libp2pPeerId): Promise<readonly Multiaddr[] | undefined>
  failed(error: unknown): void
  silent(peer: Libp2pPeerId): void
}

/** Who has what a key stands for: provider records of kad-dht, which it announces anew by itself. */
export class Providing {
  readonly #ports: ProvidingPorts

  constructor(ports: ProvidingPorts) {
    this.#ports = ports
  }

  async provide(key: Key, signal: AbortSignal): Promise<void> {
    for await (const event of this.#ports.node.provide(contentId(key), { signal })) {
      if (event.name === 'QUERY_ERROR' && !signal.aborted) this.#ports.silent(event.from)
    }
    signal.throwIfAborted()
  }

  withdraw(key: Key): void {
    this.#ports.node.cancelReprovide(contentId(key)).catch((error: unknown) => this.#ports.failed(error))
  }

  /**
   * Every replica is heard, whatever one of them tells: kad-dht's own search ends with k providers, be they invented.
   *
   * @returns first those that most replicas name
   */
  async providers(key: Key, signal: AbortSignal): Promise<readonly Provider[]> {
    const found = new Map<PeerId, Named>()
    const { node, providersOfKeyLimit } = this.#ports
    for (const peer of await node.providers.getProviders(contentId(key), { signal })) {
      const multiaddrs = await this.#ports.addressesOf(peer)
      if (multiaddrs !== undefined) note(found, peer, multiaddrs)
    }
    const message = { type: 'GET_PROVIDERS', key: contentId(key).multihash.bytes } as const
    const ask = ({ peer, ...options }: QueryContext): AsyncIterable<QueryEvent> =>
      node.network.sendRequest(peer.id, message, options)
    for await (const event of node.queryManager.run(message.key, ask, { signal })) {
      if (event.name === 'QUERY_ERROR' && !signal.aborted) this.#ports.silent(event.from)
      if (event.name !== 'PEER_RESPONSE') continue
      const named = new Map(event.providers.slice(0, providersOfKeyLimit).map((peer) => [peer.id.toString(), peer]))
      for (const { id, multiaddrs } of named.values()) note(found, id, multiaddrs)
    }
    signal.throwIfAborted()
    return [...found.values()].toSorted((left, right) => right.count - left.count).map(({ provider }) => provider)
  }
}

interface Named {
  readonly provider: Provider
  count: number
}

function note(found: Map<PeerId, Named>, id: Libp2pPeerId, multiaddrs: readonly Multiaddr[]): void {
  const peer = id.toString() as PeerId
  const provider = { peer, addresses: multiaddrs.slice(0, addressLimit).map(String) }
  const named = found.get(peer) ?? { provider, count: 0 }
  named.count++
  found.set(peer, named)
}

/** A key is a SHA-256 already: stock peers find providers of the bytes that it is the hash of. */
function contentId(key: Key): CID {
  return CID.createV1(rawCode, create(sha256Code, fromString(key, 'base16')))
}
