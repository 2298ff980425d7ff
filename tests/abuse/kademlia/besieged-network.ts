import { setTimeout as shortly } from 'node:timers/promises'
import { kadDHT, passthroughMapper, type KadDHT } from '@libp2p/kad-dht'
import { asService } from '../../../node/libp2p/index.ts'
import { immutableKey, keyOf, ownedKey, type Key } from '../../../node/protocol/index.ts'
import { kademlia, type Kademlia } from '../../../overlays/kademlia/index.ts'
import { bytes, text } from '../../live/kademlia/nodes.ts'
import { nearestFirst } from './nearness.ts'
import { seededNode, type Node } from './seeded-node.ts'
import { Sybils } from './sybils.ts'

/** Few replicas for so few peers: as a network of hundreds has them. */
const bucketSize = 6
/** Every lookup waits so long, in milliseconds, for those that Sybils have invented, until it knows the Sybils. */
const stragglers = 250
/** Lookups under way at once, in all. */
const atOnce = 4

/** Honest peers, all of which know each other, and Sybils that come among them. */
export class BesiegedNetwork {
  readonly honest: Node<Kademlia>[] = []

  readonly #sybils = new Sybils('sybils')

  async start(size: number): Promise<void> {
    await this.#sybils.start()
    for (let number = 0; number < size; number++) {
      const node = await honestNode(`honest ${number}`)
      await Promise.all(this.honest.map((other) => node.dial(other.getMultiaddrs())))
      this.honest.push(node)
    }
    await this.#settled()
  }

  /** Sybils come until they are at least so much of the network. */
  async besiege(share: number): Promise<void> {
    while (this.#sybils.nodes.length < share * this.#everybody.length) await this.#sybils.join(this.honest)
    await this.#settled()
  }

  async stop(): Promise<void> {
    await this.#sybils.stop()
    await Promise.all(this.honest.map(async (node) => node.stop()))
  }

  /** @returns share of lookups that find whoever is honest of the k peers that are nearest to the key, in their order */
  foundPeers(count: number): Promise<number> {
    return this.#share(count, (number) => this.#findsPeers(this.#peer(number), number))
  }

  /** @returns share of values that another honest peer gets, half of them in their second version */
  foundValues(count: number, round: string): Promise<number> {
    return this.#share(count, async (number) => {
      const [writer, reader] = [this.#peer(number), this.#peer(number + 7)]
      const value = bytes(`value ${number} of ${round}`)
      if (number % 2 === 0) {
        await writer.put(immutableKey(value), { kind: 'immutable', value })
        return contains(reader, immutableKey(value), value)
      }
      const name = `${round}/${number}`
      const key = ownedKey(writer.author, name)
      await writer.put(key, { kind: 'owned', name, value: bytes('out of date'), sequence: 1 })
      await writer.put(key, { kind: 'owned', name, value, sequence: 2 })
      return contains(reader, key, value)
    })
  }

  /** @returns share of providers that another honest peer finds */
  foundProviders(count: number, round: string): Promise<number> {
    return this.#share(count, async (number) => {
      const key = keyOf(`content ${number} of ${round}`)
      await this.#peer(number).provide(key)
      const self = this.honest[number % this.honest.length]?.peerId.toString()
      const found = await this.#peer(number + 7).providers(key)
      return found.some(({ peer }) => peer === self)
    })
  }

  /**
   * A stock node, which knows all that ours know and searches as kad-dht does.
   *
   * @returns share of its lookups that have ended after so many milliseconds
   */
  async stockLookups(count: number, patience: number): Promise<number> {
    const dht = kadDHT({ protocol: '/peerloom/kad/1.0.0', kBucketSize: bucketSize, peerInfoMapper: passthroughMapper })
    const node = await seededNode<KadDHT>('stock', dht)
    try {
      await Promise.all(this.#everybody.map((other) => node.dial(other.getMultiaddrs())))
      const { routingTable } = node.services.dht as unknown as { readonly routingTable: { readonly size: number } }
      while (routingTable.size < this.#everybody.length) await shortly(20)
      const signal = AbortSignal.timeout(patience)
      return await shareOf(count, count, async (number) => {
        const events = node.services.dht.getClosestPeers(bytes(`/peerloom/${keyOf(`key ${number}`)}`), { signal })
        for await (const event of events) if (event.name === 'FINAL_PEER') return true
        return false
      })
    } finally {
      await node.stop()
    }
  }

  get #everybody(): readonly Node[] {
    return [...this.honest, ...this.#sybils.nodes]
  }

  #peer(number: number): Kademlia {
    return (this.honest[number % this.honest.length] as Node<Kademlia>).services.dht
  }

  async #findsPeers(peer: Kademlia, number: number): Promise<boolean> {
    const key = keyOf(`key ${number}`)
    const honest = new Set(this.honest.map(({ peerId }) => peerId.toString()))
    const nearest = nearestFirst(bytes(`/peerloom/${key}`), this.#everybody, idOf).slice(0, bucketSize)
    const wanted = nearest.map(({ peerId }) => peerId.toString()).filter((other) => honest.has(other))
    const found = (await peer.lookup(key)).filter((other) => honest.has(other))
    return wanted.length > 0 && wanted.every((other, at) => found[at] === other)
  }

  #share(count: number, isFound: (number: number) => Promise<boolean>): Promise<number> {
    return shareOf(count, atOnce, isFound)
  }

  async #settled(): Promise<void> {
    const all = this.#everybody.map(({ peerId }) => peerId.toString())
    const areKnown = ({ peerId, services }: Node<Kademlia>): boolean => {
      const known = new Set<string>([...services.dht.neighbours(all.length), peerId.toString()])
      return all.every((peer) => known.has(peer))
    }
    for (const peer of this.honest) while (!areKnown(peer)) await shortly(20)
  }
}

function honestNode(name: string): Promise<Node<Kademlia>> {
  return seededNode<Kademlia>(name, asService(kademlia({ openTo: 'anyone', bucketSize, stragglers })))
}

async function shareOf(count: number, most: number, isFound: (number: number) => Promise<boolean>): Promise<number> {
  let [begun, found] = [0, 0]
  const work = async (): Promise<void> => {
    while (begun < count) if (await isFound(begun++).catch(() => false)) found++
  }
  await Promise.all(Array.from({ length: most }, work))
  return found / count
}

async function contains(reader: Kademlia, key: Key, value: Uint8Array): Promise<boolean> {
  const got = await reader.get(key)
  return got.length === 1 && got.every((record) => text(record.value) === text(value))
}

function idOf({ peerId }: Node): Uint8Array {
  return peerId.toMultihash().bytes
}
