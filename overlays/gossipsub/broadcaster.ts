import {
  TopicValidatorResult,
  type GossipsubMessage,
  type Message,
  type SubscriptionChangeData,
} from '@libp2p/gossipsub'
import type { Libp2pComponents, ServicePorts } from '../../node/libp2p/index.ts'
import {
  InvalidTopicError,
  Listeners,
  MessageTooLargeError,
  type BroadcastMessage,
  type PeerId,
  type SubscribeOptions,
} from '../../node/protocol/index.ts'
import { Latecomers } from './latecomers.ts'
import { LostStreams } from './lost-streams.ts'
import type { ResolvedGossipsubOptions } from './options.ts'
import { createRouter, messageId, topicScore, type Router } from './router.ts'

/** Longest topic in bytes of UTF-8, as in `gossip()`. */
const topicLimitBytes = 256

const textEncoder = new TextEncoder()

export interface GossipsubCounters {
  readonly published: number
  /** Messages of others that were told. */
  readonly heard: number
  /** Own messages that could not go out: before the start, after the end, or for an error told as `failed`. */
  readonly unsent: number
  /** Messages of others larger than `messageLimitBytes`: neither told nor passed on. */
  readonly tooLarge: number
  /** Messages of topics that nobody here listens to: neither kept nor passed on. */
  readonly unwanted: number
}

/** The role `Broadcast` on libp2p's router, with which it starts and stops. */
export class Broadcaster {
  readonly router: Router
  readonly #ports: ServicePorts
  readonly #options: ResolvedGossipsubOptions
  readonly #self: PeerId
  readonly #topics = new Map<string, Listeners<BroadcastMessage>>()
  readonly #latecomers: Latecomers
  readonly #lostStreams: LostStreams
  /** Messages that are being signed, by their bytes. */
  readonly #publishing = new Map<Uint8Array, Promise<void>>()
  readonly #counters = { published: 0, heard: 0, unsent: 0, tooLarge: 0, unwanted: 0 }
  #isRunning = false

  constructor(components: Libp2pComponents, options: ResolvedGossipsubOptions, ports: ServicePorts) {
    this.#ports = ports
    this.#options = options
    this.#self = components.peerId.toString() as PeerId
    const inbound = (topic: string): void => this.#inbound(topic)
    const named = (message: Message, id: Uint8Array): void => {
      if (this.#publishing.has(message.data)) this.#latecomers.kept(message.topic, id)
    }
    this.router = createRouter(components, options, { inbound, named }, topicLimitBytes)
    this.#latecomers = new Latecomers(this.router, options)
    this.#lostStreams = new LostStreams(components, this.router)
  }

  get counters(): GossipsubCounters {
    return { ...this.#counters }
  }

  async start(): Promise<void> {
    this.router.addEventListener('gossipsub:message', this.#arrived)
    this.router.addEventListener('subscription-change', this.#subscribed)
    this.router.addEventListener('gossipsub:heartbeat', this.#heartbeat)
    await this.router.start()
    await this.#lostStreams.start()
    this.#isRunning = true
    for (const topic of this.#topics.keys()) this.#join(topic)
  }

  /** What was published before still goes out. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#publishing.values())
    this.router.removeEventListener('gossipsub:message', this.#arrived)
    this.router.removeEventListener('subscription-change', this.#subscribed)
    this.router.removeEventListener('gossipsub:heartbeat', this.#heartbeat)
    this.#latecomers.clear()
    this.#lostStreams.stop()
    await this.router.stop()
  }

  publish(topic: string, bytes: Uint8Array): void {
    checkTopic(topic)
    const { messageLimitBytes } = this.#options
    if (bytes.length > messageLimitBytes) throw new MessageTooLargeError(bytes.length, messageLimitBytes)
    if (!this.#isRunning) {
      this.#counters.unsent++
      return
    }
    const own = bytes.slice()
    this.#publishing.set(own, this.#publish(topic, own))
  }

  subscribe(topic: string, listener: (message: BroadcastMessage) => void, options: SubscribeOptions = {}): void {
    checkTopic(topic)
    const { signal } = options
    if (signal?.aborted === true) return
    const known = this.#topics.get(topic)
    const listeners = known ?? new Listeners<BroadcastMessage>()
    listeners.subscribe(listener, options)
    if (known === undefined) {
      this.#topics.set(topic, listeners)
      if (this.#isRunning) this.#join(topic)
    }
    const tidy = (): void => {
      if (listeners.size === 0 && this.#topics.get(topic) === listeners) this.#leave(topic)
    }
    // After the listeners' own, which removes this one.
    signal?.addEventListener('abort', tidy, { once: true })
  }

  topics(): string[] {
    return [...this.#topics.keys()]
  }

  neighbours(topic?: string): PeerId[] {
    const peers = topic === undefined ? this.router.streamsOutbound.keys() : (this.router.mesh.get(topic) ?? [])
    return [...peers] as PeerId[]
  }

  subscribers(topic: string): PeerId[] {
    return this.router.getSubscribers(topic).map((peer) => peer.toString() as PeerId)
  }

  async #publish(topic: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.router.publish(topic, bytes)
      this.#counters.published++
    } catch (error) {
      this.#counters.unsent++
      this.#ports.failed(error)
    } finally {
      this.#publishing.delete(bytes)
    }
  }

  #join(topic: string): void {
    this.router.opts.scoreParams.topics[topic] = topicScore
    this.router.topicValidators.set(topic, (_from, { data }) => {
      if (data.length <= this.#options.messageLimitBytes) return TopicValidatorResult.Accept
      this.#counters.tooLarge++
      // Elsewhere the limit may be another: it is not held against whoever passed it on.
      return TopicValidatorResult.Ignore
    })
    this.router.subscribe(topic)
  }

  #leave(topic: string): void {
    this.#topics.delete(topic)
    if (!this.#isRunning) return
    this.router.unsubscribe(topic)
    this.router.topicValidators.delete(topic)
    delete this.router.opts.scoreParams.topics[topic]
  }

  /** Nobody has reason to send it: it would be kept for whoever asks, however many topics strangers think of. */
  #inbound(topic: string): void {
    if (this.#topics.has(topic)) return
    this.#counters.unwanted++
    throw new Error('Nobody here listens to this topic')
  }

  readonly #arrived = ({ detail: { msg, propagationSource } }: CustomEvent<GossipsubMessage>): void => {
    if (msg.type !== 'signed' || !this.#isRunning) return
    this.#latecomers.kept(msg.topic, messageId(msg))
    const publisher = msg.from.toString() as PeerId
    // An own message of an earlier life, or sent back after it was forgotten.
    if (publisher === this.#self) return
    this.#counters.heard++
    const from = propagationSource.toString() as PeerId
    // A copy: what a listener does to its bytes must not reach those they are passed on to.
    const message: BroadcastMessage = { topic: msg.topic, bytes: msg.data.slice(), publisher, from }
    try {
      this.#topics.get(msg.topic)?.tell(message)
    } catch (error) {
      this.#ports.failed(error)
    }
  }

  readonly #subscribed = ({ detail }: CustomEvent<SubscriptionChangeData>): void => {
    const peer = detail.peerId.toString() as PeerId
    for (const { topic, subscribe } of detail.subscriptions) if (subscribe) this.#latecomers.subscribed(peer, topic)
  }

  readonly #heartbeat = (): void => {
    this.#latecomers.heartbeat()
    this.#lostStreams.heartbeat()
  }
}

/** @throws InvalidTopicError */
function checkTopic(topic: string): void {
  const bytes = textEncoder.encode(topic).length
  if (bytes < 1 || bytes > topicLimitBytes) throw new InvalidTopicError(topic, topicLimitBytes)
}
