import { bootstrap } from '@libp2p/bootstrap'
import { type Identify, identify, type IdentifyPush, identifyPush } from '@libp2p/identify'
import { KEEP_ALIVE, type Libp2p, type PrivateKey, type ServiceMap } from '@libp2p/interface'
import { type Ping, ping } from '@libp2p/ping'
import { createLibp2p, type Libp2pOptions, type ServiceFactoryMap } from 'libp2p'
import { nearestFirst } from './address-sorter.ts'
import { muxer } from './muxer.ts'
import type { NetworkSecret } from './network.ts'
import { noise } from './noise.ts'

const tenYears = 10 * 365 * 86_400_000

/** What every node of ours offers to libp2p peers of any kind. */
export interface NodeServices extends ServiceMap {
  readonly identify: Identify
  readonly identifyPush: IdentifyPush
  readonly ping: Ping
}

export interface NodeOptions<Services extends ServiceMap = ServiceMap> {
  readonly network: NetworkSecret
  /** @default a fresh Ed25519 key */
  readonly privateKey?: PrivateKey
  /** Addresses of peers to be dialled at the start, each with `/p2p/…`; their connections are kept alive. */
  readonly bootstrap?: readonly string[]
  /** Peers beyond it are disconnected, those without streams first. @default 500 in Node, 100 in browsers */
  readonly maxConnections?: number
  /** Further services: overlays, kad-dht. */
  readonly services?: ServiceFactoryMap<Services>
  /** Keeps addresses of peers over a restart. @default in memory */
  readonly datastore?: NonNullable<Libp2pOptions['datastore']>
  readonly metrics?: NonNullable<Libp2pOptions['metrics']>
  readonly logger?: NonNullable<Libp2pOptions['logger']>
  /** @default true */
  readonly start?: boolean
}

export type PlatformOptions = Pick<
  Libp2pOptions,
  'addresses' | 'transports' | 'peerDiscovery' | 'connectionGater' | 'connectionManager'
>

/** What is the same on every platform: Noise, Yamux, identify, ping, and limits fit for a local network. */
export function assemble<Services extends ServiceMap>(
  options: NodeOptions<Services>,
  platform: PlatformOptions,
): Promise<Libp2p<Services & NodeServices>> {
  const { privateKey, datastore, metrics, logger, services, start } = options
  const all = {
    identify: identify(),
    identifyPush: identifyPush(),
    ping: ping(),
    ...services,
  } as unknown as ServiceFactoryMap<Services & NodeServices>
  return createLibp2p<Services & NodeServices>({
    ...platform,
    peerDiscovery: [...(platform.peerDiscovery ?? []), ...known(options.bootstrap ?? [])],
    connectionManager: {
      // Peers behind one router, and several on one host, come from one address, and all at once after a power cut.
      inboundConnectionThreshold: 200,
      maxIncomingPendingConnections: 200,
      maxParallelDials: 50,
      addressDialTimeout: 3_000,
      addressSorter: nearestFirst,
      ...platform.connectionManager,
    },
    // It pings every 10 s and aborts what does not answer, which is for the membership overlay to decide.
    connectionMonitor: { enabled: false },
    connectionEncrypters: [noise()],
    streamMuxers: [muxer()],
    services: all,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(datastore === undefined ? {} : { datastore }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(logger === undefined ? {} : { logger }),
    ...(start === undefined ? {} : { start }),
  })
}

function known(list: readonly string[]): ReturnType<typeof bootstrap>[] {
  if (list.length === 0) return []
  return [
    bootstrap({
      list: [...list],
      timeout: 0,
      tagName: `${KEEP_ALIVE}-bootstrap`,
      // libp2p's documents say Infinity, its peer store refuses what is no integer.
      tagTTL: tenYears,
    }),
  ]
}
