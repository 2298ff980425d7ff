import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { kadDHT, passthroughMapper, Record as Libp2pRecord } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { nearestFirst } from './nearness.ts'
import { seededNode, type Node } from './seeded-node.ts'

/** Peers that do not exist, nearer to the key than most that do: of so many made up the nearest are told of. */
const [inventedCount, toldCount] = [200, 20]

/** A peer, and a message, as kad-dht's handlers have them. */
interface NamedPeer {
  readonly id: Uint8Array
  readonly multiaddrs: readonly Uint8Array[]
}

interface Message {
  readonly type: string
  readonly key?: Uint8Array
  readonly record?: Uint8Array
  readonly closer: readonly NamedPeer[]
  readonly providers: readonly NamedPeer[]
}

/** Of kad-dht's class, beyond its interface. */
interface HostileDht {
  readonly rpc: { readonly handlers: Record<string, Handler> }
  onPeerConnect: () => Promise<void>
}

interface Handler {
  handle(from: unknown, message: Message): Promise<Message | undefined>
}

/**
 * Many identities of one stranger. They take part as anybody does, and lie whatever they are asked: nearer than anybody are
 * other Sybils, and peers that do not exist, at an address where a connection is taken and nothing ever said. What they are
 * given to keep they acknowledge; half of them tell of nothing then, half of the oldest that they were given, or of what is
 * not valid. All tell of providers that are none.
 */
export class Sybils {
  readonly #random: Random
  readonly #nodes: Node[] = []
  readonly #pit: Server
  readonly #caught = new Set<Socket>()

  constructor(seed: string) {
    this.#random = createRandom(seed)
    this.#pit = createServer((socket) => {
      this.#caught.add(socket)
      socket.on('error', () => {})
    })
  }

  get nodes(): readonly Node[] {
    return this.#nodes
  }

  async start(): Promise<void> {
    await once(this.#pit.listen(0, '127.0.0.1'), 'listening')
  }

  /** One more of them, which makes itself known to the victims. */
  async join(victims: readonly Node[]): Promise<void> {
    const number = this.#nodes.length
    const dht = kadDHT({ protocol: '/peerloom/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper })
    const node = await seededNode(`sybil ${number}`, dht)
    const kept = number % 2 === 0 ? new Map<string, Uint8Array>() : undefined
    const hostile = node.services.dht as unknown as HostileDht
    // They look for nobody, least of all for peers that they have invented themselves.
    hostile.onPeerConnect = () => Promise.resolve()
    for (const handler of Object.values(hostile.rpc.handlers)) {
      handler.handle = (_from, message) => Promise.resolve(this.#lie(message, kept))
    }
    this.#nodes.push(node)
    await Promise.all(victims.map((victim) => node.dial(victim.getMultiaddrs())))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(async (node) => node.stop()))
    for (const socket of this.#caught) socket.destroy()
    this.#pit.close()
  }

  #lie(message: Message, kept: Map<string, Uint8Array> | undefined): Message | undefined {
    const { type, key = new Uint8Array(), record } = message
    const name = Buffer.from(key).toString('hex')
    switch (type) {
      case 'PUT_VALUE':
        if (record !== undefined && kept?.has(name) === false) kept.set(name, record.slice())
        return message
      case 'FIND_NODE':
        return { type, key, closer: this.#falsePeers(key), providers: [] }
      case 'GET_VALUE': {
        const told = kept === undefined ? {} : { record: kept.get(name) ?? forged(key) }
        return { type, key, ...told, closer: this.#falsePeers(key), providers: [] }
      }
      case 'GET_PROVIDERS':
        return { type, key, closer: this.#falsePeers(key), providers: this.#falsePeers(key) }
      default:
        return undefined
    }
  }

  #falsePeers(key: Uint8Array): NamedPeer[] {
    const { port } = this.#pit.address() as AddressInfo
    const multiaddrs = [multiaddr(`/ip4/127.0.0.1/tcp/${port}`).bytes]
    const invented = Array.from({ length: inventedCount }, () => ({ id: this.#inventedId(), multiaddrs }))
    const others = this.#nodes.map((node) => ({
      id: node.peerId.toMultihash().bytes,
      multiaddrs: node.getMultiaddrs().map((address) => address.decapsulate('/p2p').bytes),
    }))
    return [...nearestFirst(key, invented, ({ id }) => id).slice(0, toldCount), ...others]
  }

  /** A multihash by SHA-256, as of a public key that nobody has. */
  #inventedId(): Uint8Array {
    return Uint8Array.from([0x12, 32, ...Array.from({ length: 32 }, () => integer(this.#random, 256))])
  }
}

function forged(key: Uint8Array): Uint8Array {
  return new Libp2pRecord(key, Uint8Array.of(1, 0, 1, 7), new Date()).serialize()
}
