import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { gossipsub, StrictSign, type GossipSub, type GossipsubOpts, type Message } from '@libp2p/gossipsub'
import type { TopicScoreParams } from '@libp2p/gossipsub/score'
import type { Libp2pComponents } from '../../node/libp2p/index.ts'
import type { ResolvedGossipsubOptions } from './options.ts'

/** What libp2p's router has in public beyond the interface it declares, as far as it is used here. */
export interface Router extends GossipSub {
  start(): Promise<void>
  stop(): Promise<void>
  /** By topic. */
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>
  readonly streamsOutbound: ReadonlyMap<string, unknown>
  /** Announcements that go to each peer with what is next sent to it, at the next heartbeat at the latest. */
  readonly gossip: Map<string, { readonly topicID: string; readonly messageIDs: Uint8Array[] }[]>
  readonly opts: { readonly scoreParams: { readonly topics: Record<string, TopicScoreParams> } }
}

/** What is asked and told while a message goes through the router. */
export interface Passage {
  /** @throws when it is of a topic that nobody here listens to */
  inbound(topic: string): void
  /** A message has got its id: one that has come, maybe not for the first time, or one that is about to be published. */
  named(message: Message, id: Uint8Array): void
}

/**
 * Only a wrong signature counts against a peer (P4 of the specification, squared: ten of them silence it); the others
 * reward and punish by rates of delivery that depend on how much is published.
 */
export const topicScore: TopicScoreParams = Object.freeze({
  topicWeight: 1,
  timeInMeshWeight: 0,
  timeInMeshQuantum: 1,
  timeInMeshCap: 1,
  firstMessageDeliveriesWeight: 0,
  firstMessageDeliveriesDecay: 0.5,
  firstMessageDeliveriesCap: 1,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.5,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 1000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.5,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
})

/** Streams of one protocol that one connection may have open. An honest peer has one, and for a moment two. */
const streamLimit = 4
/** libp2p charges this for a topic, besides its length. */
const topicOverheadBytes = 1024
const scoreKeptFor = 600_000

export function createRouter(
  components: Libp2pComponents,
  options: ResolvedGossipsubOptions,
  passage: Passage,
  topicLimitBytes: number,
): Router {
  const settings: Partial<GossipsubOpts> = {
    globalSignaturePolicy: StrictSign,
    emitSelf: false,
    fallbackToFloodsub: false,
    doPX: false,
    allowPublishToZeroTopicPeers: true,
    ...meshSettings(options),
    ...limitSettings(options, topicLimitBytes),
    // Many peers behind one router, or on one host, are what a local network is, and no attack.
    scoreParams: { IPColocationFactorWeight: 0, retainScore: scoreKeptFor },
    // Peers are found by the host: whom another peer recommends is not dialled.
    scoreThresholds: { acceptPXThreshold: Number.MAX_SAFE_INTEGER },
    dataTransform: {
      inboundTransform: (topic, data) => {
        passage.inbound(topic)
        return data
      },
      outboundTransform: (_topic, data) => data,
    },
    msgIdFn: (message) => {
      const id = messageId(message)
      passage.named(message, id)
      return id
    },
  }
  return gossipsub(settings)(components) as Router
}

function meshSettings(options: ResolvedGossipsubOptions): Partial<GossipsubOpts> {
  const { meshSize, meshLeast } = options
  return {
    D: meshSize,
    Dlo: meshLeast,
    Dhi: options.meshMost,
    Dlazy: options.lazySize,
    // The specification wants D_out below D_lo and at most half of D.
    Dout: Math.min(2, meshLeast - 1, Math.floor(meshSize / 2)),
    Dscore: Math.min(4, meshSize),
    floodPublish: options.floodPublish,
    heartbeatInterval: options.heartbeatInterval,
    mcacheLength: options.keptHeartbeats,
    mcacheGossip: options.announcedHeartbeats,
    seenTTL: options.seenFor,
  }
}

function limitSettings(options: ResolvedGossipsubOptions, topicLimitBytes: number): Partial<GossipsubOpts> {
  return {
    maxInboundStreams: streamLimit,
    maxOutboundStreams: streamLimit,
    maxInboundDataLength: options.frameLimitBytes,
    maxOutboundBufferSize: options.outboundLimitBytes,
    maxTopicBytesPerPeer: options.topicLimit * (topicOverheadBytes + topicLimitBytes),
    decodeRpcLimits: {
      maxSubscriptions: options.topicLimit,
      maxMessages: options.idLimit,
      maxIhaveMessageIDs: options.idLimit,
      maxIwantMessageIDs: options.idLimit,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: options.idLimit,
      maxPeerInfos: 16,
    },
  }
}

/** As libp2p's own: the publisher's key and its sequence number. Peers whose ids differ cannot ask each other. */
export function messageId(message: Message): Uint8Array {
  if (message.type !== 'signed') throw new Error('Unsigned messages are refused before they have an id')
  const key = publicKeyToProtobuf(message.from.publicKey ?? message.key)
  const id = new Uint8Array(key.length + 8)
  id.set(key)
  new DataView(id.buffer).setBigUint64(key.length, message.sequenceNumber)
  return id
}
