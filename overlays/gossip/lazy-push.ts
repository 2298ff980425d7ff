import type { PeerId } from '../../node/protocol/index.ts'
import type { GossipEnvironment } from './events.ts'
import type { Link } from './link.ts'
import { messageLimits, type Announcement, type MessageId } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'

export interface LazyPushPorts {
  readonly environment: GossipEnvironment
  readonly links: ReadonlyMap<PeerId, Link>
  /** How many hops a message made to this peer; undefined when it is not kept any more. */
  readonly roundOf: (id: MessageId) => number | undefined
}

/** So many messages are confirmed at once. */
const hasty = messageLimits.ids / 4

/** Tells neighbours of messages: what is news to them (Plumtree §3.4), what has come, what they have not confirmed. */
export class LazyPush {
  readonly #ports: LazyPushPorts
  readonly #options: ResolvedGossipOptions
  #announcing = false
  #confirming = false

  constructor(ports: LazyPushPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** If there is news for anybody. */
  announceLater(): void {
    if (this.#announcing) return
    for (const { news } of this.#ports.links.values()) {
      if (news.size === 0) continue
      if (this.#options.announceInterval === 0) return this.announce()
      this.#announcing = true
      this.#ports.environment.schedule({ type: 'announce' }, this.#options.announceInterval)
      return
    }
  }

  /** §3.4, lazy push: what is to be announced to a neighbour goes in one message, and confirmations with it. */
  announce(): void {
    this.#announcing = false
    for (const [peer, link] of this.#ports.links) {
      if (link.news.size === 0 || link.room <= 0) continue
      const ids = this.#tell(peer, link, firstOf(link.news, link.room), false)
      for (const id of ids) link.news.delete(id)
    }
    this.announceLater()
    this.confirmLater()
  }

  /** @returns the ids told, or not kept any more */
  #tell(peer: PeerId, link: Link, ids: readonly MessageId[], again: boolean): readonly MessageId[] {
    const now = this.#ports.environment.now()
    const announced: Announcement[] = []
    for (const id of ids) {
      const round = this.#ports.roundOf(id)
      if (round === undefined) {
        link.holds(id)
        continue
      }
      announced.push({ id, round })
      if (this.#options.confirmInterval > 0) link.told(id, now)
    }
    const room = again ? 0 : messageLimits.ids - announced.length
    const confirmed = firstOf(link.confirmations, room)
    for (const id of confirmed) {
      link.confirmations.delete(id)
      announced.push({ id, round: this.#ports.roundOf(id) ?? messageLimits.round })
    }
    if (announced.length > 0) this.#ports.environment.send(peer, { type: 'ihave', again, announced })
    return ids
  }

  /** That neighbour is to hear that the message has come. */
  confirm(link: Link, id: MessageId): void {
    if (this.#options.confirmInterval > 0 && link.confirmations.size < messageLimits.ids) link.confirmations.add(id)
  }

  /** If there is anything to confirm, or unconfirmed. Much is confirmed at once: the neighbour may be waiting for it. */
  confirmLater(): void {
    for (const [peer, link] of this.#ports.links)
      if (link.confirmations.size >= hasty) this.#tell(peer, link, [], false)
    if (this.#confirming || this.#options.confirmInterval === 0) return
    for (const link of this.#ports.links.values()) {
      if (link.isQuiet) continue
      this.#confirming = true
      this.#ports.environment.schedule({ type: 'confirm' }, this.#options.confirmInterval)
      return
    }
  }

  /** Deviation: Plumtree has links that lose nothing. What was lost is told again, until the neighbour confirms it. */
  repeat(): void {
    this.#confirming = false
    const before = this.#ports.environment.now() - 2 * this.#options.confirmInterval
    for (const [peer, link] of this.#ports.links) {
      if (link.confirmations.size > 0) this.#tell(peer, link, [], false)
      const overdue = link.overdue(before, this.#options.announceLimit)
      if (overdue.length > 0) this.#tell(peer, link, overdue, true)
    }
    this.confirmLater()
  }
}

function firstOf<Item>(items: Iterable<Item>, count: number): Item[] {
  const first: Item[] = []
  for (const item of items) {
    if (first.length >= count) break
    first.push(item)
  }
  return first
}
