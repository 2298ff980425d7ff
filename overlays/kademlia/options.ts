import type { Duration } from '../../node/protocol/index.ts'
import { namespaceName, type Namespace } from './namespaces.ts'

/** How a peer takes part in Kademlia. Names in brackets are those of the paper, or of Dynamo. */
export interface KademliaOptions {
  /**
   * `network`: only with peers that have proven the network of the host and run `kademlia()` open to the network as well.
   * `anyone`: with whoever speaks the protocol and is connected, stock libp2p nodes above all, whatever the network or its
   * key. All peers of a network should choose the same: the two do not meet.
   *
   * @default 'network'
   */
  readonly openTo?: 'network' | 'anyone'
  /** Name of the protocol; stock peers take part that were given the same. @default '/peerloom/kad/1.0.0' */
  readonly protocol?: string
  /** Replicas of a record, and most peers of a bucket (k). Must be the same everywhere. @default 20 */
  readonly bucketSize?: number
  /** Peers that a lookup asks at once, along as many disjoint paths (α). More are quicker where some are silent. @default 3 */
  readonly parallelism?: number
  /** Values after which a `get` waits for `stragglers` only; fewer are enough where there are fewer replicas (R). @default 2 */
  readonly readQuorum?: number
  /** Replicas that must have taken a record before `put` has succeeded; fewer where there are fewer (W). @default 2 */
  readonly writeQuorum?: number
  /** How long the other replicas are waited for once there is a quorum. Longer reads and writes more of them, and waits for
   *  who is silent. @default 500 */
  readonly stragglers?: Duration
  /** When a request is given up. @default 30000 */
  readonly requestTimeout?: Duration
  /** Requests of this peer under way at once. Each has a stream to many peers, who take at most 32 of a stock peer at once.
   *  @default 8 */
  readonly parallelRequests?: number
  /** Most requests that wait for their turn. @default 1024 */
  readonly pendingLimit?: number
  /** How often the routing table is mended, and looked for records that are to be put again. @default 5000 */
  readonly upkeepInterval?: Duration
  /** How long nobody puts a record that is held here before this peer does (§2.5). At least `upkeepInterval`. @default 3600000 */
  readonly republishInterval?: Duration
  /** How long others remember a provider. It tells them anew after half of it. @default 172800000 */
  readonly providerLifetime?: Duration
  /** Most records held. Beyond, the one that is farthest from this peer makes room: one of its own, for its own alone and
   *  when there are no others. Those it no longer puts again, and are left to their replicas. @default 4096 */
  readonly recordLimit?: number
  /** Most bytes of records held, as `recordLimit`. At least 2 MiB. @default 67108864 */
  readonly heldLimitBytes?: number
  /** Most providers remembered, of all keys. @default 16384 */
  readonly providerLimit?: number
  /** Most providers of one key. @default 128 */
  readonly providersOfKeyLimit?: number
  /** Most keys of one provider. @default 1024 */
  readonly keysOfProviderLimit?: number
  /** How values are checked and chosen that are neither of Peerloom nor public keys, by the first part of their key: stock
   *  peers of such a network have the same. @default none */
  readonly namespaces?: Readonly<Record<string, Namespace>>
}

export type ResolvedKademliaOptions = Required<KademliaOptions>

const defaults: ResolvedKademliaOptions = Object.freeze({
  openTo: 'network',
  protocol: '/peerloom/kad/1.0.0',
  bucketSize: 20,
  parallelism: 3,
  readQuorum: 2,
  writeQuorum: 2,
  stragglers: 500,
  requestTimeout: 30_000,
  parallelRequests: 8,
  pendingLimit: 1024,
  upkeepInterval: 5000,
  republishInterval: 3_600_000,
  providerLifetime: 172_800_000,
  recordLimit: 4096,
  heldLimitBytes: 67_108_864,
  providerLimit: 16_384,
  providersOfKeyLimit: 128,
  keysOfProviderLimit: 1024,
  namespaces: Object.freeze({}),
})

/** As long as timers can be. */
const durationLimit = 2 ** 31 - 1

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveKademliaOptions(options: KademliaOptions = {}): ResolvedKademliaOptions {
  const resolved: ResolvedKademliaOptions = { ...defaults, ...options }
  const { openTo, protocol, namespaces, ...numbers } = resolved
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 1 || value > durationLimit) {
      refuse(name, value, `an integer from 1 to ${durationLimit}`)
    }
  }
  if (!['network', 'anyone'].includes(openTo)) refuse('openTo', openTo, 'network or anyone')
  if (!/^(\/[^/]+)+$/.test(protocol)) refuse('protocol', protocol, 'a name like /peerloom/kad/1.0.0')
  for (const name of Object.keys(namespaces)) {
    if (['', 'pk', namespaceName].includes(name) || name.includes('/')) {
      refuse('namespaces', name, `a name without a slash, other than pk and ${namespaceName}`)
    }
  }
  checkRelations(resolved)
  return Object.freeze(resolved)
}

function checkRelations(resolved: ResolvedKademliaOptions): void {
  const { bucketSize, readQuorum, writeQuorum, upkeepInterval, republishInterval, heldLimitBytes } = resolved
  if (readQuorum > bucketSize) refuse('readQuorum', readQuorum, `at most bucketSize = ${bucketSize}`)
  if (writeQuorum > bucketSize) refuse('writeQuorum', writeQuorum, `at most bucketSize = ${bucketSize}`)
  if (republishInterval < upkeepInterval) {
    refuse('republishInterval', republishInterval, `at least upkeepInterval = ${upkeepInterval}`)
  }
  if (heldLimitBytes < 2 ** 21) refuse('heldLimitBytes', heldLimitBytes, 'at least 2097152, for the largest record')
}

function refuse(name: string, value: unknown, wish: string): never {
  throw new RangeError(`Cannot use ${name} = ${String(value)} for kademlia: it must be ${wish}`)
}
