import { integer, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment, RejectionReason } from './events.ts'
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
import { RecursiveLookup, type RecursivePorts } from './recursive-lookup.ts'
import type { RingRequests } from './ring-requests.ts'
import type { RingNode, RingPoint } from './ring-node.ts'

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

const stopped = 'this peer has stopped'

/** All lookups of this peer, and its part in those of others. */
export class Lookups {
  readonly #ports: LookupsPorts
  readonly #options: ResolvedChordOptions
  readonly #running = new Map<number, IterativeLookup | RecursiveLookup>()
  /** Lookups of others that are being handed on. */
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
    for (const lookup of running) lookup.end(stopped)
  }

  /** Ends a lookup without a word: it asks nobody more, and `settle` is not called. */
  cancel(number: number): void {
    const lookup = this.#running.get(number)
    this.#running.delete(number)
    lookup?.end('it is not wanted any more')
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

  /** Answers the origin of a recursive lookup of somebody else, or hands it on. @returns whether it does either */
  route(route: Route, from: PeerId): boolean {
    const { self } = this.#ports.environment
    const own = this.#ports.own(route.key, route.following)
    if (own.type === 'outside' || (own.type === 'found' && own.from.peer !== self)) return false
    if (own.type === 'found') {
      const { lookup, path, origin } = route
      const routed: Notice = { type: 'routed', lookup, at: own.from.index, path, successors: own.list }
      this.#ports.environment.send(origin, routed)
      return true
    }
    if (own.nodes.length === 0) return false
    if (this.#handedOn >= this.#options.lookupLimit || route.path.length >= pathLimit) {
      this.#ports.reject(from, 'full')
      return false
    }
    this.#handOn({ ...route, path: [...route.path, self] }, own.nodes)
    return true
  }

  routed(from: PeerId, message: Extract<Notice, { readonly type: 'routed' }>): void {
    const lookup = this.#running.get(message.lookup)
    if (lookup instanceof RecursiveLookup) lookup.routed(from, message)
    else this.#ports.reject(from, 'unasked')
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
    environment.schedule({ type: 'lookup', number }, this.#options.lookupTimeout)
    const ports = this.#iterativePorts(sought.key, isInside, end)
    const lookup =
      isInside && this.#options.routing === 'recursive'
        ? new RecursiveLookup(sought, { ...ports, ...this.#routing(number, sought) }, this.#options)
        : new IterativeLookup(sought, ports, this.#options)
    this.#running.set(number, lookup)
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

  #routing(lookup: number, { key, following }: Sought): Pick<RecursivePorts, 'handOn' | 'after'> {
    const { environment, requests } = this.#ports
    const route = { type: 'route', key, following, origin: environment.self, lookup, path: [] } as const
    return {
      handOn: (peer, answered) => requests.ask(peer, route, 1, answered),
      after: (delay, act) => requests.after(delay, act),
    }
  }

  /** To the nearest that takes it. If nobody does, the origin will notice. */
  #handOn(route: Route, [next, ...others]: readonly RingNode[]): void {
    if (next === undefined) return
    this.#handedOn++
    this.#ports.requests.ask(next.peer, route, 1, (reply) => {
      this.#handedOn--
      if (reply?.type === 'yes') return
      if (reply === undefined) this.#ports.silent(next.peer)
      this.#handOn(route, others)
    })
  }
}
