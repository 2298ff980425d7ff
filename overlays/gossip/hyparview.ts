import { integer, jitter, sample, type Instant, type PeerId } from '../../node/protocol/index.ts'
import { ActiveView } from './active-view.ts'
import type { GossipEnvironment } from './events.ts'
import { LostPeers } from './lost-peers.ts'
import type { HyParViewMessage } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'
import { PassiveView } from './passive-view.ts'
import { Promotion } from './promotion.ts'
import { Shuffling } from './shuffling.ts'
import type { HyParViewTimer } from './timers.ts'

export interface HyParViewPorts {
  readonly environment: GossipEnvironment
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
  /** Whether the peer may be a neighbour at all. */
  readonly admits: (peer: PeerId) => boolean
  /** How many trees grow over the link: what its loss would break. */
  readonly branches: (peer: PeerId) => number
  /** @param isNew the peer has just joined */
  readonly neighbourUp: (peer: PeerId, isNew: boolean) => void
  readonly neighbourDown: (peer: PeerId) => void
}

/** How a peer becomes a neighbour. */
interface Admission {
  /** Another has to go if there is no room. */
  readonly makeRoom: boolean
  /** It was asked, of this peer's own accord. */
  readonly isChosen?: boolean
  /** It has just joined, here. */
  readonly isNew?: boolean
}

/** In so long as many walks may end here as there are places. */
const walkWindow = 2000

/** How far from `shuffleInterval` and `rewireInterval` a peer strays, so that they do not come in step. */
const jitterShare = 0.2

/**
 * The partial view (Leitão, Pereira, Rodrigues: "HyParView: a membership protocol for reliable gossip-based broadcast",
 * DSN 2007): a small symmetric active view, held by what its members say, and a larger passive one to repair it from.
 *
 * 1. A peer enters the active view when it asked, or granted what was asked; it leaves when it says so, is disconnected,
 *    is silent for too long, or must make room. In the last two cases it is told.
 * 2. Whoever acts as a neighbour without being one is made one, or told that it is none.
 * 3. Nobody is left without neighbours while somebody can be reached: an urgent wish is always granted.
 */
export class HyParView {
  readonly #ports: HyParViewPorts
  readonly #options: ResolvedGossipOptions
  readonly #active: ActiveView
  readonly #passive: PassiveView
  readonly #lost = new LostPeers()
  readonly #promotion: Promotion
  readonly #shuffling: Shuffling
  #hasJoined = false
  #walks = 0
  #walksUntil: Instant = 0

  constructor(ports: HyParViewPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
    this.#active = new ActiveView(options.activeViewSize)
    this.#passive = new PassiveView(options.passiveViewSize)
    const { environment, admits } = ports
    const remember = (peer: PeerId, expendable?: PeerId[]): void => this.#remember(peer, expendable)
    const views = { active: this.#active, passive: this.#passive, lost: this.#lost }
    this.#promotion = new Promotion({ environment, sample: ports.sample, admits, remember, ...views }, options)
    this.#shuffling = new Shuffling(
      {
        environment,
        active: () => this.active(),
        passive: () => this.passive(),
        remember,
      },
      options,
    )
  }

  start(): void {
    const { environment } = this.#ports
    const { viewInterval, shuffleInterval, rewireInterval } = this.#options
    environment.schedule({ type: 'view' }, integer(environment.random, viewInterval))
    environment.schedule({ type: 'shuffle' }, integer(environment.random, shuffleInterval))
    if (rewireInterval > 0) environment.schedule({ type: 'rewire' }, integer(environment.random, rewireInterval))
    this.#fill()
  }

  stop(): void {
    for (const peer of this.#active.peers()) this.#send(peer, { type: 'disconnect' })
  }

  has(peer: PeerId): boolean {
    return this.#active.has(peer)
  }

  /** The neighbours of this moment. */
  active(): PeerId[] {
    return this.#active.peers()
  }

  passive(): readonly PeerId[] {
    return this.#passive.peers
  }

  heard(peer: PeerId): void {
    this.#active.heard(peer, this.#ports.environment.now())
  }

  receive(message: HyParViewMessage, from: PeerId): void {
    switch (message.type) {
      case 'join':
        this.#receiveJoin(from)
        break
      case 'forward-join':
        this.#receiveForwardJoin(message.joiner, message.ttl, from)
        break
      case 'neighbour':
        this.#asksToBeNeighbour(from, message.urgent)
        break
      case 'accept':
        this.#accepted(from)
        break
      case 'reject':
        this.#rejected(from)
        break
      case 'disconnect':
        this.#left(from)
        break
      case 'shuffle':
        // Only neighbours may have this peer call on others.
        if (this.#active.has(from) && this.#ports.admits(message.origin)) this.#shuffling.receive(message, from)
        break
      case 'shuffle-reply':
        this.#shuffling.answered(message.peers)
    }
  }

  expire(timer: HyParViewTimer): void {
    const { environment } = this.#ports
    switch (timer.type) {
      case 'view':
        this.#lookAfter()
        environment.schedule(timer, this.#options.viewInterval)
        break
      case 'shuffle':
        this.#shuffle()
        environment.schedule(timer, jitter(environment.random, this.#options.shuffleInterval, jitterShare))
        break
      case 'rewire':
        this.#rewire()
        environment.schedule(timer, jitter(environment.random, this.#options.rewireInterval, jitterShare))
        break
      case 'promotion':
        if (this.#promotion.expire(timer.peers)) this.#fill()
    }
  }

  connected(peer: PeerId): void {
    if (peer === this.#ports.environment.self) return
    this.#lost.remove(peer)
    this.#remember(peer)
    this.#fill()
  }

  /** A broken link is how HyParView notices failures (§4.1: TCP as a failure detector). */
  disconnected(peer: PeerId): void {
    this.#passive.remove(peer)
    this.#promotion.wishes.settle(peer)
    this.#lost.add(peer)
    this.#drop(peer)
    this.#fill()
  }

  /** @returns whether a peer that acts as a neighbour is one from here on */
  actsAsNeighbour(peer: PeerId): boolean {
    if (this.#active.has(peer)) return true
    this.#asksToBeNeighbour(peer, false)
    return this.#active.has(peer)
  }

  /** The peer has lost its place. */
  exclude(peer: PeerId): void {
    this.#passive.remove(peer)
    this.#lost.remove(peer)
    this.#promotion.wishes.settle(peer)
    this.#dismiss(peer)
    this.#fill()
  }

  /** §4.2: the contact takes the newcomer in, whoever must make room, and sends walks to find others for it. */
  #receiveJoin(joiner: PeerId): void {
    if (!this.#ports.admits(joiner)) return this.#send(joiner, { type: 'reject' })
    // Whoever is a neighbour still has begun a new life, and knows nothing of what it had announced.
    const hasReturned = this.#drop(joiner)
    this.#admit(joiner, { makeRoom: true, isNew: true })
    this.#send(joiner, { type: 'accept' })
    if (hasReturned) return
    const ttl = this.#options.activeWalkLength
    for (const peer of this.#active.peers())
      if (peer !== joiner) this.#send(peer, { type: 'forward-join', joiner, ttl })
  }

  /** §4.2: where the walk ends the newcomer gets a neighbour, and on its way a place in a passive view. */
  #receiveForwardJoin(joiner: PeerId, ttl: number, from: PeerId): void {
    const { environment, admits } = this.#ports
    // Only neighbours may have this peer call on others.
    if (!this.#active.has(from) || joiner === environment.self || !admits(joiner)) return
    const next = ttl > 0 ? this.#anyone(from, joiner) : undefined
    if (next === undefined) {
      // Deviation: it is asked, and enters the view when it answers: messages may be lost, and the joiner be a lie.
      if (!this.#active.has(joiner) && this.#mayEndWalk()) this.#promotion.ask(joiner, 'walk')
      return
    }
    if (ttl === this.#options.passiveWalkLength) this.#remember(joiner)
    const left = Math.min(ttl, this.#options.activeWalkLength) - 1
    this.#send(next, { type: 'forward-join', joiner, ttl: left })
  }

  /** Newcomers are taken in one at a time: whoever makes them up is not to rule the view. */
  #mayEndWalk(): boolean {
    const now = this.#ports.environment.now()
    if (now >= this.#walksUntil) {
      this.#walksUntil = now + walkWindow
      this.#walks = 0
    }
    return ++this.#walks <= this.#options.activeViewSize
  }

  /** §4.3: an urgent wish (high priority: no neighbours at all) is granted, another one if there is room. */
  #asksToBeNeighbour(peer: PeerId, urgent: boolean): void {
    if (this.#active.has(peer) || (this.#ports.admits(peer) && this.#admit(peer, { makeRoom: urgent }))) {
      return this.#send(peer, { type: 'accept' })
    }
    this.#send(peer, { type: 'reject' })
  }

  #accepted(peer: PeerId): void {
    const wish = this.#promotion.wishes.settle(peer)
    if (this.#active.has(peer)) return
    const makeRoom = wish !== undefined && wish !== 'low'
    const isChosen = wish !== undefined && wish !== 'walk'
    if (!this.#ports.admits(peer) || !this.#admit(peer, { makeRoom, isChosen }))
      this.#send(peer, { type: 'disconnect' })
  }

  /** It stays in the passive view: it is there, and may have room another time (§4.3). */
  #rejected(peer: PeerId): void {
    this.#promotion.wishes.refused(peer)
    if (this.#drop(peer)) this.#remember(peer)
    this.#fill()
  }

  /** §4.3: whoever disconnects is there still. */
  #left(peer: PeerId): void {
    this.#promotion.wishes.settle(peer)
    if (!this.#drop(peer)) return
    this.#remember(peer)
    this.#promotion.wishes.refused(peer)
    this.#fill()
  }

  #shuffle(): void {
    const { environment } = this.#ports
    const lost = this.#lost.next(environment.random)
    if (lost !== undefined && !this.#active.has(lost) && this.#ports.admits(lost)) this.#promotion.ask(lost, 'urgent')
    // The views have changed since: whoever was full may have room.
    this.#promotion.wishes.forgetRefusals()
    this.#fill()
    this.#shuffling.begin()
  }

  #remember(peer: PeerId, expendable?: PeerId[]): void {
    const { environment, admits } = this.#ports
    if (peer === environment.self || this.#active.has(peer) || !admits(peer)) return
    this.#passive.add(peer, environment.random, expendable)
  }

  /** Deviation: HyParView leaves to TCP whether neighbours are there; here a silent one is asked. */
  #lookAfter(): void {
    const now = this.#ports.environment.now()
    for (const peer of this.#active.silent(now - this.#options.neighbourTimeout)) {
      this.#dismiss(peer)
      this.#lost.add(peer)
    }
    for (const peer of this.#active.silent(now - this.#options.viewInterval)) {
      this.#send(peer, { type: 'neighbour', urgent: false })
    }
    // The others that are full are asked again with the next shuffle.
    if (this.#promotion.isInNeed) this.#promotion.wishes.forgetRefusals()
    this.#fill()
  }

  /**
   * Deviation: one neighbour is exchanged now and then. Two parts that were apart for long have forgotten each other; what
   * another overlay knows by now joins them again.
   */
  #rewire(): void {
    const [peer] = this.#strangers(1)
    if (peer !== undefined && this.#active.isFull) this.#promotion.ask(peer, 'urgent')
  }

  #fill(): void {
    this.#promotion.fill(!this.#hasJoined)
  }

  /** Anybody who is no neighbour. */
  #strangers(count: number): PeerId[] {
    const { environment, admits } = this.#ports
    const known = [...this.#ports.sample(this.#options.passiveViewSize), ...this.#passive.peers]
    const fits = (peer: PeerId): boolean => peer !== environment.self && !this.#active.has(peer) && admits(peer)
    return sample(environment.random, [...new Set(known)].filter(fits), count)
  }

  #admit(peer: PeerId, { makeRoom, isChosen = false, isNew = false }: Admission): boolean {
    const { environment, branches, neighbourUp } = this.#ports
    if (this.#active.isFull) {
      if (!makeRoom) return false
      const other = this.#active.mostExpendable({ branches, random: environment.random, isChosen })
      if (other === undefined) return false
      this.#dismiss(other)
      this.#remember(other)
    }
    this.#hasJoined = true
    this.#active.add(peer, environment.now(), isChosen)
    this.#passive.remove(peer)
    this.#lost.remove(peer)
    environment.emit({ type: 'neighbour-up', peer })
    neighbourUp(peer, isNew)
    return true
  }

  #dismiss(peer: PeerId): void {
    if (this.#drop(peer)) this.#send(peer, { type: 'disconnect' })
  }

  #drop(peer: PeerId): boolean {
    if (!this.#active.remove(peer)) return false
    this.#ports.environment.emit({ type: 'neighbour-down', peer })
    this.#ports.neighbourDown(peer)
    return true
  }

  /** Any neighbour but these, all equally likely. */
  #anyone(...excepted: readonly PeerId[]): PeerId | undefined {
    const others = this.active().filter((peer) => !excepted.includes(peer))
    return others.length === 0 ? undefined : others[integer(this.#ports.environment.random, others.length)]
  }

  #send(to: PeerId, message: HyParViewMessage): void {
    this.#ports.environment.send(to, message)
  }
}
