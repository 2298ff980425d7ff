import { toString } from 'uint8arrays'
import type { PeerId } from '../../node/protocol/index.ts'
import type { ResolvedGossipsubOptions } from './options.ts'
import type { Router } from './router.ts'

/** Most ids that are remembered; the oldest make room. */
const recentLimit = 4096
/** Most topics of one peer, and most peers, for which an announcement waits for a stream. */
const waitingLimit = 1024

interface Recent {
  readonly topic: string
  readonly id: Uint8Array
  /** The heartbeat before which it came. */
  readonly beat: number
}

/**
 * Beyond the specification: who subscribes to a topic is told of its latest messages, by an IHAVE like any other. A
 * subscription takes a round trip to become known, and what is published meanwhile would be lost without a trace: the
 * mesh gets it before the subscriber is in it, and announcements of the heartbeat go to peers outside the mesh only.
 */
export class Latecomers {
  readonly #router: Router
  readonly #options: ResolvedGossipsubOptions
  /** By id, as text; the oldest first. */
  readonly #recent = new Map<string, Recent>()
  /** Subscribers to whom there is no stream yet. */
  readonly #waiting = new Map<PeerId, { readonly topics: Set<string>; readonly beat: number }>()
  #beat = 0

  constructor(router: Router, options: ResolvedGossipsubOptions) {
    this.#router = router
    this.#options = options
  }

  /** A message that can be asked for from here on. */
  kept(topic: string, id: Uint8Array): void {
    const key = toString(id, 'base64')
    if (this.#recent.has(key)) return
    this.#recent.set(key, { topic, id, beat: this.#beat })
    if (this.#recent.size <= recentLimit) return
    const [oldest] = this.#recent.keys()
    this.#recent.delete(oldest as string)
  }

  subscribed(peer: PeerId, topic: string): void {
    const router = this.#router
    if (router.streamsOutbound.has(peer)) return this.#announce(router, peer, topic)
    const waiting = this.#waiting.get(peer) ?? { topics: new Set<string>(), beat: this.#beat }
    if (waiting.topics.size < waitingLimit) waiting.topics.add(topic)
    if (this.#waiting.size < waitingLimit) this.#waiting.set(peer, waiting)
  }

  /** What is about to go is announced no more: there would be no time to ask for it. */
  heartbeat(): void {
    this.#beat++
    const oldest = this.#beat - this.#options.announcedHeartbeats
    for (const [key, { beat }] of this.#recent) {
      if (beat > oldest) break
      this.#recent.delete(key)
    }
    const router = this.#router
    for (const [peer, { topics, beat }] of this.#waiting) {
      const isReached = router.streamsOutbound.has(peer)
      if (isReached) for (const topic of topics) this.#announce(router, peer, topic)
      if (isReached || beat <= oldest) this.#waiting.delete(peer)
    }
  }

  clear(): void {
    this.#recent.clear()
    this.#waiting.clear()
  }

  #announce(router: Router, peer: PeerId, topic: string): void {
    const ids: Uint8Array[] = []
    for (const recent of this.#recent.values()) if (recent.topic === topic) ids.push(recent.id)
    if (ids.length === 0) return
    // In place of an earlier one, so that a peer that subscribes again and again gets no more than one each heartbeat.
    const others = (router.gossip.get(peer) ?? []).filter(({ topicID }) => topicID !== topic)
    router.gossip.set(peer, [...others, { topicID: topic, messageIDs: ids.slice(-this.#options.idLimit) }])
  }
}
