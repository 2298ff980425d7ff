import type { PeerId } from '../../../node/protocol/index.ts'
import { kademlia, type Kademlia, type KademliaOptions } from '../../../overlays/kademlia/index.ts'
import type { ContractPeer } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the default, so that a network has settled sooner. */
const options: KademliaOptions = {
  upkeepInterval: 50,
  republishInterval: 1000,
  providerLifetime: 4800,
  stragglers: 200,
}

/**
 * A network in which peers have become contacts before a case goes on. A peer without contacts is a network of its own: what
 * it puts it alone has, and how long it stays so is a matter of how busy the machine is.
 */
export class FormedNetwork extends LiveNetwork<Kademlia> {
  readonly #present = new Map<PeerId, Kademlia>()

  constructor() {
    super(() => kademlia(options))
  }

  override async add(): Promise<ContractPeer<Kademlia>> {
    const peer = await super.add()
    this.#present.set(peer.id, peer.api)
    await this.until(() => this.#isFormed(), 'all to be contacts of each other')
    return peer
  }

  override crash(peer: ContractPeer<Kademlia>): Promise<void> {
    this.#present.delete(peer.id)
    return super.crash(peer)
  }

  override stop(peer: ContractPeer<Kademlia>): Promise<void> {
    this.#present.delete(peer.id)
    return super.stop(peer)
  }

  #isFormed(): boolean {
    const ids = [...this.#present.keys()]
    return [...this.#present].every(([self, api]) => {
      const known = new Set(api.neighbours(ids.length + 20))
      return ids.every((id) => id === self || known.has(id))
    })
  }
}
