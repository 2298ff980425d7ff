import { documentName, type Library } from '../library.ts'

interface Database {
  readonly address: string
  readonly events: {
    on(event: 'join', listener: () => void): void
    on(event: 'update', listener: (entry: { readonly payload: { readonly key: string } }) => void): void
  }
  put(document: { readonly _id: string; readonly text: string }): Promise<unknown>
}

interface Libp2p {
  dial(address: unknown): Promise<unknown>
  getMultiaddrs(): readonly unknown[]
}

interface OrbitDb {
  open(address: string, options?: { readonly Database: unknown }): Promise<Database>
}

type Service = (options?: object) => unknown

interface Modules {
  readonly createLibp2p: (options: object) => Promise<Libp2p>
  readonly createHelia: (options: object) => Promise<unknown>
  readonly createOrbitDB: (options: object) => Promise<OrbitDb>
  readonly Documents: (options: { readonly indexBy: string }) => unknown
  readonly multiaddr: (address: string) => unknown
  readonly tcp: Service
  readonly noise: Service
  readonly yamux: Service
  readonly identify: Service
  readonly gossipsub: Service
  readonly bitswap: Service
}

/** OrbitDB on Helia and libp2p, with versions that work together. A database of documents, its directory on disk. */
export async function orbitdb(): Promise<Library> {
  const modules = await importAll()
  return {
    async write(directory) {
      const { libp2p, orbit } = await start(modules, 'writer', directory)
      const database = await orbit.open(documentName, { Database: modules.Documents({ indexBy: '_id' }) })
      const joined = new Promise<void>((resolve) => database.events.on('join', resolve))
      return {
        address: `${String(libp2p.getMultiaddrs()[0])} ${database.address}`,
        joined: () => joined,
        async put(operation) {
          await database.put({ _id: String(operation), text: `note ${operation}` })
        },
      }
    },
    async replicate(directory, address, seen) {
      const [peer = '', name = ''] = address.split(' ')
      const { libp2p, orbit } = await start(modules, 'replica', directory)
      await libp2p.dial(modules.multiaddr(peer))
      const database = await orbit.open(name)
      database.events.on('update', ({ payload }) => seen(Number(payload.key)))
    },
  }
}

async function start(
  modules: Modules,
  id: string,
  directory: string,
): Promise<{ readonly libp2p: Libp2p; readonly orbit: OrbitDb }> {
  const libp2p = await modules.createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [modules.tcp()],
    connectionEncrypters: [modules.noise()],
    streamMuxers: [modules.yamux()],
    services: { identify: modules.identify(), pubsub: modules.gossipsub({ allowPublishToZeroTopicPeers: true }) },
  })
  const ipfs = await modules.createHelia({ libp2p, routers: [], blockBrokers: [modules.bitswap()] })
  return { libp2p, orbit: await modules.createOrbitDB({ ipfs, id, directory }) }
}

async function importAll(): Promise<Modules> {
  const names = [
    'libp2p',
    'helia',
    '@orbitdb/core',
    '@multiformats/multiaddr',
    '@libp2p/tcp',
    '@chainsafe/libp2p-noise',
    '@chainsafe/libp2p-yamux',
    '@libp2p/identify',
    '@libp2p/gossipsub',
    '@helia/block-brokers',
  ]
  return Object.assign({}, ...(await Promise.all(names.map(importPeer)))) as Modules
}

/** From this folder's own packages, whose types are not there before they are installed. */
async function importPeer(name: string): Promise<Partial<Modules>> {
  return (await import(name)) as Partial<Modules>
}
