import { integer, jitter, sample, type Instant, type PeerId } from '../../node/protocol/index.ts'
import type { GossipEnvironment } from './events.ts'
import { LostPeers } from './lost-peers.ts'
import type { HyParViewMessage } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'
import { PassiveView } from './passive-view.ts'
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

/** What was asked of a peer that has not answered. */
type Wish = 'join' | 'urgent' | 'low'

interface Ask {
  readonly wish: Wish
  readonly since: Instant
}

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
  readonly #active = new Map<PeerId, Instant>()
  readonly #passive: PassiveView
  readonly #lost = new LostPeers()
  readonly #asked = new Map<PeerId, Ask>()
  /** Who has refused since the last look at the view. */
  readonly #refused = new Set<PeerId>()
  readonly #shuffling: Shuffling
  #hasJoined = false

  constructor(ports: HyParViewPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
    this.#passive = new PassiveView(options.passiveViewSize)
    this.#shuffling = new Shuffling(
      {
        environment: ports.environment,
        active: () => this.active(),
        passive: () => this.passive(),
        remember: (peer, expendable) => this.#remember(peer, expendable),
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
    for (const peer of this.#active.keys()) this.#send(peer, { type: 'disconnect' })
  }

  has(peer: PeerId): boolean {
    return this.#active.has(peer)
  }

  /** The neighbours of this moment. */
  active(): PeerId[] {
    return [...this.#active.keys()]
  }

  passive(): readonly PeerId[] {
    return this.#passive.peers
  }

  heard(peer: PeerId): void {
    if (this.#active.has(peer)) this.#active.set(peer, this.#ports.environment.now())
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
        this.#promotionFailed(timer.peers)
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
    this.#asked.delete(peer)
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
    this.#asked.delete(peer)
    this.#dismiss(peer)
    this.#fill()
  }

  /** §4.2: the contact takes the newcomer in, whoever must make room, and sends walks to find others for it. */
  #receiveJoin(joiner: PeerId): void {
    if (!this.#ports.admits(joiner)) return this.#send(joiner, { type: 'reject' })
    const isNew = !this.#active.has(joiner)
    if (isNew) this.#admit(joiner, true, true)
    this.#send(joiner, { type: 'accept' })
    if (!isNew) return
    const ttl = this.#options.activeWalkLength
    for (const peer of this.#active.keys()) if (peer !== joiner) this.#send(peer, { type: 'forward-join', joiner, ttl })
  }

  /** §4.2: where the walk ends the newcomer gets a neighbour, and on its way a place in a passive view. */
  #receiveForwardJoin(joiner: PeerId, ttl: number, from: PeerId): void {
    const { environment, admits } = this.#ports
    // Only neighbours may have this peer call on others.
    if (!this.#active.has(from) || joiner === environment.self || !admits(joiner)) return
    const next = ttl > 0 ? this.#anyone(from, joiner) : undefined
    if (next === undefined) {
      // Deviation: it is asked, and enters the view when it answers: messages may be lost, and the joiner be a lie.
      if (!this.#active.has(joiner)) this.#ask(joiner, 'urgent')
      return
    }
    if (ttl === this.#options.passiveWalkLength) this.#remember(joiner)
    const left = Math.min(ttl, this.#options.activeWalkLength) - 1
    this.#send(next, { type: 'forward-join', joiner, ttl: left })
  }

  /** §4.3: an urgent wish (high priority: no neighbours at all) is granted, another one if there is room. */
  #asksToBeNeighbour(peer: PeerId, urgent: boolean): void {
    if (this.#active.has(peer) || (this.#ports.admits(peer) && this.#admit(peer, urgent))) {
      return this.#send(peer, { type: 'accept' })
    }
    this.#send(peer, { type: 'reject' })
  }

  #accepted(peer: PeerId): void {
    const wish = this.#asked.get(peer)?.wish
    this.#asked.delete(peer)
    if (this.#active.has(peer)) return
    const isWished = wish !== undefined && wish !== 'low'
    if (!this.#ports.admits(peer) || !this.#admit(peer, isWished)) this.#send(peer, { type: 'disconnect' })
  }

  /** It stays in the passive view: it is there, and may have room another time (§4.3). */
  #rejected(peer: PeerId): void {
    this.#asked.delete(peer)
    this.#refused.add(peer)
    if (this.#drop(peer)) this.#remember(peer)
    this.#fill()
  }

  /** §4.3: whoever disconnects is there still. */
  #left(peer: PeerId): void {
    this.#asked.delete(peer)
    if (!this.#drop(peer)) return
    this.#remember(peer)
    this.#refused.add(peer)
    this.#fill()
  }

  #shuffle(): void {
    const { environment } = this.#ports
    const lost = this.#lost.next(environment.random)
    if (lost !== undefined && !this.#active.has(lost) && this.#ports.admits(lost)) this.#ask(lost, 'urgent')
    // The views have changed since: whoever was full may have room.
    this.#refused.clear()
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
    for (const [peer, heardAt] of this.#active) {
      if (now - heardAt >= this.#options.neighbourTimeout) {
        this.#dismiss(peer)
        this.#lost.add(peer)
      } else if (now - heardAt >= this.#options.viewInterval) this.#send(peer, { type: 'neighbour', urgent: false })
    }
    // The others that are full are asked again with the next shuffle.
    if (this.#isInNeed) this.#refused.clear()
    this.#fill()
  }

  /**
   * Deviation: one neighbour is exchanged now and then. Two parts that were apart for long have forgotten each other; what
   * another overlay knows by now joins them again.
   */
  #rewire(): void {
    const [peer] = this.#strangers(1)
    if (peer !== undefined && this.#active.size >= this.#options.activeViewSize) this.#ask(peer, 'urgent')
  }

  /** §4.3: lost neighbours are replaced from the passive view. */
  #fill(): void {
    const { environment } = this.#ports
    const missing = this.#options.activeViewSize - this.#active.size - this.#asked.size
    if (missing <= 0) return
    const candidates = this.#promotable()
    if (candidates.length < missing) {
      for (const peer of this.#ports.sample(this.#options.passiveViewSize)) this.#remember(peer)
    }
    const chosen = sample(environment.random, this.#promotable(), missing)
    if (chosen.length === 0 && this.#active.size === 0) {
      const lost = this.#lost.any(environment.random)
      if (lost !== undefined && this.#asked.size === 0 && this.#ports.admits(lost)) chosen.push(lost)
    }
    if (chosen.length === 0) return
    // A newcomer needs one contact, and is found others by it.
    const joins = !this.#hasJoined && this.#active.size === 0
    const wish: Wish = joins ? 'join' : this.#isInNeed ? 'urgent' : 'low'
    this.#askAll(joins ? chosen.slice(0, Math.max(0, 1 - this.#asked.size)) : chosen, wish)
  }

  /**
   * Deviation: in the paper only who has no neighbour at all is in need. A few peers that have each other and nobody else
   * were then refused by everybody, and cut off for good.
   */
  get #isInNeed(): boolean {
    const { size } = this.#active
    return size === 0 || (this.#refused.size > 0 && 2 * size < this.#options.activeViewSize)
  }

  #promotable(): PeerId[] {
    return this.#passive.peers.filter((peer) => !this.#asked.has(peer) && !this.#refused.has(peer))
  }

  /** Anybody who is no neighbour. */
  #strangers(count: number): PeerId[] {
    const { environment, admits } = this.#ports
    const known = [...this.#ports.sample(this.#options.passiveViewSize), ...this.#passive.peers]
    const fits = (peer: PeerId): boolean => peer !== environment.self && !this.#active.has(peer) && admits(peer)
    return sample(environment.random, [...new Set(known)].filter(fits), count)
  }

  #ask(peer: PeerId, wish: Wish): void {
    this.#askAll([peer], wish)
  }

  #askAll(peers: readonly PeerId[], wish: Wish): void {
    if (peers.length === 0) return
    const since = this.#ports.environment.now()
    for (const peer of peers) {
      this.#asked.set(peer, { wish, since })
      this.#send(peer, wish === 'join' ? { type: 'join' } : { type: 'neighbour', urgent: wish !== 'low' })
    }
    const timer: HyParViewTimer = { type: 'promotion', peers }
    this.#ports.environment.schedule(timer, this.#options.promotionTimeout)
  }

  /** §4.3: who does not answer is gone, and leaves the passive view; the next one is tried. */
  #promotionFailed(peers: readonly PeerId[]): void {
    const before = this.#ports.environment.now() - this.#options.promotionTimeout
    let failed = false
    for (const peer of peers) {
      const asked = this.#asked.get(peer)
      // It has answered; and may have been asked again since.
      if (asked === undefined || asked.since > before) continue
      this.#asked.delete(peer)
      failed = true
      if (!this.#passive.has(peer)) continue
      this.#passive.remove(peer)
      this.#lost.add(peer)
    }
    if (failed) this.#fill()
  }

  #admit(peer: PeerId, makeRoom: boolean, isNew = false): boolean {
    const { environment, neighbourUp } = this.#ports
    if (this.#active.size >= this.#options.activeViewSize) {
      const other = makeRoom ? this.#mostExpendable() : undefined
      if (other === undefined) return false
      this.#dismiss(other)
      this.#remember(other)
    }
    this.#hasJoined = true
    this.#active.set(peer, environment.now())
    this.#passive.remove(peer)
    this.#lost.remove(peer)
    environment.emit({ type: 'neighbour-up', peer })
    neighbourUp(peer, isNew)
    return true
  }

  /** Deviation: in the paper anybody makes room. Whose link is no branch of a tree is missed by nobody. */
  #mostExpendable(): PeerId | undefined {
    let fewest = Number.POSITIVE_INFINITY
    let candidates: PeerId[] = []
    for (const peer of this.#active.keys()) {
      const branches = this.#ports.branches(peer)
      if (branches > fewest) continue
      if (branches < fewest) candidates = []
      fewest = branches
      candidates.push(peer)
    }
    return sample(this.#ports.environment.random, candidates, 1)[0]
  }

  #dismiss(peer: PeerId): void {
    if (this.#drop(peer)) this.#send(peer, { type: 'disconnect' })
  }

  #drop(peer: PeerId): boolean {
    if (!this.#active.delete(peer)) return false
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
