import { integer, type Duration, type Instant, type PeerId } from '../../node/protocol/index.ts'
import type { GossipEnvironment, Offence } from './events.ts'
import { messageLimits, type Announcement, type MessageId } from './messages.ts'
import { MissingMessages, type Announcer } from './missing.ts'
import type { ResolvedGossipOptions } from './options.ts'

export interface RepairPorts {
  readonly environment: GossipEnvironment
  readonly isNeighbour: (peer: PeerId) => boolean
  readonly charge: (peer: PeerId, offence: Offence, times: number) => void
}

/** What an announced message counts that was asked for in vain: honest neighbours hardly ever cause one. */
const brokenPromise = 4

/** Messages that came late are expected again for so many times as long as they took. */
const latenessFades = 10

/** Later than so many times `graftDelay` a branch is taken for broken. */
const mostLateness = 4

/** Asks for what was announced and does not come, and with that repairs the tree (Plumtree §3.5). */
export class Repair {
  readonly #ports: RepairPorts
  readonly #options: ResolvedGossipOptions
  readonly #missing: MissingMessages
  /** By how much messages came later than their announcements, at the most, of late. */
  #lateness = 0
  #latenessAt: Instant = 0

  constructor(ports: RepairPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
    this.#missing = new MissingMessages(options.awaitedLimit)
  }

  /** The message has come from that neighbour. @returns who had announced it */
  arrived(id: MessageId, from: PeerId): readonly Announcer[] {
    const since = this.#missing.cameUnasked(id, from)
    if (since !== undefined) this.#wasLate(this.#ports.environment.now() - since)
    return this.#missing.remove(id)
  }

  neighbourDown(peer: PeerId): void {
    this.#missing.forget(peer)
  }

  /**
   * A neighbour has these, which have not come. Deviation: they may take up to three times `graftDelay`. Where a branch
   * broke all behind it wait: the first to ask repairs it for most. And they may take longer where branches are slow, as
   * under load: whoever asks too soon is given everything twice, which makes the load no less.
   */
  announced(announced: readonly Announcement[], from: PeerId): void {
    const { environment, charge } = this.#ports
    const { graftDelay } = this.#options
    const now = environment.now()
    const outcomes = announced.map((announcement) => this.#missing.announced(announcement, from, now))
    const ids = announced.flatMap(({ id }, index) => (outcomes[index] === 'new' ? [id] : []))
    if (ids.length > 0) {
      const delay = graftDelay + integer(environment.random, 2 * graftDelay) + 2 * this.#expectedLateness(now)
      environment.schedule({ type: 'graft', ids }, delay)
    }
    if (outcomes.includes('full')) charge(from, 'awaited', 1)
  }

  #wasLate(lateness: Duration): void {
    const now = this.#ports.environment.now()
    // Nobody can make this peer wait for ever.
    const most = mostLateness * this.#options.graftDelay
    this.#lateness = Math.min(most, Math.max(lateness, this.#expectedLateness(now)))
    this.#latenessAt = now
  }

  #expectedLateness(now: Instant): Duration {
    return Math.max(0, this.#lateness - Math.floor((now - this.#latenessAt) / latenessFades))
  }

  /** Asks for what has not come, and again until it has; whoever announced it is asked in turn. */
  graft(ids: readonly MessageId[]): void {
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
    this.#ports.environment.send(peer, { type: 'graft', payload: true, ids: asked.slice(0, messageLimits.ids) })
  }

  /** Neighbours only. @returns undefined when it has come, or is given up */
  #whomToAsk(id: MessageId, now: Instant): PeerId | undefined {
    const { isNeighbour, charge } = this.#ports
    for (let tries = this.#missing.announcers(id).length; tries > 0; tries--) {
      const peer = this.#missing.nextToAsk(id, this.#options.graftLimit, now)
      if (peer === undefined) break
      if (isNeighbour(peer)) return peer
    }
    for (const { peer } of this.#missing.remove(id)) if (isNeighbour(peer)) charge(peer, 'promises', brokenPromise)
    return undefined
  }
}
