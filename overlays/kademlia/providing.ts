import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { fromString } from 'uint8arrays'
import type { Key, PeerId, Provider } from '../../node/protocol/index.ts'
import type { KadNode } from './kad-node.ts'

/** Of multiformats: a hash by SHA-256, of plain bytes. */
const [sha256Code, rawCode] = [0x12, 0x55]
/** Addresses of one provider that are told. */
const addressLimit = 32

interface ProvidingPorts {
  readonly node: KadNode
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

  async providers(key: Key, signal: AbortSignal): Promise<readonly Provider[]> {
    const found = new Map<PeerId, Provider>()
    for await (const event of this.#ports.node.findProviders(contentId(key), { signal })) {
      if (event.name === 'QUERY_ERROR' && !signal.aborted) this.#ports.silent(event.from)
      if (event.name !== 'PROVIDER') continue
      for (const { id, multiaddrs } of event.providers) {
        const peer = id.toString() as PeerId
        const addresses = multiaddrs.slice(0, addressLimit).map(String)
        if (!found.has(peer)) found.set(peer, { peer, addresses })
      }
    }
    signal.throwIfAborted()
    return [...found.values()]
  }
}

/** A key is a SHA-256 already: stock peers find providers of the bytes that it is the hash of. */
function contentId(key: Key): CID {
  return CID.createV1(rawCode, create(sha256Code, fromString(key, 'base16')))
}
