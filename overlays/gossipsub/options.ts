import type { Duration } from '../../node/protocol/index.ts'

/** How a peer takes part in gossipsub. Names in brackets are those of libp2p's specification. */
export interface GossipsubOptions {
  /**
   * `network`: messages are exchanged only with peers that have proven the network of the host and run `gossipsub()`
   * open to the network as well. `anyone`: with whoever speaks gossipsub and is connected, stock libp2p nodes above all,
   * whatever the network or its key. All peers of a network should choose the same: the two do not meet.
   *
   * @default 'network'
   */
  readonly openTo?: 'network' | 'anyone'
  /** Neighbours of a topic, its mesh (D). More lose fewer messages and cost as many copies of each. @default 6 */
  readonly meshSize?: number
  /** With fewer neighbours more are looked for (D_lo). At most `meshSize`. @default 4 */
  readonly meshLeast?: number
  /** With more neighbours some are given up (D_hi). At least `meshSize`. @default 12 */
  readonly meshMost?: number
  /** Peers outside the mesh that are told of recent messages at each heartbeat (D_lazy). @default 6 */
  readonly lazySize?: number
  /** How often meshes are mended and recent messages announced. Shorter repairs sooner and costs more announcements. At
   *  most 10 s: libp2p keeps scores by the second. @default 1000 */
  readonly heartbeatInterval?: Duration
  /** Heartbeats for which messages are kept for those who ask (mcache_len). @default 5 */
  readonly keptHeartbeats?: number
  /** Heartbeats for which messages are announced (mcache_gossip). Less than `keptHeartbeats`, so that there is time to
   *  ask. @default 3 */
  readonly announcedHeartbeats?: number
  /** How long a message is known again. One that comes back later is told twice. @default 120000 */
  readonly seenFor?: Duration
  /** An own message goes to all connected subscribers at once, not only to the mesh. Sooner everywhere, and harder to
   *  suppress; more bytes for the publisher in large networks. @default true */
  readonly floodPublish?: boolean
  /** Largest message, published or taken. Should be the same everywhere. @default 524288 */
  readonly messageLimitBytes?: number
  /** Largest frame taken from another peer; it may hold several messages. A peer that sends a larger one is left for a while.
   *  At least `messageLimitBytes` + 64 KiB. @default 4194304, what stock peers take */
  readonly frameLimitBytes?: number
  /** Most bytes that wait for a slow peer. Beyond it they are lost, and the stream is opened anew. At least
   *  `frameLimitBytes`. @default 8388608 */
  readonly outboundLimitBytes?: number
  /** Most topics of one other peer; others that it subscribes to are ignored. @default 1024 */
  readonly topicLimit?: number
  /** Most message ids taken in one announcement (IHAVE) or request (IWANT). Stock peers send up to 5000. @default 5000 */
  readonly idLimit?: number
}

export type ResolvedGossipsubOptions = Required<GossipsubOptions>

const defaults: ResolvedGossipsubOptions = Object.freeze({
  openTo: 'network',
  meshSize: 6,
  meshLeast: 4,
  meshMost: 12,
  lazySize: 6,
  heartbeatInterval: 1000,
  keptHeartbeats: 5,
  announcedHeartbeats: 3,
  seenFor: 120_000,
  floodPublish: true,
  messageLimitBytes: 512 * 1024,
  frameLimitBytes: 4 * 1024 * 1024,
  outboundLimitBytes: 8 * 1024 * 1024,
  topicLimit: 1024,
  idLimit: 5000,
})

/** Signature, keys, topic and envelope of a message. */
const envelopeBytes = 65_536

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveGossipsubOptions(options: GossipsubOptions = {}): ResolvedGossipsubOptions {
  const resolved: ResolvedGossipsubOptions = { ...defaults, ...options }
  const { openTo, floodPublish, ...numbers } = resolved
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 1) refuse(name, value, 'an integer of at least 1')
  }
  if (!['network', 'anyone'].includes(openTo)) refuse('openTo', openTo, 'network or anyone')
  if (typeof floodPublish !== 'boolean') refuse('floodPublish', floodPublish, 'true or false')
  checkRelations(resolved)
  return Object.freeze(resolved)
}

function checkRelations(resolved: ResolvedGossipsubOptions): void {
  const { meshSize, meshLeast, meshMost, heartbeatInterval, keptHeartbeats, announcedHeartbeats } = resolved
  const { messageLimitBytes, frameLimitBytes, outboundLimitBytes, seenFor } = resolved
  if (meshLeast > meshSize) refuse('meshLeast', meshLeast, `at most meshSize = ${meshSize}`)
  if (meshMost < meshSize) refuse('meshMost', meshMost, `at least meshSize = ${meshSize}`)
  if (heartbeatInterval > 10_000) refuse('heartbeatInterval', heartbeatInterval, 'at most 10000')
  if (announcedHeartbeats >= keptHeartbeats) {
    refuse('announcedHeartbeats', announcedHeartbeats, `less than keptHeartbeats = ${keptHeartbeats}`)
  }
  if (seenFor < 2 * keptHeartbeats * heartbeatInterval) {
    refuse('seenFor', seenFor, `at least twice as long as messages are kept, ${keptHeartbeats * heartbeatInterval}`)
  }
  if (frameLimitBytes < messageLimitBytes + envelopeBytes) {
    refuse('frameLimitBytes', frameLimitBytes, `at least messageLimitBytes + ${envelopeBytes}`)
  }
  if (outboundLimitBytes < frameLimitBytes) {
    refuse('outboundLimitBytes', outboundLimitBytes, `at least frameLimitBytes = ${frameLimitBytes}`)
  }
}

function refuse(name: string, value: unknown, wish: string): never {
  throw new RangeError(`Cannot use ${name} = ${String(value)} for gossipsub: it must be ${wish}`)
}
