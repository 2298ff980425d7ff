import type { Duration, Environment, Instant, PeerId } from '../../node/protocol/index.ts'
import { Contacts } from './contacts.ts'
import type { SwimEvent } from './events.ts'
import type { Group } from './group.ts'
import { isLive } from './members.ts'
import type { SwimMessage } from './messages.ts'
import type { Messenger } from './messenger.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { pages } from './pages.ts'
import { sampleLive } from './sampling.ts'
import type { SwimTimer } from './timers.ts'

export interface ExchangePorts {
  readonly environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly group: Group
  readonly messenger: Messenger
  /** Has `retry` called with this. */
  readonly retryLater: (attempt: number, delay: Duration) => void
}

/** Probe intervals between two attempts to join, at most, while nobody is known. */
const longestLonelyWait = 4

/**
 * Exchange of whole member lists: with those who are asked for theirs when joining (SWIM §3), and from time to time with
 * a random member (memberlist), if the two believe different things.
 */
export class Exchange {
  readonly #ports: ExchangePorts
  readonly #options: ResolvedSwimOptions
  readonly #contacts = new Contacts()
  /** When a member was given the list lately, oldest first. */
  #given: Map<PeerId, Instant> | undefined
  #retrying = false
  #toldInstead = false

  constructor(ports: ExchangePorts, options: ResolvedSwimOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** This member takes part, again perhaps. */
  start(): void {
    this.#retrying = false
    this.join()
  }

  addSeeds(seeds: readonly PeerId[]): void {
    this.#contacts.addSeeds(seeds.filter((seed) => seed !== this.#ports.environment.self))
  }

  /** Asks all contacts for their lists, now and until they answer. */
  join(): void {
    this.retry(0)
  }

  retry(attempt: number): void {
    if (attempt > 0) this.#retrying = false
    for (const contact of this.#contacts.waiting) this.push(contact, true)
    this.#await(attempt)
  }

  connected(peer: PeerId): void {
    if (peer === this.#ports.environment.self || isLive(this.#ports.group.members, peer)) return
    if (this.#contacts.add(peer)) this.push(peer, true)
    this.#await(0)
  }

  /** It cannot be reached any more, or has left: its list is not waited for. */
  lost(peer: PeerId): void {
    this.#contacts.lost(peer)
  }

  clear(): void {
    this.#contacts.clear()
  }

  withRandomMember(): void {
    const { environment, group } = this.#ports
    for (const partner of sampleLive(group.members, environment.random, 1)) this.compare(partner)
    this.recallSeeds()
  }

  /** Lists are exchanged with that member if they differ. */
  compare(to: PeerId): void {
    this.#ports.messenger.digest(to, this.#digest())
  }

  /**
   * Deviation (memberlist's exchange of lists is unconditional): nothing is sent where nothing is to be learnt. While
   * there is news, it is likely to be the difference, and is told instead, though not twice in a row.
   */
  compared(from: PeerId, digest: number): void {
    if (digest === this.#digest()) return
    const { group, messenger } = this.#ports
    this.#toldInstead = !this.#toldInstead && !group.news.isEmpty
    if (this.#toldInstead) messenger.gossip(from)
    else if (this.#mayBeGiven(from)) this.push(from, true)
  }

  /** Whoever has lost everybody asks its seeds again. */
  recallSeeds(): void {
    if (this.#ports.group.members.liveCount > 0 || this.#contacts.waiting.size > 0) return
    this.#contacts.recallSeeds()
    this.join()
  }

  /** Its list has been heard. */
  received(from: PeerId, pull: boolean): void {
    this.#contacts.satisfied(from)
    if (pull && this.#mayBeGiven(from)) this.push(from, false)
  }

  push(to: PeerId, pull: boolean): void {
    const { environment, group, messenger } = this.#ports
    const [first = [], ...others] = pages(group, group.members.get(to), this.#options, environment.random)
    messenger.push(to, pull, first)
    for (const page of others) messenger.push(to, false, page)
  }

  #digest(): number {
    const { members, self } = this.#ports.group
    return members.digest.with({ ...self.told.update, tags: self.tags })
  }

  /** A list is much larger than the message that asks for it: nobody gets it again at once. */
  #mayBeGiven(to: PeerId): boolean {
    const { environment, group } = this.#ports
    if (group.members.get(to) === undefined) return false
    const now = environment.now()
    this.#given ??= new Map()
    for (const [peer, time] of this.#given) {
      if (now - time < this.#options.probeTimeout) break
      this.#given.delete(peer)
    }
    if (this.#given.has(to)) return false
    this.#given.set(to, now)
    return true
  }

  /** Back-off doubles; a member that knows nobody yet keeps trying oftener than one that only wants another list. */
  #await(attempt: number): void {
    if (this.#retrying || this.#contacts.waiting.size === 0) return
    this.#retrying = true
    const { probeInterval, syncInterval } = this.#options
    const lonely = this.#ports.group.members.liveCount === 0 || syncInterval === 0
    const longest = lonely ? longestLonelyWait * probeInterval : syncInterval
    const delay = Math.min(probeInterval * 2 ** Math.min(attempt, 16), Math.max(probeInterval, longest))
    this.#ports.retryLater(attempt + 1, delay)
  }
}
