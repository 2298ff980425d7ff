import type { PeerId } from '../../node/protocol/index.ts'
import { Cache, type Kept } from './cache.ts'
import type { GossipEnvironment, Offence } from './events.ts'
import { LazyPush } from './lazy-push.ts'
import { Link } from './link.ts'
import { messageId, messageLimits } from './messages.ts'
import type { Announcement, GossipedMessage, MessageId, Payload, PlumtreeMessage } from './messages.ts'
import type { Announcer } from './missing.ts'
import type { ResolvedGossipOptions } from './options.ts'
import { Repair } from './repair.ts'
import type { PlumtreeTimer } from './timers.ts'
import { TopicCounters } from './topic-figures.ts'
import { Trees } from './trees.ts'

/** What is known of a message that came, until somebody has said whether it is valid. */
export interface Arrival {
  readonly id: MessageId
  readonly payload: Payload
  readonly round: number
  /** See `Tree`. */
  readonly shapes: boolean
  /** It came over a link that is no branch, and need not be one. */
  readonly isShortcut: boolean
  readonly from: PeerId
  readonly announcers: readonly Announcer[]
}

export interface PlumtreePorts {
  readonly environment: GossipEnvironment
  /** A message came for the first time: `accept` it, now or later, or leave it. */
  readonly arrived: (arrival: Arrival) => void
  /** It may lose its place for that, at once. */
  readonly charge: (peer: PeerId, offence: Offence, times: number) => void
}

const strangers = '' as PeerId

/** What a publisher's message on a topic that is not known counts: some five thousand of them at once are no flood. */
const newTopic = 0.5

/** A new neighbour is told of so many messages at the most. */
const retoldLimit = messageLimits.ids / 2

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
  readonly #repair: Repair
  readonly #links = new Map<PeerId, Link>()
  readonly #lazy: LazyPush

  constructor(ports: PlumtreePorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
    this.#cache = new Cache(options)
    const { environment, charge } = ports
    this.#repair = new Repair({ environment, charge, isNeighbour: (peer) => this.#links.has(peer) }, options)
    this.trees = new Trees(options)
    this.counters = new TopicCounters(() => environment.now())
    const roundOf = (id: MessageId): number | undefined => this.#cache.get(id)?.round
    this.#lazy = new LazyPush({ environment, links: this.#links, roundOf }, options)
  }

  /** An own message. */
  broadcast(payload: Payload): MessageId {
    const { environment } = this.#ports
    const id = messageId(payload)
    this.#cache.saw(id)
    const shapes = this.trees.isToShape(payload.topic, environment.now(), environment.random)
    this.accept({ id, payload, round: 0, shapes, isShortcut: false, from: environment.self, announcers: [] })
    return id
  }

  /** Only from neighbours, but for `gossip`. */
  receive(message: PlumtreeMessage, from: PeerId): void {
    switch (message.type) {
      case 'gossip':
        this.#receiveGossip(message, from)
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
        this.#repair.graft(timer.ids)
    }
  }

  /**
   * §3.6. Deviation: a new link is a branch for a peer that has just joined, or where there is no other (`Trees`); and the
   * neighbour is told of what was sent of late.
   *
   * @param isNew the peer has just joined here
   */
  neighbourUp(peer: PeerId, isNew: boolean): void {
    const others = this.#links.size
    const link = new Link()
    this.#links.set(peer, link)
    if (!isNew && this.#isShaping) this.#graft(peer, this.trees.neighbourUp(peer, others))
    for (const { id, source, payload } of this.#cache.latest(retoldLimit)) {
      if (source !== peer && payload.publisher !== peer) link.add(id)
    }
    this.#lazy.announceLater()
  }

  neighbourDown(peer: PeerId): void {
    this.#links.delete(peer)
    this.#repair.neighbourDown(peer)
    for (const [heir, ids] of this.trees.neighbourDown(peer, this.#links.size)) this.#graft(heir, ids)
  }

  /** Nobody has said whether it is valid, and nobody will: whoever gave it may give it again. */
  giveUp({ id }: Arrival): void {
    this.#cache.forget(id)
    this.#ports.environment.emit({ type: 'evicted', id })
  }

  /** Lets go of what was kept long enough. */
  tidy(): void {
    this.#cache.expire(this.#ports.environment.now())
  }

  /** A message that came is passed on (§3.4: eager push, lazy push). */
  accept(arrival: Arrival): void {
    const { environment } = this.#ports
    const { id, payload, round, shapes, from, announcers } = arrival
    const { topic } = payload
    const now = environment.now()
    // Strangers cause what one neighbour may, all together.
    const isKnown = from === environment.self || this.#links.has(from)
    this.trees.grow(topic, isKnown ? from : strangers)
    this.trees.passed(topic, arrival, now)
    const kept: Kept = { id, payload, round, shapes, since: now, source: from }
    for (const evicted of this.#cache.keep(kept)) environment.emit({ type: 'evicted', id: evicted })
    const isCutShort = !shapes && round < this.trees.shortcutRounds(topic, this.#options.shortcutRounds)
    for (const [peer, link] of this.#links) {
      if (peer === from || peer === payload.publisher || this.#hasTold(announcers, peer)) this.#lazy.confirm(link, id)
      // Deviation: who has confirmed nothing for long is told, not given: wires and buffers have limits.
      else if (link.room <= 0) link.add(id)
      else if (this.trees.isEager(topic, peer)) this.#give(peer, link, kept, false)
      else if (isCutShort) this.#give(peer, link, kept, true)
      else link.add(id)
    }
    this.#growTowards(arrival, kept)
    this.#lazy.announceLater()
    this.#lazy.confirmLater()
  }

  #growTowards({ payload, shapes, isShortcut, from, announcers }: Arrival, kept: Kept): void {
    if (from === this.#ports.environment.self) return
    const wasAsked = announcers.some(({ peer }) => peer === from)
    if (!isShortcut && (shapes || wasAsked)) this.trees.graft(payload.topic, from)
    for (const { peer, round } of announcers) this.#compare(kept, peer, round)
  }

  /** Whoever has announced a message needs no telling. The paper tells it all the same. */
  #hasTold(announcers: readonly Announcer[], peer: PeerId): boolean {
    return this.#options.announceInterval > 0 && announcers.some((announcer) => announcer.peer === peer)
  }

  #receiveGossip({ payload, round, ...message }: GossipedMessage, from: PeerId): void {
    const id = messageId(payload)
    if (this.#cache.hasSeen(id)) return this.#receiveDuplicate(id, payload, message.shapes, from)
    // Whoever passes on a flood of topics need not have made it. Its publisher has.
    if (from === payload.publisher && !this.trees.has(payload.topic)) this.#ports.charge(from, 'topics', newTopic)
    this.#cache.saw(id)
    const shapes = message.shapes && this.trees.mayShape(payload.topic, this.#ports.environment.now())
    const { isShortcut } = message
    this.#ports.arrived({ id, payload, round, shapes, isShortcut, from, announcers: this.#repair.arrived(id, from) })
  }

  /** §3.4: who is given a message twice has one branch too many. */
  #receiveDuplicate(id: MessageId, payload: Payload, shapes: boolean, from: PeerId): void {
    const { environment } = this.#ports
    this.counters.duplicate(payload)
    this.trees.duplicate(payload.topic)
    environment.emit({ type: 'duplicate', id, from })
    const link = this.#links.get(from)
    if (link === undefined) return
    link.holds(id)
    this.#lazy.confirm(link, id)
    this.#lazy.confirmLater()
    const kept = this.#cache.get(id)
    // Deviation: a message that the wire doubled is no reason to prune the branch that it came by; nor is one that took a
    // shortcut, which meets itself all over the tree.
    if (kept === undefined || kept.source === from || !kept.shapes || !shapes) return
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
    const news: Announcement[] = []
    for (const announcement of announced) {
      const { id } = announcement
      const wasNews = link.holds(id)
      if (!this.#cache.hasSeen(id)) {
        news.push(announcement)
        continue
      }
      // Whoever announces it first need not be told in return, but hears that its announcement has come.
      if (wasNews || again) this.#lazy.confirm(link, id)
      const kept = this.#cache.get(id)
      if (kept !== undefined && this.#isShaping) this.#compare(kept, from, announcement.round)
    }
    this.#lazy.confirmLater()
    this.#repair.announced(news, from)
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
      if (this.#cache.give(kept, from, this.#options.graftLimit)) this.#give(from, link, kept, false)
      else offences++
    }
    this.#lazy.confirmLater()
    if (offences > 0) this.#ports.charge(from, 'grafts', offences)
  }

  /**
   * §3.8: a neighbour that had the message many hops sooner becomes the branch, in place of the one it came by. Deviation:
   * one that had it not later is remembered, for the day that branch is lost.
   */
  #compare(kept: Kept, peer: PeerId, round: number): void {
    const { id, source, payload } = kept
    const { topic } = payload
    if (!kept.shapes || peer === source || !this.#links.has(peer)) return
    if (source === this.#ports.environment.self || !this.#isBranch(topic, source)) return
    if (round <= kept.round && this.#isShaping && !this.trees.isEager(topic, peer))
      this.trees.offer(topic, source, { peer, id, round })
    if (kept.round - round < this.#options.optimisationThreshold) return
    this.trees.graft(topic, peer)
    this.#graft(peer, [id])
    this.#prune(topic, source)
    this.#send(source, { type: 'prune', id })
    kept.source = peer
  }

  /** Deviation: few messages shape the trees, at one time hardly two; in the paper all do. */
  get #isShaping(): boolean {
    return this.#options.shapeInterval > 0
  }

  /** Asks that a link be a branch, without anything to be given. */
  #graft(peer: PeerId, ids: readonly MessageId[]): void {
    if (ids.length > 0) this.#send(peer, { type: 'graft', payload: false, ids: ids.slice(0, messageLimits.ids) })
  }

  #isBranch(topic: string, peer: PeerId): boolean {
    return this.#links.has(peer) && this.trees.isEager(topic, peer)
  }

  #prune(topic: string, peer: PeerId): void {
    if (this.#links.has(peer)) this.trees.prune(topic, peer)
  }

  #give(peer: PeerId, link: Link, { id, payload, round, shapes }: Kept, isShortcut: boolean): void {
    link.news.delete(id)
    if (this.#options.confirmInterval > 0) link.told(id, this.#ports.environment.now())
    this.counters.sent(payload)
    this.#send(peer, { type: 'gossip', round: Math.min(round + 1, messageLimits.round), shapes, isShortcut, payload })
  }

  #send(to: PeerId, message: PlumtreeMessage): void {
    this.#ports.environment.send(to, message)
  }
}
