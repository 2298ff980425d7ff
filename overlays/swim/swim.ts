import {
  integer,
  sample,
  type AddressBook,
  type Duration,
  type Environment,
  type Member,
  type PeerId,
  type Protocol,
  type Tags,
} from '../../node/protocol/index.ts'
import { Detector } from './detector.ts'
import { transmissionLimit } from './dissemination.ts'
import type { SwimEvent } from './events.ts'
import { Exchange } from './exchange.ts'
import { Group } from './group.ts'
import { LocalHealth } from './health.ts'
import { isGone, isLive, memberOf, records, type MemberTable } from './members.ts'
import type { MemberUpdate, SwimMessage } from './messages.ts'
import { Messenger } from './messenger.ts'
import type { News } from './news.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { ProbeOrder } from './order.ts'
import { OwnTable } from './own-table.ts'
import { sampleGone, sampleLive, sampleRecords } from './sampling.ts'
import type { SwimTimer } from './timers.ts'

export interface SwimNeeds {
  /** Where members say they are reached, if the host has addresses; opaque to SWIM. */
  readonly addresses?: AddressBook | undefined
  /** Whom the member knows from the start. @default nobody */
  readonly members?: MemberTable | undefined
}

type SwimEnvironment = Environment<SwimMessage, SwimTimer, SwimEvent>
type SessionTimer = Extract<SwimTimer, { readonly type: 'period' | 'gossip' | 'sync' }>

/** A leaving member tells at least this many others, so that a few lost messages do not make it look failed. */
const leastFarewells = 8

/**
 * One member of a SWIM group (Das, Gupta, Motivala: "SWIM: Scalable Weakly-consistent Infection-style Process Group
 * Membership Protocol", DSN 2002). Which file follows which section is in README.md.
 */
export class SwimCore implements Protocol<SwimMessage, SwimTimer> {
  // What every message asks for comes first, so that it lies together: in a large simulation memory is what takes time.
  #state: 'idle' | 'member' | 'left' | 'stopped' = 'idle'
  #gossiping = false
  readonly #members: MemberTable
  readonly #health: LocalHealth
  readonly #news: News
  readonly #messenger: Messenger
  readonly #detector: Detector
  readonly #group: Group
  readonly #options: ResolvedSwimOptions
  readonly #environment: SwimEnvironment
  readonly #exchange: Exchange
  #since = 0
  /** A session ends when the member leaves, and its timers with it. They are the same each time. */
  #session = 0
  #periodTimer: SessionTimer = { type: 'period', session: 0 }
  #gossipTimer: SessionTimer = { type: 'gossip', session: 0 }

  constructor(environment: SwimEnvironment, options: ResolvedSwimOptions, needs: SwimNeeds) {
    this.#environment = environment
    this.#options = options
    const order = new ProbeOrder(options.witnesses)
    const health = new LocalHealth(options.localHealthLimit)
    const members = needs.members ?? new OwnTable()
    const includes = order.include.bind(order, members)
    const ask = (peer: PeerId): void => this.#detector.ask(peer)
    const group = new Group({ environment, addresses: needs.addresses, members, health, includes, ask }, options)
    const messenger = new Messenger(environment, group, health)
    this.#members = members
    this.#health = health
    this.#news = group.news
    this.#group = group
    this.#messenger = messenger
    this.#detector = new Detector({ environment, group, health, order, messenger }, options)
    const retryLater = (attempt: number, delay: Duration): void =>
      environment.schedule({ type: 'join', session: this.#session, attempt }, delay)
    this.#exchange = new Exchange({ environment, group, messenger, retryLater }, options)
  }

  start(): void {
    this.#environment.emit({ type: 'started' })
    // Those who know it from the start need not hear of it.
    if (this.#members.size === 0) this.#group.self.announce()
    this.#takePart()
  }

  receive(message: SwimMessage, from: PeerId): void {
    if (this.#state === 'left') return this.#answerAfterLeaving(message, from)
    if (this.#state !== 'member' || !this.#hearSender(message, from)) return
    // A member in the best of health does not compare itself with others.
    if (this.#health.multiplier > 0 && 'health' in message) this.#detector.heardHealth(from, message.health)
    const { updates } = message
    const isList = message.type === 'push'
    // Not by `for of`: most messages carry the one frozen list that is empty, others an array, and engines that have seen
    // both kinds call an iterator for each item.
    for (let index = 0; index < updates.length; index++) this.#group.hear(updates[index] as MemberUpdate, from, isList)
    switch (message.type) {
      case 'ping':
        this.#messenger.ack(from, message.probe)
        break
      case 'ack':
        this.#detector.acknowledged(message.probe, from)
        break
      case 'ping-req':
        this.#detector.pingFor(from, message)
        break
      case 'nack':
        this.#detector.refused(message.probe, from)
        break
      case 'digest':
        this.#exchange.compared(from, message.digest)
        break
      case 'push':
        this.#exchange.received(from, message.pull)
        break
      case 'gossip':
    }
    this.#spread()
  }

  expire(timer: SwimTimer): void {
    // Who has left still forgets: there is one such timer, and it would be missing when it joins again.
    if (this.#state !== 'member' && timer.type !== 'forget') return
    if ('session' in timer && timer.session !== this.#session) return
    switch (timer.type) {
      case 'period':
        this.#beginPeriod()
        break
      case 'probe-timeout':
        this.#detector.probeIndirectly(timer.probe)
        break
      case 'nack':
        this.#detector.refuse(timer.probe)
        break
      case 'suspicion':
        this.#group.alarm(timer.peer, timer.due)
        break
      case 'gossip':
        this.#gossip()
        break
      case 'sync':
        this.#sync()
        break
      case 'join':
        this.#exchange.retry(timer.attempt)
        break
      case 'settle':
        this.#group.settle(timer.due)
        break
      case 'forget':
        this.#group.forgetGone()
    }
    this.#spread()
  }

  connected(peer: PeerId): void {
    if (this.#state === 'member') this.#exchange.connected(peer)
  }

  disconnected(peer: PeerId): void {
    this.#exchange.lost(peer)
  }

  stop(): void {
    if (this.#state === 'member') this.#sayFarewell()
    this.#state = 'stopped'
  }

  /** Asks these for their member lists, now and until they answer. Also the way back after `leave`. */
  join(seeds: readonly PeerId[]): void {
    this.#exchange.addSeeds(seeds)
    if (this.#state === 'left') {
      this.#group.resume()
      this.#detector.resume()
      this.#group.self.announceAgain()
      this.#takePart()
    } else if (this.#state === 'member') {
      this.#exchange.join()
    }
  }

  /** Tells the others, and takes no more part than to answer those who have not heard. */
  leave(): void {
    if (this.#state !== 'member') return
    this.#sayFarewell()
    this.#state = 'left'
    this.#session++
    this.#exchange.clear()
  }

  /** This member first. */
  members(): Member[] {
    const { self } = this.#group
    const { incarnation, tags } = self
    const own: Member = {
      peer: this.#environment.self,
      state: this.#state === 'left' || this.#state === 'stopped' ? 'left' : self.isUnfit ? 'suspected' : 'alive',
      incarnation,
      since: this.#since,
      ...(tags.version === 0 ? {} : { tags: tags.tags }),
    }
    const { members } = this.#group
    return [own, ...Array.from(records(members), (record) => memberOf(members, record))]
  }

  sample(count: number): PeerId[] {
    return sampleLive(this.#members, this.#environment.random, count)
  }

  /** @throws RangeError when they exceed the limits */
  setTags(tags: Tags): void {
    this.#group.self.setTags(tags)
    this.#spread()
  }

  /** @returns undefined for a peer that is not known */
  tags(peer: PeerId): Tags | undefined {
    const { members, self } = this.#group
    return peer === this.#environment.self ? self.tags.tags : members.get(peer)?.tags.tags
  }

  #takePart(): void {
    const { probeInterval, syncInterval } = this.#options
    const session = this.#session
    this.#state = 'member'
    this.#since = this.#environment.now()
    this.#gossiping = false
    this.#periodTimer = { type: 'period', session }
    this.#gossipTimer = { type: 'gossip', session }
    // Members that start together do not stay in step.
    this.#environment.schedule(this.#periodTimer, integer(this.#environment.random, probeInterval))
    if (syncInterval > 0) this.#scheduleSync(integer(this.#environment.random, syncInterval))
    this.#exchange.start()
    this.#spread()
  }

  /** @returns false for a message from oneself */
  #hearSender(message: SwimMessage, from: PeerId): boolean {
    const { incarnation, leaving, unfit } = message
    const members = this.#members
    const probed = message.type === 'ack' ? this.#detector.probed(from) : undefined
    const before = probed ?? members.get(from)
    // Nearly always nothing is new.
    const isPlain = leaving !== true && (unfit !== true || before?.state === 'unfit')
    if (before !== undefined && isPlain && incarnation <= before.incarnation) return true
    if (from === this.#environment.self) return false
    const wasGone = before !== undefined && isGone(before.state)
    const state = leaving === true ? 'left' : unfit === true ? 'unfit' : 'alive'
    this.#group.hear({ peer: from, state, incarnation, addresses: [] }, from, false)
    if (leaving === true) this.#exchange.lost(from)
    // Whoever is back from the dead may bring the other half of a partition with it.
    if (wasGone && isLive(members, from)) this.#exchange.compare(from)
    return true
  }

  #beginPeriod(): void {
    this.#group.self.announceMoves()
    this.#detector.beginPeriod()
    this.#environment.schedule(this.#periodTimer, this.#health.stretched(this.#options.probeInterval))
    if (this.#options.syncInterval === 0) this.#exchange.recallSeeds()
  }

  /**
   * The list is compared with that of one live member. One that is gone is pinged: a partition may have healed, and that it
   * left may have been a lie.
   */
  #sync(): void {
    this.#exchange.withRandomMember()
    const gone = sampleGone(this.#members, this.#environment.random)
    if (gone !== undefined) this.#detector.call(gone)
    this.#scheduleSync(this.#options.syncInterval)
  }

  #scheduleSync(delay: Duration): void {
    this.#environment.schedule({ type: 'sync', session: this.#session }, delay)
  }

  /** Called after every input: whatever is news gets a round of gossip, if none is due already. */
  #spread(): void {
    if (this.#gossiping || this.#news.isEmpty || this.#state !== 'member') return
    if (this.#options.gossipInterval === 0 || this.#members.liveCount === 0) return
    this.#gossiping = true
    this.#environment.schedule(this.#gossipTimer, this.#options.gossipInterval)
  }

  /** With any of the live and the recently failed, all of them equally likely. */
  #gossip(): void {
    this.#gossiping = false
    const { random } = this.#environment
    const members = this.#members
    const messenger = this.#messenger
    const lately = this.#group.lately()
    let live = this.#options.gossipFanout
    let failed = 0
    for (let count = live; lately.length > 0 && count > 0; count--) {
      if (integer(random, members.liveCount + lately.length) >= lately.length) continue
      live--
      failed++
    }
    for (const record of sampleRecords(members, random, live)) messenger.gossip(record.peer, record)
    if (failed > 0) for (const peer of sample(random, lately, failed)) messenger.gossip(peer)
  }

  #sayFarewell(): void {
    const { members } = this.#group
    const limit = transmissionLimit(this.#options.transmissionMultiplier, members.liveCount + 1)
    const count = Math.max(leastFarewells, limit)
    for (const peer of sampleLive(members, this.#environment.random, count)) this.#messenger.farewell(peer)
  }

  #answerAfterLeaving(message: SwimMessage, from: PeerId): void {
    if (message.type === 'ping') this.#messenger.leftAck(from, message.probe)
    else if (message.leaving !== true) this.#messenger.left(from)
  }
}
