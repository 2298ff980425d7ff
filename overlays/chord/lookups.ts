import { integer, type Instant, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment, RejectionReason } from './events.ts'
import { arcIn } from './arc.ts'
import {
  IterativeLookup,
  success,
  type LookupOutcome,
  type LookupPorts,
  type OwnAnswer,
  type Sought,
} from './lookup.ts'
import { pathLimit, type Following, type Notice, type Question, type Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import type { RingRequests } from './ring-requests.ts'
import { ringNode, type RingNode, type RingPoint } from './ring-node.ts'

export interface LookupsPorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  /** @param avoid as if these were not there */
  readonly own: (key: RingPoint, following: Following, avoid?: ReadonlySet<PeerId>) => OwnAnswer
  /** Where a peer that is on no ring begins. */
  readonly doors: () => readonly RingNode[]
  /** How far neighbours are from each other, as a share of the ring; undefined where that cannot be told. */
  readonly spacing: () => number | undefined
  readonly silent: (peer: PeerId) => void
  readonly reject: (from: PeerId, reason: RejectionReason) => void
}

export interface LookOptions {
  /** Whom to ask first, in place of what this peer knows: to look from another ring. */
  readonly from?: readonly RingNode[]
  /** @default 0: the predecessor of the key has to say it itself */
  readonly following?: Following
  /** The same once an answer has been doubted. @default as before */
  readonly inDoubt?: Following
}

type Route = Extract<Question, { readonly type: 'route' }>

interface Running {
  /** Ends it with a failure. */
  readonly fail: (reason: string) => void
  /** Of a recursive one. */
  readonly routed?: (outcome: LookupOutcome) => void
  readonly sought: Sought
  readonly begun: Instant
}

const stopped = 'this peer has stopped'

/** All lookups of this peer, and its part in those of others. */
export class Lookups {
  readonly #ports: LookupsPorts
  readonly #options: ResolvedChordOptions
  readonly #running = new Map<number, Running>()
  #handedOn = 0
  #isStopped = false

  constructor(ports: LookupsPorts, options: ResolvedChordOptions) {
    this.#ports = ports
    this.#options = options
  }

  /**
   * @param settle called exactly once; at once if this peer knows the answer
   * @returns its number, for `cancel`; undefined if it has been settled
   */
  look(
    key: RingPoint,
    settle: (outcome: LookupOutcome) => void,
    { from, following = 0, inDoubt = following }: LookOptions = {},
  ): number | undefined {
    if (this.#isStopped) {
      settle({ type: 'failed', reason: stopped, hops: 0, contacts: [] })
      return undefined
    }
    const own = from === undefined ? this.#ports.own(key, following) : ({ type: 'closer', nodes: from } as const)
    if (own.type === 'found') {
      settle(success(own, 0, []))
      return undefined
    }
    const nodes = own.type === 'closer' ? own.nodes : this.#ports.doors()
    if (nodes.length === 0 || this.#running.size >= this.#options.lookupLimit) {
      const reason = nodes.length === 0 ? 'no peer is known' : `${this.#running.size} lookups are under way already`
      settle({ type: 'failed', reason, hops: 0, contacts: [] })
      return undefined
    }
    return this.#begin({ key, following, inDoubt }, nodes, settle, from === undefined && own.type === 'closer')
  }

  /** All that are under way have failed, and all that begin from here on. */
  stop(): void {
    this.#isStopped = true
    const running = Array.from(this.#running.values())
    for (const { fail } of running) fail(stopped)
  }

  cancel(number: number): void {
    this.#running.delete(number)
  }

  expire(number: number): void {
    this.#running.get(number)?.fail(`there was no answer within ${this.#options.lookupTimeout} ms`)
  }

  /** The reply to the question for a next step. */
  step(question: Extract<Question, { readonly type: 'step' }>): Reply {
    const { number } = question
    const own = this.#ports.own(question.key, question.following, new Set(question.avoid))
    switch (own.type) {
      case 'found':
        // Where there is no ring, each answers for itself.
        if (own.from.peer !== this.#ports.environment.self) return { type: 'outside', number }
        return { type: 'found', number, at: own.from.index, successors: own.list }
      case 'closer':
        return { type: 'closer', number, nodes: own.nodes }
      case 'outside':
        return { type: 'outside', number }
    }
  }

  /** Answers the origin of a recursive lookup, or hands it on. @returns whether it does either */
  route(route: Route): boolean {
    const { self } = this.#ports.environment
    const own = this.#ports.own(route.key, route.following)
    if (own.type === 'outside' || (own.type === 'found' && own.from.peer !== self)) return false
    if (own.type === 'found') {
      const { lookup, path, origin } = route
      const routed: Notice = { type: 'routed', lookup, at: own.from.index, path, successors: own.list }
      this.#ports.environment.send(origin, routed)
      return true
    }
    const isTaken = this.#handedOn < this.#options.lookupLimit && route.path.length < pathLimit
    const path = [...route.path, self]
    if (isTaken) this.#handOn({ ...route, path }, own.nodes, () => undefined)
    return isTaken
  }

  routed(from: PeerId, message: Extract<Notice, { readonly type: 'routed' }>): void {
    const running = this.#running.get(message.lookup)
    if (running?.routed === undefined) return this.#ports.reject(from, 'unasked')
    const node = ringNode(from, message.at)
    const arc = arcIn(node, message.successors, running.sought.key, running.sought.following)
    if (arc === undefined) return this.#ports.reject(from, 'disordered')
    const took = this.#ports.environment.now() - running.begun
    // When each of them was asked only they know.
    const contacts = [...message.path, from].map((peer) => ({ peer, at: 0, took, outcome: 'answered' as const }))
    running.routed(success({ from: node, arc }, contacts.length, contacts))
  }

  #begin(
    sought: Sought,
    nodes: readonly RingNode[],
    settle: (outcome: LookupOutcome) => void,
    isInside: boolean,
  ): number {
    const { environment } = this.#ports
    // Nobody else can guess it, so nobody else can answer a recursive lookup.
    const number = integer(environment.random, 2 ** 32) * 2 ** 16 + integer(environment.random, 2 ** 16)
    const end = (outcome: LookupOutcome): void => {
      if (this.#running.delete(number)) settle(outcome)
    }
    const begun = environment.now()
    environment.schedule({ type: 'lookup', number }, this.#options.lookupTimeout)
    if (isInside && this.#options.routing === 'recursive') {
      const fail = (reason: string): void => end({ type: 'failed', reason, hops: 0, contacts: [] })
      this.#running.set(number, { sought, begun, fail, routed: end })
      const { key, following } = sought
      const route = {
        type: 'route',
        number: 0,
        key,
        following,
        origin: environment.self,
        lookup: number,
        path: [],
      } as const
      this.#handOn(route, nodes, () => fail('nobody who is known answers'))
      return number
    }
    const lookup = new IterativeLookup(sought, this.#iterativePorts(sought.key, isInside, end), this.#options)
    this.#running.set(number, { sought, begun, fail: (reason) => lookup.fail(reason) })
    lookup.begin(nodes)
    return number
  }

  #iterativePorts(key: RingPoint, isInside: boolean, settle: (outcome: LookupOutcome) => void): LookupPorts {
    const { environment, requests, spacing, silent, reject } = this.#ports
    return {
      self: environment.self,
      now: () => environment.now(),
      ask: (peer, following, avoid, answered) =>
        requests.ask(peer, { type: 'step', key, following, avoid }, 1, answered),
      own: (following, avoid) => (isInside ? this.#ports.own(key, following, avoid) : { type: 'outside' }),
      spacing,
      silent,
      disordered: (peer) => reject(peer, 'disordered'),
      settle,
    }
  }

  /** To the nearest that takes it. */
  #handOn(route: Route, [next, ...others]: readonly RingNode[], failed: () => void): void {
    if (next === undefined) return failed()
    this.#handedOn++
    this.#ports.requests.ask(next.peer, route, 1, (reply) => {
      this.#handedOn--
      if (reply?.type === 'yes') return
      if (reply === undefined) this.#ports.silent(next.peer)
      this.#handOn(route, others, failed)
    })
  }
}
