import {
  integer,
  sample,
  type AddressBook,
  type Duration,
  type Environment,
  type Member,
} from '../../node/protocol/index.ts'
import type { PeerId, Protocol } from '../../node/protocol/index.ts'
import { Contacts } from './contacts.ts'
import { Group, type SwimEvent } from './group.ts'
import { LocalHealth } from './health.ts'
import { isGone, memberOf } from './members.ts'
import type { SwimBody, SwimMessage } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'
import { pages } from './pages.ts'
import { Prober, type Probe } from './probe.ts'
import { Relays } from './relays.ts'
import { transmissionLimit } from './dissemination.ts'
import type { SwimTimer } from './timers.ts'

export interface SwimNeeds {
  /** Where members say they are reached, if the host has addresses; opaque to SWIM. */
  readonly addresses?: AddressBook | undefined
}

type PingRequest = Extract<SwimMessage, { readonly type: 'ping-req' }>
type SwimEnvironment = Environment<SwimMessage, SwimTimer, SwimEvent>

/** A leaving member tells at least this many others, so that a few lost messages do not make it look failed. */
const leastFarewells = 8

/** Probe intervals between two attempts to join, at most, while nobody is known. */
const longestLonelyWait = 4

/**
 * One member of a SWIM group (Das, Gupta, Motivala: "SWIM: Scalable Weakly-consistent Infection-style Process Group
 * Membership Protocol", DSN 2002). Which file follows which section is in README.md.
 */
export class SwimCore implements Protocol<SwimMessage, SwimTimer> {
  readonly #environment: SwimEnvironment
  readonly #options: ResolvedSwimOptions
  readonly #prober = new Prober()
  readonly #relays = new Relays()
  readonly #health: LocalHealth
  readonly #contacts = new Contacts()
  readonly #group: Group
  #state: 'idle' | 'member' | 'left' | 'stopped' = 'idle'
  #session = 0
  #gossiping = false
  #joining = false
  #since = 0

  constructor(environment: SwimEnvironment, options: ResolvedSwimOptions, { addresses }: SwimNeeds) {
    this.#environment = environment
    this.#options = options
    const includes = (peer: PeerId): void => this.#prober.include(environment.random, peer)
    this.#health = new LocalHealth(options.localHealthLimit)
    this.#group = new Group({ environment, addresses, includes, health: this.#health }, options)
  }

  start(): void {
    this.#group.announce()
    this.#takePart()
  }

  receive(message: SwimMessage, from: PeerId): void {
    if (this.#state === 'left') return this.#answerAfterLeaving(message, from)
    if (this.#state !== 'member' || from === this.#environment.self) return
    this.#hearSender(message, from)
    for (const update of message.updates) this.#group.hear(update, from, message.type === 'push')
    switch (message.type) {
      case 'ping':
        this.#send(from, { type: 'ack', probe: message.probe })
        break
      case 'ack':
        this.#acknowledge(message.probe, from)
        break
      case 'ping-req':
        this.#pingFor(from, message)
        break
      case 'nack':
        this.#prober.refuse(message.probe, from)
        break
      case 'push':
        this.#receivePush(from, message.pull)
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
        this.#probeIndirectly(timer.probe)
        break
      case 'suspicion':
        this.#group.confirm(timer.peer, timer.deadline)
        break
      case 'nack':
        this.#refuse(timer.probe)
        break
      case 'gossip':
        this.#gossip()
        break
      case 'sync':
        this.#sync()
        break
      case 'join':
        this.#retryJoin(timer.attempt)
        break
      case 'forget':
        this.#group.forgetGone()
    }
    this.#spread()
  }

  connected(peer: PeerId): void {
    if (this.#state !== 'member' || peer === this.#environment.self || this.#group.members.isLive(peer)) return
    if (this.#contacts.add(peer)) this.#push(peer, true)
    this.#awaitContacts(0)
  }

  disconnected(peer: PeerId): void {
    this.#contacts.lost(peer)
  }

  stop(): void {
    if (this.#state === 'member') this.#sayFarewell()
    this.#state = 'stopped'
  }

  /** Asks these for their member lists, now and until they answer. Also the way back after `leave`. */
  join(seeds: readonly PeerId[]): void {
    this.#contacts.addSeeds(seeds.filter((seed) => seed !== this.#environment.self))
    if (this.#state === 'left') {
      this.#group.announceAgain()
      this.#takePart()
    } else if (this.#state === 'member') {
      this.#join()
    }
  }

  /** Tells the others, and takes no more part than to answer those who have not heard. */
  leave(): void {
    if (this.#state !== 'member') return
    this.#sayFarewell()
    this.#state = 'left'
    this.#session++
    this.#contacts.clear()
  }

  /** This member first. */
  members(): Member[] {
    const { self } = this.#environment
    const state = this.#state === 'left' || this.#state === 'stopped' ? ('left' as const) : ('alive' as const)
    const own = { peer: self, state, incarnation: this.#group.incarnation, since: this.#since }
    return [own, ...Array.from(this.#group.members.records(), memberOf)]
  }

  sample(count: number): PeerId[] {
    return this.#group.members.sample(this.#environment.random, count)
  }

  #takePart(): void {
    const { probeInterval, syncInterval } = this.#options
    this.#state = 'member'
    this.#since = this.#environment.now()
    this.#gossiping = false
    this.#joining = false
    // Members that start together do not stay in step.
    this.#schedule('period', integer(this.#environment.random, probeInterval))
    if (syncInterval > 0) this.#schedule('sync', integer(this.#environment.random, syncInterval))
    this.#join()
    this.#spread()
  }

  #hearSender({ incarnation, leaving }: SwimMessage, from: PeerId): void {
    const known = this.#group.members.get(from)
    const wasGone = known !== undefined && isGone(known.state)
    const state = leaving === true ? ('left' as const) : ('alive' as const)
    this.#group.hear({ peer: from, state, incarnation, addresses: [] }, from, false)
    if (leaving === true) this.#contacts.lost(from)
    // Whoever is back from the dead may bring the other half of a partition with it.
    if (wasGone && this.#group.members.isLive(from)) this.#push(from, true)
  }

  #beginPeriod(): void {
    const { members } = this.#group
    const silent = this.#prober.finish()
    if (silent !== undefined) this.#judge(silent)
    this.#group.announceMoves()
    const { random } = this.#environment
    const isLive = (peer: PeerId): boolean => members.isLive(peer)
    const probe = this.#prober.begin(random, members.live(), isLive, this.#environment.now())
    if (probe !== undefined) {
      this.#send(probe.target, { type: 'ping', probe: probe.number })
      const delay = this.#health.stretched(this.#options.probeTimeout)
      this.#environment.schedule({ type: 'probe-timeout', probe: probe.number }, delay)
    }
    this.#schedule('period', this.#health.stretched(this.#options.probeInterval))
  }

  /** The one place that decides what a silent probe means: for the target, and for this member's own health. */
  #judge({ target, relays, nacks }: Probe): void {
    this.#health.probeFailed(relays.length, nacks.length)
    this.#group.suspect(target)
  }

  #probeIndirectly(number: number): void {
    const probe = this.#prober.awaiting(number)
    if (probe === undefined) return
    const { random } = this.#environment
    const nack = this.#options.localHealthLimit > 0
    for (const relay of this.#group.members.sample(random, this.#options.indirectProbes, probe.target)) {
      probe.relays.push(relay)
      this.#send(relay, { type: 'ping-req', probe: number, target: probe.target, nack })
    }
  }

  /** Only members are pinged for others, so that nobody can be made to call on strangers. */
  #pingFor(requester: PeerId, { target, probe, nack }: PingRequest): void {
    if (this.#group.members.get(target) === undefined) return
    const number = this.#prober.number()
    this.#relays.add(number, { target, requester, requesterProbe: probe })
    this.#send(target, { type: 'ping', probe: number })
    if (!nack) return
    const { nackShare, probeTimeout } = this.#options
    this.#environment.schedule({ type: 'nack', probe: number }, Math.round(nackShare * probeTimeout))
  }

  #acknowledge(number: number, from: PeerId): void {
    const relay = this.#relays.acknowledge(number, from)
    if (relay !== undefined) return this.#send(relay.requester, { type: 'ack', probe: relay.requesterProbe })
    const acknowledged = this.#prober.acknowledge(number, from, this.#environment.now())
    if (acknowledged === undefined) return
    this.#health.probeSucceeded()
    if (acknowledged.type === 'direct') this.#group.members.measured(acknowledged.peer, acknowledged.roundTrip)
  }

  /** The requester learns that it hears this member, though the target does not answer; a late ack is passed on still. */
  #refuse(number: number): void {
    const relay = this.#relays.awaiting(number)
    if (relay !== undefined) this.#send(relay.requester, { type: 'nack', probe: relay.requesterProbe })
  }

  /**
   * The list is exchanged with one live member. One that is gone is pinged: a partition may have healed, and that it
   * left may have been a lie.
   */
  #sync(): void {
    const { random } = this.#environment
    const { members } = this.#group
    for (const partner of members.sample(random, 1)) this.#push(partner, true)
    const gone = members.sampleGone(random)
    if (gone !== undefined) this.#send(gone, { type: 'ping', probe: this.#prober.number() })
    if (members.liveCount === 0 && this.#contacts.waiting.size === 0) {
      this.#contacts.recallSeeds()
      this.#join()
    }
    this.#schedule('sync', this.#options.syncInterval)
  }

  #receivePush(from: PeerId, pull: boolean): void {
    this.#contacts.satisfied(from)
    const record = this.#group.members.get(from)
    if (!pull || record === undefined) return
    // A list is much larger than the message that asks for it: nobody gets it again at once.
    const now = this.#environment.now()
    if (now - record.pushedAt < this.#options.probeTimeout) return
    record.pushedAt = now
    this.#push(from, false)
  }

  #push(to: PeerId, pull: boolean): void {
    const [first = [], ...others] = pages(this.#group.list(), this.#options, this.#environment.random)
    this.#emitMessage(to, { type: 'push', pull }, first)
    for (const page of others) this.#emitMessage(to, { type: 'push', pull: false }, page)
  }

  #join(): void {
    for (const contact of this.#contacts.waiting) this.#push(contact, true)
    this.#awaitContacts(0)
  }

  #retryJoin(attempt: number): void {
    this.#joining = false
    for (const contact of this.#contacts.waiting) this.#push(contact, true)
    this.#awaitContacts(attempt)
  }

  /** Back-off doubles; a member that knows nobody yet keeps trying oftener than one that only wants another list. */
  #awaitContacts(attempt: number): void {
    if (this.#joining || this.#contacts.waiting.size === 0) return
    this.#joining = true
    const { probeInterval, syncInterval } = this.#options
    const lonely = this.#group.members.liveCount === 0 || syncInterval === 0
    const longest = lonely ? longestLonelyWait * probeInterval : syncInterval
    const delay = Math.min(probeInterval * 2 ** Math.min(attempt, 16), Math.max(probeInterval, longest))
    this.#environment.schedule({ type: 'join', session: this.#session, attempt: attempt + 1 }, delay)
  }

  /** Called after every input: whatever is news gets a round of gossip, if none is due already. */
  #spread(): void {
    const { gossipInterval } = this.#options
    if (this.#state !== 'member' || this.#gossiping || gossipInterval === 0) return
    if (!this.#group.hasNews || this.#group.members.liveCount === 0) return
    this.#gossiping = true
    this.#schedule('gossip', gossipInterval)
  }

  #gossip(): void {
    this.#gossiping = false
    for (const peer of this.#gossipPartners()) {
      const updates = this.#group.newsFor(peer)
      if (updates.length > 0) this.#emitMessage(peer, { type: 'gossip' }, updates)
    }
  }

  /** Any of the live and the recently failed, all of them equally likely. */
  #gossipPartners(): PeerId[] {
    const { random } = this.#environment
    const { members } = this.#group
    const lately = this.#group.lately()
    let [live, failed] = [this.#options.gossipFanout, 0]
    for (let count = live; lately.length > 0 && count > 0; count--) {
      if (integer(random, members.liveCount + lately.length) >= lately.length) continue
      live--
      failed++
    }
    return [...members.sample(random, live), ...sample(random, lately, failed)]
  }

  #sayFarewell(): void {
    this.#state = 'left'
    const { members } = this.#group
    const limit = transmissionLimit(this.#options.transmissionMultiplier, members.liveCount + 1)
    const count = Math.max(leastFarewells, limit)
    for (const peer of members.sample(this.#environment.random, count)) this.#send(peer, { type: 'gossip' })
  }

  #answerAfterLeaving(message: SwimMessage, from: PeerId): void {
    if (message.type === 'ping') this.#emitMessage(from, { type: 'ack', probe: message.probe }, [])
    else if (message.leaving !== true) this.#emitMessage(from, { type: 'gossip' }, [])
  }

  #schedule(type: 'period' | 'gossip' | 'sync', delay: Duration): void {
    this.#environment.schedule({ type, session: this.#session }, delay)
  }

  #send(to: PeerId, body: SwimBody): void {
    this.#emitMessage(to, body, this.#group.newsFor(to))
  }

  #emitMessage(to: PeerId, body: SwimBody, updates: SwimMessage['updates']): void {
    const leaving = this.#state === 'left' ? { leaving: true as const } : {}
    this.#environment.send(to, { ...body, incarnation: this.#group.incarnation, ...leaving, updates })
  }
}
