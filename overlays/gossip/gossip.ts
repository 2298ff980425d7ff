import { integer, sample, type BroadcastMessage, type Environment, type PeerId } from '../../node/protocol/index.ts'
import type { Protocol, ProtocolDefinition } from '../../node/protocol/index.ts'
import { AwaitedMessages } from './awaited.ts'
import { Cache } from './cache.ts'
import { InvalidTopicError, MessageTooLargeError } from './errors.ts'
import { gossipCodec, messageId, messageLimits, type GossipMessage, type MessageId, type Payload } from './messages.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { resolveGossipOptions, type GossipOptions, type ResolvedGossipOptions } from './options.ts'

export type GossipTimer =
  | { readonly type: 'announce' }
  | { readonly type: 'view' }
  | { readonly type: 'shuffle' }
  | { readonly type: 'graft'; readonly ids: readonly MessageId[] }

export type GossipEvent =
  /** A message of somebody else, for the first time, whatever its topic. */
  | { readonly type: 'message'; readonly message: BroadcastMessage; readonly id: MessageId; readonly hops: number }
  | { readonly type: 'duplicate'; readonly id: MessageId; readonly from: PeerId }
  | { readonly type: 'neighbour-up' | 'neighbour-down'; readonly peer: PeerId }
  /** A message had to go before its time: the cache is full. Neighbours that lack it must ask others. */
  | { readonly type: 'evicted'; readonly id: MessageId }
  /** A neighbour announced more than this peer will await, or asked for one message too often. */
  | { readonly type: 'limited'; readonly limit: 'awaited' | 'grafts'; readonly from: PeerId }

export interface GossipNeeds {
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
}

type GossipEnvironment = Environment<GossipMessage, GossipTimer, GossipEvent>

const textEncoder = new TextEncoder()

/** Start of the sequence: far apart at each start, and far below 2^53. */
const sequenceStep = 2 ** 20

/**
 * Push to some neighbours, announcements to the others, and asking for what did not come (Leitão, Pereira, Rodrigues:
 * "Epidemic Broadcast Trees", SRDS 2007, without the trees so far). Every peer passes on every topic.
 */
export class GossipCore implements Protocol<GossipMessage, GossipTimer> {
  readonly #environment: GossipEnvironment
  readonly #options: ResolvedGossipOptions
  readonly #neighbourhood: Neighbourhood
  readonly #cache: Cache
  readonly #awaited: AwaitedMessages
  #sequence: number
  #announcing = false
  #running = false

  constructor(environment: GossipEnvironment, options: ResolvedGossipOptions, { sample }: GossipNeeds) {
    this.#environment = environment
    this.#options = options
    this.#cache = new Cache(options)
    this.#awaited = new AwaitedMessages(options.awaitedLimit)
    const gained = (): void => this.#announceAgain()
    this.#neighbourhood = new Neighbourhood({ environment, sample, gained }, options)
    this.#sequence = integer(environment.random, 2 ** 32) * sequenceStep
  }

  start(): void {
    this.#running = true
    const { random } = this.#environment
    this.#environment.schedule({ type: 'view' }, integer(random, this.#options.viewInterval))
    this.#environment.schedule({ type: 'shuffle' }, integer(random, this.#options.shuffleInterval))
    this.#announceLater()
  }

  receive(message: GossipMessage, from: PeerId): void {
    if (!this.#running || from === this.#environment.self) return
    this.#neighbourhood.view.heard(from, this.#environment.now())
    switch (message.type) {
      case 'push':
        this.#receivePush(message.payload, message.hops, from)
        break
      case 'ihave':
        this.#receiveAnnouncement(message.ids, from)
        break
      case 'confirm':
        for (const id of message.ids) this.#cache.heldBy(id, from)
        break
      case 'graft':
        this.#give(message.ids, from)
        break
      case 'neighbour':
        this.#neighbourhood.asked(from, message.urgent)
        break
      case 'accept':
        this.#neighbourhood.accepted(from)
        break
      case 'disconnect':
        this.#neighbourhood.refused(from)
    }
  }

  expire(timer: GossipTimer): void {
    switch (timer.type) {
      case 'announce':
        this.#announce()
        break
      case 'graft':
        this.#graft(timer.ids)
        break
      case 'view':
        this.#cache.expire(this.#environment.now())
        this.#neighbourhood.lookAfter()
        this.#environment.schedule(timer, this.#options.viewInterval)
        break
      case 'shuffle':
        this.#neighbourhood.shuffle()
        this.#environment.schedule(timer, this.#options.shuffleInterval)
    }
  }

  connected(peer: PeerId): void {
    this.#neighbourhood.connected(peer)
  }

  disconnected(peer: PeerId): void {
    this.#neighbourhood.disconnected(peer)
  }

  stop(): void {
    this.#running = false
    this.#neighbourhood.stop()
  }

  /**
   * Tells every other peer, sooner or later. The bytes are copied.
   *
   * @throws MessageTooLargeError when they exceed `messageLimitBytes`
   * @throws InvalidTopicError when the topic is empty or exceeds 256 bytes
   */
  publish(topic: string, bytes: Uint8Array): void {
    checkTopic(topic)
    if (bytes.length > this.#options.messageLimitBytes) {
      throw new MessageTooLargeError(bytes.length, this.#options.messageLimitBytes)
    }
    const payload = { topic, publisher: this.#environment.self, sequence: this.#sequence++, bytes: bytes.slice() }
    this.#take(messageId(payload), payload, 0)
  }

  /** The neighbours of this moment. */
  neighbours(): PeerId[] {
    return this.#neighbourhood.view.peers()
  }

  #receivePush(payload: Payload, hops: number, from: PeerId): void {
    const id = messageId(payload)
    if (this.#cache.hasSeen(id)) {
      this.#cache.heldBy(id, from)
      this.#environment.emit({ type: 'duplicate', id, from })
      return
    }
    this.#awaited.remove(id)
    const { topic, bytes, publisher } = payload
    // An own message of an earlier life is passed on like any other, but told to nobody here.
    if (publisher !== this.#environment.self) {
      this.#environment.emit({ type: 'message', message: { topic, bytes, publisher, from }, id, hops })
    }
    this.#take(id, payload, hops, from)
  }

  /** Keeps a new message and pushes it to some neighbours; the others will be told its id. */
  #take(id: MessageId, payload: Payload, hops: number, from?: PeerId): void {
    const evicted = this.#cache.add(id, payload, hops, this.#environment.now())
    for (const id of evicted) this.#environment.emit({ type: 'evicted', id })
    if (from !== undefined) this.#cache.heldBy(id, from)
    this.#cache.heldBy(id, payload.publisher)
    const others = this.neighbours().filter((peer) => peer !== from && peer !== payload.publisher)
    for (const peer of sample(this.#environment.random, others, this.#options.fanout)) this.#push(peer, payload, hops)
    this.#announceLater()
  }

  #push(to: PeerId, payload: Payload, hops: number): void {
    this.#environment.send(to, { type: 'push', hops: Math.min(hops + 1, messageLimits.hops), payload })
  }

  #receiveAnnouncement(ids: readonly MessageId[], from: PeerId): void {
    if (!this.#neighbourhood.actsAsNeighbour(from)) return
    const seen = ids.filter((id) => this.#cache.hasSeen(id))
    for (const id of seen) this.#cache.heldBy(id, from)
    if (seen.length > 0) this.#environment.send(from, { type: 'confirm', ids: seen })
    const news: MessageId[] = []
    let limited = false
    for (const id of ids) {
      if (this.#cache.hasSeen(id)) continue
      const outcome = this.#awaited.announced(id, from)
      if (outcome === 'new') news.push(id)
      if (outcome === 'full') limited = true
    }
    if (limited) this.#environment.emit({ type: 'limited', limit: 'awaited', from })
    if (news.length > 0) this.#environment.schedule({ type: 'graft', ids: news }, this.#options.graftDelay)
  }

  /** Asks for what has not come, and again until it has; whoever announced it is asked in turn (Plumtree §3.5). */
  #graft(ids: readonly MessageId[]): void {
    const asks = new Map<PeerId, MessageId[]>()
    for (const id of ids) {
      const announcer = this.#awaited.nextToAsk(id, this.#options.graftLimit)
      if (announcer === undefined) continue
      const asked = asks.get(announcer)
      if (asked === undefined) asks.set(announcer, [id])
      else asked.push(id)
    }
    for (const [announcer, ids] of asks) this.#environment.send(announcer, { type: 'graft', ids })
    const missing = [...asks.values()].flat()
    if (missing.length > 0) this.#environment.schedule({ type: 'graft', ids: missing }, this.#options.graftTimeout)
  }

  #give(ids: readonly MessageId[], to: PeerId): void {
    if (!this.#neighbourhood.actsAsNeighbour(to)) return
    for (const id of ids) {
      const kept = this.#cache.get(id)
      if (kept === undefined) continue
      if (this.#cache.give(kept, to, this.#options.graftLimit)) this.#push(to, kept.payload, kept.hops)
      else this.#environment.emit({ type: 'limited', limit: 'grafts', from: to })
    }
  }

  #announceLater(): void {
    if (this.#announcing || !this.#running || this.#cache.unconfirmed.size === 0) return
    if (this.#neighbourhood.view.size === 0) return
    this.#announcing = true
    this.#environment.schedule({ type: 'announce' }, this.#options.announceInterval)
  }

  /** Each neighbour is told of what it is not known to have, until it confirms. */
  #announce(): void {
    this.#announcing = false
    const neighbours = this.neighbours()
    const lacking = new Map<PeerId, MessageId[]>(neighbours.map((peer) => [peer, []]))
    for (const kept of this.#cache.unconfirmed) {
      const lackers = neighbours.filter((peer) => !kept.holders.has(peer))
      if (lackers.length === 0 || kept.announced >= this.#options.announceLimit) {
        this.#cache.confirmed(kept)
        continue
      }
      const lists = lackers.map((peer) => lacking.get(peer) as MessageId[])
      // The rest of a long list is told, and counted, another time.
      const open = lists.filter((ids) => ids.length < messageLimits.ids)
      for (const ids of open) ids.push(kept.id)
      if (open.length > 0) kept.announced++
    }
    for (const [peer, ids] of lacking) if (ids.length > 0) this.#environment.send(peer, { type: 'ihave', ids })
    this.#announceLater()
  }

  /** A new neighbour is told of what is kept; two parts that meet again so share what was said of late. */
  #announceAgain(): void {
    this.#cache.unconfirmAll()
    this.#announceLater()
  }
}

/** @throws InvalidTopicError */
export function checkTopic(topic: string): void {
  const bytes = textEncoder.encode(topic).length
  if (bytes < 1 || bytes > messageLimits.topicBytes) throw new InvalidTopicError(topic, messageLimits.topicBytes)
}

/** @throws RangeError when the options make no sense */
export function gossipDefinition(
  options?: GossipOptions,
): ProtocolDefinition<GossipMessage, GossipTimer, GossipEvent, GossipCore, GossipNeeds> {
  const resolved = resolveGossipOptions(options)
  return {
    name: '/peerloom/gossip/1.0.0',
    plane: 'broadcast',
    codec: gossipCodec(resolved.messageLimitBytes),
    create: (environment, needs) => new GossipCore(environment, resolved, needs),
  }
}
