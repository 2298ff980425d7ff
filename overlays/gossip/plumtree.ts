import { integer, type Instant, type PeerId } from '../../node/protocol/index.ts'
import { Cache, type Kept } from './cache.ts'
import type { GossipEnvironment, Offence } from './events.ts'
import { LazyPush } from './lazy-push.ts'
import { Link } from './link.ts'
import { messageId, messageLimits } from './messages.ts'
import type { Announcement, MessageId, Payload, PlumtreeMessage } from './messages.ts'
import { MissingMessages, type Announcer } from './missing.ts'
import type { ResolvedGossipOptions } from './options.ts'
import type { PlumtreeTimer } from './timers.ts'
import { TopicCounters } from './topic-figures.ts'
import { Trees } from './trees.ts'

/** What is known of a message that came, until somebody has said whether it is valid. */
export interface Arrival {
  readonly id: MessageId
  readonly payload: Payload
  readonly round: number
  readonly from: PeerId
  readonly announcers: readonly Announcer[]
}

export interface PlumtreePorts {
  readonly environment: GossipEnvironment
  /** A message came for the first time: `accept` it, now or later, or leave it. */
  readonly arrived: (arrival: Arrival) => void
  /** It may lose its place for that, at once. */
  readonly charge: (peer: PeerId, offence: Offence, times: number) => void
  /** Whether the peer is about to lose its place. */
  readonly isSuspicious: (peer: PeerId) => boolean
}

const strangers = '' as PeerId

/** A new neighbour is told of so many messages at the most. */
const retoldLimit = messageLimits.ids / 2

/** What an announced message counts that was asked for in vain: honest neighbours hardly ever cause one. */
const brokenPromise = 4

/**
 * Epidemic broadcast trees (Leitão, Pereira, Rodrigues: "Epidemic Broadcast Trees", SRDS 2007), one for each topic: a
 * message is pushed along branches, announced over the other links, and asked for where it does not come.
 */
export class Plumtree {
  readonly trees: Trees
  readonly counters: TopicCounters
  readonly #ports: PlumtreePorts
  readonly #options: ResolvedGossipOptions
  readonly #cache: Cache
  readonly #missing: MissingMessages
  readonly #links = new Map<PeerId, Link>()
  readonly #lazy: LazyPush

  constructor(ports: PlumtreePorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
    this.#cache = new Cache(options)
    this.#missing = new MissingMessages(options.awaitedLimit)
    this.trees = new Trees(options.topicLimit)
    this.counters = new TopicCounters(() => ports.environment.now())
    const roundOf = (id: MessageId): number | undefined => this.#cache.get(id)?.round
    this.#lazy = new LazyPush({ environment: ports.environment, links: this.#links, roundOf }, options)
  }

  /** An own message. */
  broadcast(payload: Payload): MessageId {
    const { self } = this.#ports.environment
    const id = messageId(payload)
    this.#cache.saw(id)
    this.accept({ id, payload, round: 0, from: self, announcers: [] })
    return id
  }

  /** Only from neighbours, but for `gossip`. */
  receive(message: PlumtreeMessage, from: PeerId): void {
    switch (message.type) {
      case 'gossip':
        this.#receiveGossip(message.payload, message.round, from)
        break
      case 'ihave':
        this.#receiveIHave(message.announced, message.again, from)
        break
      case 'graft':
        this.#receiveGraft(message.ids, message.payload, from)
        break
      case 'prune':
        this.#receivePrune(message.id, from)
    }
  }

  expire(timer: PlumtreeTimer): void {
    switch (timer.type) {
      case 'announce':
        this.#lazy.announce()
        break
      case 'confirm':
        this.#lazy.repeat()
        break
      case 'graft':
        this.#graft(timer.ids)
    }
  }

  /** §3.6: a new link is a branch of every tree. Deviation: the neighbour is told of what was sent of late. */
  neighbourUp(peer: PeerId): void {
    const link = new Link()
    this.#links.set(peer, link)
    for (const { id, source, payload } of this.#cache.latest(retoldLimit)) {
      if (source !== peer && payload.publisher !== peer) link.news.add(id)
    }
    this.#lazy.announceLater()
  }

  neighbourDown(peer: PeerId): void {
    this.#links.delete(peer)
    this.trees.neighbourDown(peer)
  }

  /** Lets go of what was kept long enough. */
  tidy(): void {
    this.#cache.expire(this.#ports.environment.now())
  }

  /** A message that came is passed on (§3.4: eager push, lazy push). */
  accept(arrival: Arrival): void {
    const { environment } = this.#ports
    const { id, payload, round, from, announcers } = arrival
    // Strangers cause what one neighbour may, all together.
    const isKnown = from === environment.self || this.#links.has(from)
    this.trees.grow(payload.topic, isKnown ? from : strangers)
    const kept: Kept = { id, payload, round, since: environment.now(), source: from }
    for (const evicted of this.#cache.keep(kept)) environment.emit({ type: 'evicted', id: evicted })
    for (const [peer, link] of this.#links) {
      if (peer === from || peer === payload.publisher || this.#hasTold(announcers, peer)) this.#lazy.confirm(link, id)
      else if (this.trees.isEager(payload.topic, peer)) this.#give(peer, link, kept)
      else link.news.add(id)
    }
    if (from !== environment.self) this.trees.graft(payload.topic, from)
    this.#optimise(arrival)
    this.#lazy.announceLater()
    this.#lazy.confirmLater()
  }

  /** Whoever has announced a message needs no telling. The paper tells it all the same. */
  #hasTold(announcers: readonly Announcer[], peer: PeerId): boolean {
    return this.#options.announceInterval > 0 && announcers.some((announcer) => announcer.peer === peer)
  }

  #receiveGossip(payload: Payload, round: number, from: PeerId): void {
    const id = messageId(payload)
    if (this.#cache.hasSeen(id)) return this.#receiveDuplicate(id, payload, from)
    if (!this.trees.has(payload.topic)) {
      this.#ports.charge(from, 'topics', 1)
      // A flood of topics would cost others as much as this peer. What is honest in it is announced again.
      if (this.#ports.isSuspicious(from)) return
    }
    this.#cache.saw(id)
    this.#ports.arrived({ id, payload, round, from, announcers: this.#missing.remove(id) })
  }

  /** §3.4: who is given a message twice has one branch too many. */
  #receiveDuplicate(id: MessageId, payload: Payload, from: PeerId): void {
    const { environment } = this.#ports
    this.counters.duplicate(payload)
    environment.emit({ type: 'duplicate', id, from })
    const link = this.#links.get(from)
    if (link === undefined) return
    link.holds(id)
    this.#lazy.confirm(link, id)
    this.#lazy.confirmLater()
    const kept = this.#cache.get(id)
    // Deviation: a message that the wire doubled is no reason to prune the branch that it came by.
    if (kept === undefined || kept.source === from) return
    // Deviation: with several messages under way the other branch may be gone by now; one of the two is to stay.
    if (kept.source !== environment.self && !this.#isBranch(kept.payload.topic, kept.source)) return
    this.#prune(kept.payload.topic, from)
    this.#send(from, { type: 'prune', id })
  }

  #receivePrune(id: MessageId, from: PeerId): void {
    const kept = this.#cache.get(id)
    if (kept === undefined) return
    this.#links.get(from)?.holds(id)
    this.#prune(kept.payload.topic, from)
  }

  #receiveIHave(announced: readonly Announcement[], again: boolean, from: PeerId): void {
    const link = this.#links.get(from)
    if (link === undefined) return
    const news: MessageId[] = []
    let isFull = false
    for (const announcement of announced) {
      const { id } = announcement
      const wasNews = link.holds(id)
      if (this.#cache.hasSeen(id)) {
        // Whoever announces it first need not be told in return, but hears that its announcement has come.
        if (wasNews || again) this.#lazy.confirm(link, id)
        continue
      }
      const outcome = this.#missing.announced(announcement, from)
      if (outcome === 'new') news.push(id)
      else if (outcome === 'full') isFull = true
    }
    this.#lazy.confirmLater()
    if (news.length > 0) this.#awaitLater(news)
    if (isFull) this.#ports.charge(from, 'awaited', 1)
  }

  /** Deviation: up to three times `graftDelay`. Where a branch broke all behind it wait: the first to ask repairs it for most. */
  #awaitLater(ids: readonly MessageId[]): void {
    const { environment } = this.#ports
    const { graftDelay } = this.#options
    environment.schedule({ type: 'graft', ids }, graftDelay + integer(environment.random, 2 * graftDelay))
  }

  /** §3.5: who asks for a message wants to be a branch, and is given the message if that is still kept. */
  #receiveGraft(ids: readonly MessageId[], isWanted: boolean, from: PeerId): void {
    const link = this.#links.get(from)
    if (link === undefined) return
    let offences = 0
    for (const id of ids) {
      const kept = this.#cache.get(id)
      if (kept === undefined) {
        if (!this.#cache.hasSeen(id)) offences++
        continue
      }
      this.trees.graft(kept.payload.topic, from)
      if (!isWanted) continue
      if (this.#cache.give(kept, from, this.#options.graftLimit)) this.#give(from, link, kept)
      else offences++
    }
    this.#lazy.confirmLater()
    if (offences > 0) this.#ports.charge(from, 'grafts', offences)
  }

  /** Asks for what has not come, and again until it has; whoever announced it is asked in turn (§3.5). */
  #graft(ids: readonly MessageId[]): void {
    const { environment } = this.#ports
    const now = environment.now()
    const before = now - this.#options.graftTimeout
    const asks = new Map<PeerId, MessageId[]>()
    const waiting: MessageId[] = []
    for (const id of ids) {
      if (this.#missing.wasAskedAfter(id, before)) {
        waiting.push(id)
        continue
      }
      const peer = this.#whomToAsk(id, now)
      if (peer === undefined) continue
      waiting.push(id)
      const asked = asks.get(peer)
      if (asked === undefined) asks.set(peer, [id])
      else asked.push(id)
    }
    for (const [peer, asked] of asks) this.#askFor(peer, asked, before, now)
    if (waiting.length > 0) environment.schedule({ type: 'graft', ids: waiting }, this.#options.graftTimeout)
  }

  /**
   * Deviation: whatever else the peer announced is asked for at once. Where a branch broke with several messages under way,
   * all behind it would otherwise graft a link for each.
   */
  #askFor(peer: PeerId, ids: readonly MessageId[], before: Instant, now: Instant): void {
    const asked = [...ids, ...this.#missing.askAlso(peer, before, now)]
    this.#send(peer, { type: 'graft', payload: true, ids: asked.slice(0, messageLimits.ids) })
  }

  /** Neighbours only. @returns undefined when it has come, or is given up */
  #whomToAsk(id: MessageId, now: Instant): PeerId | undefined {
    for (let tries = this.#missing.announcers(id).length; tries > 0; tries--) {
      const peer = this.#missing.nextToAsk(id, this.#options.graftLimit, now)
      if (peer === undefined || this.#links.has(peer)) {
        if (peer !== undefined) return peer
        break
      }
    }
    for (const { peer } of this.#missing.remove(id)) {
      if (this.#links.has(peer)) this.#ports.charge(peer, 'promises', brokenPromise)
    }
    return undefined
  }

  /** §3.8: a neighbour that had the message many hops sooner becomes the branch, in place of the one it came by. */
  #optimise({ id, payload, round, from, announcers }: Arrival): void {
    const nearest = announcers.find(({ peer }) => peer !== from && this.#links.has(peer))
    if (nearest === undefined || round - nearest.round < this.#options.optimisationThreshold) return
    if (!this.#links.has(from)) return
    this.trees.graft(payload.topic, nearest.peer)
    this.#send(nearest.peer, { type: 'graft', payload: false, ids: [id] })
    this.#prune(payload.topic, from)
    this.#send(from, { type: 'prune', id })
  }

  #isBranch(topic: string, peer: PeerId): boolean {
    return this.#links.has(peer) && this.trees.isEager(topic, peer)
  }

  #prune(topic: string, peer: PeerId): void {
    if (this.#links.has(peer)) this.trees.prune(topic, peer)
  }

  #give(peer: PeerId, link: Link, { id, payload, round }: Kept): void {
    link.news.delete(id)
    if (this.#options.confirmInterval > 0) link.told(id, this.#ports.environment.now())
    this.counters.sent(payload)
    this.#send(peer, { type: 'gossip', round: Math.min(round + 1, messageLimits.round), payload })
  }

  #send(to: PeerId, message: PlumtreeMessage): void {
    this.#ports.environment.send(to, message)
  }
}
