import { jitter, type Instant, type PeerId, type Protocol } from '../../node/protocol/index.ts'
import type { ChordEnvironment, RejectionReason } from './events.ts'
import { FingerKeeper } from './finger-keeper.ts'
import { Contacts } from './contacts.ts'
import { Gathering } from './gathering.ts'
import { Joining } from './joining.ts'
import { KnownRing } from './known-ring.ts'
import { Lookups } from './lookups.ts'
import type { ChordMessage, Question, Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import { ringRequests, type RingRequests } from './ring-requests.ts'
import { ringNode, type RingNode } from './ring-node.ts'
import { RollCall } from './roll-call.ts'
import { RoundTrips } from './round-trips.ts'
import { zaveRules, type RingRules } from './rules.ts'
import type { SettledRing } from './settled-ring.ts'
import type { ChordTimer } from './timers.ts'
import { Unification } from './unification.ts'
import { VirtualNode } from './virtual-node.ts'

export interface ChordNeeds {
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
  /** A ring that this peer is part of from the start, for simulations. */
  readonly ring?: SettledRing | undefined
  /** @default Zave's */
  readonly rules?: RingRules | undefined
  /** Told when the neighbourhood of a place of this peer has changed, or who is known where there is no ring. */
  readonly changed?: (() => void) | undefined
  /** Told when neighbours that follow `after` on the ring have been found dead at once. */
  readonly failed?: ((after: RingNode, dead: readonly RingNode[]) => void) | undefined
}

/** Where another ring is suspected, it is looked so many times as often. */
const hurry = 10

/** A peer on a Chord ring, with one or more places on it. Which file follows which section is in README.md. */
export class ChordCore implements Protocol<ChordMessage, ChordTimer> {
  readonly nodes: readonly VirtualNode[]
  readonly lookups: Lookups
  /** What this peer knows without asking. */
  readonly known: KnownRing
  readonly #environment: ChordEnvironment
  readonly #options: ResolvedChordOptions
  readonly #needs: ChordNeeds
  readonly #rules: RingRules
  readonly #requests: RingRequests
  readonly #rollCall: RollCall
  readonly #fingers: FingerKeeper
  readonly #gathering: Gathering
  readonly #unification: Unification
  readonly #contacts: Contacts
  readonly #joining: Joining
  #isRunning = false

  constructor(environment: ChordEnvironment, options: ResolvedChordOptions, needs: ChordNeeds) {
    this.#environment = environment
    this.#options = options
    this.#needs = needs
    this.#contacts = new Contacts(environment.random)
    const roundTrips = new RoundTrips()
    const requests = ringRequests(environment, options.requestTimeout, roundTrips)
    this.#requests = requests
    this.#rollCall = new RollCall(environment, requests, roundTrips, options.requestAttempts)
    this.#rules = needs.rules ?? zaveRules
    const left = (node: VirtualNode, former: readonly PeerId[]): void => this.#joining.left(node, former)
    const changed = (): void => this.#needs.changed?.()
    const reject = (from: PeerId, reason: RejectionReason): void => this.#reject(from, reason)
    const failed = ({ self }: VirtualNode, dead: readonly RingNode[]): void => this.#needs.failed?.(self, dead)
    this.nodes = Array.from({ length: options.virtualNodes }, (_, index) => {
      const [rules, rollCall] = [this.#rules, this.#rollCall]
      const ports = { environment, requests, rules, rollCall, left, changed, failed, reject }
      return new VirtualNode(ringNode(environment.self, index), ports, options)
    })
    this.lookups = new Lookups(
      {
        environment,
        requests,
        own: (key, following, avoid) => this.known.of(key, following, avoid),
        doors: () => [...this.#joining.doors, ...this.#contacts.connected()].map((peer) => ringNode(peer)),
        spacing: () => this.known.spacing(),
        silent: (peer) => this.#fingers.silent(peer),
        reject,
      },
      options,
    )
    this.#fingers = new FingerKeeper(this.nodes, { environment, requests, roundTrips, lookups: this.lookups }, options)
    this.#gathering = new Gathering(
      {
        environment,
        requests,
        contacts: () => [...this.#met(), ...this.#unification.named],
        founded: (neighbourhood) => this.#joining.founded(neighbourhood),
        enter: () => this.#joining.enter(),
        full: (from) => this.#reject(from, 'full'),
        changed,
      },
      options,
    )
    this.known = new KnownRing(environment.self, this.nodes, this.#gathering)
    this.#joining = new Joining(
      this.nodes,
      {
        environment,
        requests,
        rules: this.#rules,
        lookups: this.lookups,
        gathering: this.#gathering,
        reject,
      },
      options,
    )
    this.#unification = new Unification({
      environment,
      requests,
      lookups: this.lookups,
      neighbours: () => new Set([...this.known.peers, environment.self]),
      met: () => this.#met(),
      move: (door) => this.#move(door),
      full: (from) => this.#reject(from, 'full'),
    })
  }

  start(): void {
    this.#isRunning = true
    const { ring } = this.#needs
    for (const node of this.nodes) {
      const neighbourhood = ring?.neighbourhood(node.self, this.#options.successors)
      if (neighbourhood === undefined) continue
      ring?.fill(node.self, node.fingers)
      node.begin(neighbourhood)
    }
    if (this.isMember) this.#joining.joinRest()
    else this.#gathering.open()
    this.#fingers.round()
    this.#scheduleUnify()
  }

  receive(message: ChordMessage, from: PeerId): void {
    if (!this.#isRunning) return
    this.#requests.heard(from)
    this.#rollCall.heard(from)
    switch (message.type) {
      case 'state':
      case 'ping':
      case 'step':
      case 'route':
      case 'propose':
        return void this.#environment.send(from, this.#reply(message, from))
      case 'notify':
        return this.nodes[message.at]?.notified(ringNode(from, message.from))
      case 'routed':
        return this.lookups.routed(from, message)
      case 'gather':
        if (this.isMember) this.#environment.send(from, { type: 'inside' })
        else if (this.#gathering.isOpen) this.#gathering.heard(from, message.members)
        return undefined
      case 'inside':
        return this.#joining.foundDoor(from)
      case 'begin':
        return this.#gathering.begin(from, message.members)
      case 'gone':
        return this.#gone(from)
      case 'elsewhere':
        return this.#unification.name(message.door, from)
      default:
        if (!this.#requests.replied(message, from)) this.#reject(from, 'unasked')
    }
  }

  expire(timer: ChordTimer): void {
    if (!this.#isRunning) return
    switch (timer.type) {
      case 'stabilise':
        return this.nodes[timer.at]?.stabilise(timer.life)
      case 'join':
        return this.#joining.join(timer.at, timer.life)
      case 'request':
        return this.#requests.expire(timer.number)
      case 'lookup':
        return this.lookups.expire(timer.number)
      case 'fingers':
        return this.#fingers.round()
      case 'gather':
        return this.#gathering.round(timer.opening)
      case 'unify':
        return this.#unify()
    }
  }

  connected(peer: PeerId): void {
    if (peer !== this.#environment.self) this.#meet(peer)
    this.#gathering.met(peer)
  }

  disconnected(peer: PeerId): void {
    this.#contacts.lost(peer)
  }

  /** Leaving is failing, said aloud: whoever would have waited for an answer need not. */
  stop(): void {
    this.#isRunning = false
    const peers = new Set(this.nodes.flatMap(({ table, predecessor }) => [...table.nodes, predecessor]))
    for (const node of peers) if (node !== undefined && node.peer !== this.#environment.self) this.#sayGone(node.peer)
    if (!this.isMember) for (const { peer } of this.#gathering.members('0')) this.#sayGone(peer)
    this.lookups.stop()
  }

  now(): Instant {
    return this.#environment.now()
  }

  /** Whether some place of this peer is on the ring. */
  get isMember(): boolean {
    return this.nodes.some((node) => node.isMember)
  }

  #meet(peer: PeerId): void {
    const added = this.#contacts.add(peer)
    if (added === 'full') this.#reject(peer, 'full')
    if (added === 'new') this.#unification.suspect(peer)
  }

  #reply(question: Question, from: PeerId): Reply {
    const { number } = question
    switch (question.type) {
      case 'state':
        // A founder that has not heard yet that the ring has begun is no dead one.
        if (this.#gathering.isPromised) return { type: 'busy', number }
        return this.nodes[question.at]?.reply(number) ?? { type: 'outside', number }
      case 'ping': {
        const isThere = this.#gathering.isPromised || this.nodes[question.at]?.isMember === true
        return { type: isThere ? 'yes' : 'outside', number }
      }
      case 'step':
        return this.lookups.step(question)
      case 'route':
        return { type: this.lookups.route(question, from) ? 'yes' : 'no', number }
      case 'propose':
        return { type: this.#gathering.agrees(from, question.members) ? 'yes' : 'no', number }
    }
  }

  #move(door: PeerId): void {
    this.#environment.emit({ type: 'unified', by: door })
    for (const peer of new Set(this.known.peers)) this.#environment.send(peer, { type: 'elsewhere', door })
    this.#joining.moveTo(door)
  }

  #unify(): void {
    if (this.isMember) this.#unification.round()
    this.#scheduleUnify()
  }

  #met(): PeerId[] {
    return [...new Set([...this.#contacts.promising(), ...this.#needs.sample(this.#options.successors)])]
  }

  #scheduleUnify(): void {
    const { unifyInterval } = this.#options
    const interval = this.#unification.isSuspicious ? Math.ceil(unifyInterval / hurry) : unifyInterval
    this.#environment.schedule({ type: 'unify' }, jitter(this.#environment.random, interval, 0.2))
  }

  #gone(peer: PeerId): void {
    this.#requests.departed(peer)
    this.#fingers.silent(peer)
    this.#gathering.gone(peer)
    this.#contacts.gone(peer)
    this.#joining.gone(peer)
  }

  #sayGone(peer: PeerId): void {
    if (peer !== this.#environment.self) this.#environment.send(peer, { type: 'gone' })
  }

  #reject(from: PeerId, reason: RejectionReason): void {
    this.#environment.emit({ type: 'rejected', from, reason })
  }
}
