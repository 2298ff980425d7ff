import type { Duration, Instant, LookupContact, PeerId } from '../../node/protocol/index.ts'
import { arcIn } from './arc.ts'
import { IterativeLookup, success, type LookupOutcome, type LookupPorts, type Sought } from './lookup.ts'
import type { Notice, Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import { isPlausible } from './plausibility.ts'
import { ringNode, type RingNode } from './ring-node.ts'

export interface RecursivePorts extends LookupPorts {
  /** Asks once whether that peer takes the lookup on. */
  handOn(peer: PeerId, settle: (reply: Reply | undefined) => void): void
  after(delay: Duration, act: () => void): void
}

/** Share of `lookupTimeout` after which a route is given up: some dead peers on the way, and there is time for a lookup yet. */
const patience = 1 / 4

/**
 * One recursive lookup (Stoica et al., ToN 2003, §VI-B): the question is handed from peer to peer, and whoever knows the
 * answer sends it here. Between the first and the last nobody is seen: one of them may have died with the question, or lie.
 * So where no answer comes for long, or one that cannot well be, the route is given up, and this peer looks iteratively.
 */
export class RecursiveLookup {
  readonly #sought: Sought
  readonly #ports: RecursivePorts
  readonly #options: ResolvedChordOptions
  readonly #begun: Instant
  /** Those whom this peer itself has asked to take it on. */
  readonly #contacts: LookupContact[] = []
  readonly #silent: RingNode[] = []
  /** When it was handed on last. */
  #handedOnAt: Duration = 0
  #takenBy: PeerId | undefined
  /** In place of the route, once that is given up. */
  #iterative: IterativeLookup | undefined
  #isSettled = false

  constructor(sought: Sought, ports: RecursivePorts, options: ResolvedChordOptions) {
    this.#sought = sought
    this.#ports = ports
    this.#options = options
    this.#begun = ports.now()
  }

  begin(nodes: readonly RingNode[]): void {
    this.#handOn(nodes)
    this.#ports.after(Math.ceil(patience * this.#options.lookupTimeout), () => this.#giveUpRoute())
  }

  /** That peer says where the route has ended. */
  routed(from: PeerId, { at, path, successors: list }: Extract<Notice, { readonly type: 'routed' }>): void {
    if (this.#iterative !== undefined) return
    const node = ringNode(from, at)
    const arc = arcIn(node, list, this.#sought.key, this.#sought.following)
    if (arc === undefined) {
      this.#ports.disordered(from)
      return this.#giveUpRoute()
    }
    if (!isPlausible({ from: node, list, arc }, this.#ports.spacing(), this.#silent)) return this.#giveUpRoute()
    const way = [...path, from]
    this.#settle(success({ from: node, arc }, way.length, [...this.#contacts, ...this.#unseen(way)]))
  }

  fail(reason: string): void {
    if (this.#iterative === undefined) this.end(reason)
    else this.#iterative.fail(reason)
  }

  end(reason: string): void {
    if (this.#iterative !== undefined) return this.#iterative.end(reason)
    const hops = this.#takenBy === undefined ? 0 : 1
    this.#settle({ type: 'failed', reason, hops, contacts: [...this.#contacts] })
  }

  /** To the nearest that takes it. */
  #handOn([next, ...others]: readonly RingNode[]): void {
    if (this.#isSettled || this.#iterative !== undefined) return
    if (next === undefined) return this.#giveUpRoute()
    const { peer } = next
    const at = this.#elapsed
    this.#handedOnAt = at
    this.#ports.handOn(peer, (reply) => {
      const outcome = reply === undefined ? 'timed-out' : 'answered'
      this.#contacts.push({ peer, at, took: this.#elapsed - at, outcome })
      if (reply === undefined) {
        this.#silent.push(next)
        this.#ports.silent(peer)
      }
      if (reply?.type === 'yes') this.#takenBy = peer
      else this.#handOn(others)
    })
  }

  /** When each of those on the way was asked only they know. */
  #unseen(way: readonly PeerId[]): LookupContact[] {
    const at = this.#handedOnAt
    const took = this.#elapsed - at
    const unseen = way[0] === this.#takenBy ? way.slice(1) : way
    return unseen.map((peer) => ({ peer, at, took, outcome: 'answered' }))
  }

  #giveUpRoute(): void {
    if (this.#isSettled || this.#iterative !== undefined) return
    const later = this.#elapsed
    const silent = this.#silent.map(({ peer }) => peer)
    const settle = (outcome: LookupOutcome): void => {
      const contacts = outcome.contacts.map((contact) => ({ ...contact, at: contact.at + later }))
      this.#settle({ ...outcome, contacts: [...this.#contacts, ...contacts] })
    }
    const own: LookupPorts['own'] = (following, avoid) => this.#ports.own(following, new Set([...avoid, ...silent]))
    this.#iterative = new IterativeLookup(this.#sought, { ...this.#ports, own, settle }, this.#options)
    // With what this peer knows by now.
    this.#iterative.begin([])
  }

  get #elapsed(): Duration {
    return this.#ports.now() - this.#begun
  }

  #settle(outcome: LookupOutcome): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#ports.settle(outcome)
  }
}
