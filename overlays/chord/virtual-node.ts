import { jitter, type Instant, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment, RejectionReason } from './events.ts'
import { FingerTable } from './fingers.ts'
import type { Notice, Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import type { RingRequests } from './ring-requests.ts'
import type { RollCall } from './roll-call.ts'
import { clockwise, isSame, type RingNode } from './ring-node.ts'
import { HeadPatience } from './head-patience.ts'
import { RoutingTable } from './routing-table.ts'
import type { Answer, Neighbourhood, Pending, RingRules, Step } from './rules.ts'

export interface VirtualNodePorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  readonly rules: RingRules
  readonly rollCall: RollCall
  /**
   * The node is on the ring no longer: nobody of its list answers, or the ring has become too small to be one. `former` are
   * those that it knew.
   */
  readonly left: (node: VirtualNode, former: readonly PeerId[]) => void
  readonly changed: () => void
  /** Neighbours that follow each other have been found dead at once, in the order of the ring. */
  readonly failed: (node: VirtualNode, dead: readonly RingNode[]) => void
  readonly reject: (from: PeerId, reason: RejectionReason) => void
}

const outside: Neighbourhood = { successors: [], predecessor: undefined }

/** Share by which stabilisation is spread, so that neighbours do not find each other busy again and again. */
const spread = 0.2

/** So many times `stabiliseInterval`: then a ring that is too small is given up. */
const circularPatience = 3

/** As much sooner a node is stabilised again that has a new head, or has found it busy. */
const hurry = 10

/**
 * One place of this peer on the ring. It does what the rules say, one operation at a time: while it waits for an answer it
 * says `busy` to those who ask for its state, and a notification waits (Zave, "atomic steps").
 */
export class VirtualNode {
  readonly self: RingNode
  readonly fingers: FingerTable
  readonly table: RoutingTable
  readonly #ports: VirtualNodePorts
  readonly #options: ResolvedChordOptions
  #neighbourhood = outside
  #isMember = false
  #pending: Pending | undefined
  /** The last one that notified this node while it waited. */
  #notifiedBy: RingNode | undefined
  /** Whether the list has come round to this node since the last round. */
  #isCircular = false
  /** Since when it has in every round. */
  #circularSince: Instant | undefined
  /** Heads that were silent one after another in the operation under way. */
  #dead: RingNode[] = []
  readonly #head: HeadPatience
  /** Tells timers and answers of an earlier membership from those of this one. */
  life = 0

  constructor(self: RingNode, ports: VirtualNodePorts, options: ResolvedChordOptions) {
    this.self = self
    this.fingers = new FingerTable(self, options.fingerBase)
    this.table = new RoutingTable(self)
    this.#ports = ports
    this.#options = options
    this.#head = new HeadPatience(ports.environment, options)
  }

  get isMember(): boolean {
    return this.#isMember
  }

  get successors(): readonly RingNode[] {
    return this.#neighbourhood.successors
  }

  get predecessor(): RingNode | undefined {
    return this.#neighbourhood.predecessor
  }

  /** Those of the list that are there, as far as is known. */
  get present(): readonly RingNode[] {
    return this.#ports.rollCall.present(this.successors)
  }

  /** Begins as a member with that neighbourhood. */
  begin(neighbourhood: Neighbourhood): void {
    this.life++
    this.#isMember = true
    this.#pending = undefined
    this.#notifiedBy = undefined
    this.#dead = []
    this.#isCircular = false
    this.#circularSince = undefined
    this.#head.answered()
    this.#ports.environment.emit({ type: 'joined', node: this.self })
    this.#adopt(this.#withoutSelf(neighbourhood))
    this.stabilise(this.life)
  }

  /** Goes outside without a word; what it knew is forgotten, but for whom it can come back to. */
  leave(): void {
    if (!this.#isMember) return
    const former = this.table.nodes.map(({ peer }) => peer)
    this.#isMember = false
    this.life++
    this.#pending = undefined
    this.#neighbourhood = outside
    this.fingers.clear()
    this.refillTable()
    this.#ports.environment.emit({ type: 'left', node: this.self })
    this.#ports.left(this, former)
  }

  /** Every `stabiliseInterval`, spread a little; sooner while the head of the list changes, as when many join at once. */
  stabilise(life: number): void {
    if (life !== this.life || !this.#isMember) return
    if (this.#pending !== undefined) return this.#stabiliseIn(this.#options.stabiliseInterval / hurry)
    if (this.#isTooSmall()) return this.leave()
    const [head] = this.successors
    this.#ports.rollCall.ask(this.successors, () => this.refillTable())
    this.#take(this.#ports.rules.stabilise(this.self, this.#neighbourhood), (isBusy) => {
      const isSettled = !isBusy && isSame(head, this.successors[0])
      this.#stabiliseIn(this.#options.stabiliseInterval / (isSettled ? 1 : hurry))
    })
  }

  #stabiliseIn(delay: number): void {
    const { environment } = this.#ports
    const timer = { type: 'stabilise', at: this.self.index, life: this.life } as const
    environment.schedule(timer, jitter(environment.random, delay, spread))
  }

  /** The reply to a query for this node's state. */
  reply(number: number): Reply {
    if (!this.#isMember) return { type: 'outside', number }
    if (this.#pending !== undefined) return { type: 'busy', number }
    return { type: 'neighbourhood', number, ...this.#neighbourhood }
  }

  notified(candidate: RingNode): void {
    if (!this.#isMember) return
    if (this.#pending === undefined) this.#take(this.#ports.rules.notified(this.self, this.#neighbourhood, candidate))
    else this.#notifiedBy = candidate
  }

  refillTable(): void {
    this.table.refill(this.fingers.nodes(), this.present)
  }

  /** @param ended called when the operation is over, unless the membership is */
  #take(step: Step, ended?: (isBusy: boolean) => void, isBusy = false): void {
    this.#adopt(this.#withoutSelf(step.neighbourhood))
    this.#pending = step.pending
    if (this.successors.length === 0) return this.leave()
    if (step.pending !== undefined) return this.#ask(step.pending, ended)
    if (step.notify !== undefined) this.#notify(step.notify)
    ended?.(isBusy)
    const candidate = this.#notifiedBy
    this.#notifiedBy = undefined
    if (candidate !== undefined) this.notified(candidate)
  }

  /**
   * A list that comes round to this node again is that of a ring with no more than r members, which is none. Once it means
   * little: somebody may be slow, or this node may still be remembered from an earlier membership.
   */
  #withoutSelf(neighbourhood: Neighbourhood): Neighbourhood {
    const { successors, predecessor } = neighbourhood
    const place = successors.findIndex((node) => isSame(node, this.self))
    if (place < 0) return neighbourhood
    this.#isCircular = true
    return { successors: successors.slice(0, place), predecessor }
  }

  #isTooSmall(): boolean {
    const now = this.#ports.environment.now()
    this.#circularSince = this.#isCircular ? (this.#circularSince ?? now) : undefined
    this.#isCircular = false
    const { stabiliseInterval } = this.#options
    return this.#circularSince !== undefined && now - this.#circularSince >= circularPatience * stabiliseInterval
  }

  #ask(pending: Pending, ended: ((isBusy: boolean) => void) | undefined): void {
    const { requests, rules } = this.#ports
    const { life } = this
    const { peer, index: at } = pending.to
    const question = pending.step === 'rectify' ? ({ type: 'ping', at } as const) : ({ type: 'state', at } as const)
    requests.ask(peer, question, this.#options.requestAttempts, (reply) => {
      if (life !== this.life) return
      this.#pending = undefined
      const answer = this.#judged(reply, pending)
      if (pending.step === 'stabilise-from-successor') this.#mourn(pending.to, reply)
      const step = rules.answered(this.self, this.#neighbourhood, pending, answer, this.#options.successors)
      this.#take(step, ended, answer.type === 'busy')
    })
  }

  /** Somebody that is not on the ring is as good as silent; so is one whose answer cannot be: hostile, or broken. */
  #judged(reply: Reply | undefined, { step, to }: Pending): Answer {
    if (step === 'rectify') return { type: reply?.type === 'yes' ? 'alive' : 'timed-out' }
    const isHead = step === 'stabilise-from-successor'
    switch (reply?.type) {
      case 'neighbourhood':
        if (!isOrdered(to, reply.successors)) {
          this.#ports.reject(to.peer, 'disordered')
          return { type: 'timed-out' }
        }
        if (!this.#passesOver(to, reply.successors)) {
          if (isHead) this.#head.answered()
          return { type: 'state', neighbourhood: reply }
        }
        return { type: isHead && this.#head.isOver(to, 'short') ? 'timed-out' : 'busy' }
      case 'busy':
        return { type: isHead && this.#head.isOver(to, 'busy') ? 'timed-out' : 'busy' }
      default:
        return { type: 'timed-out' }
    }
  }

  /**
   * Whether a list is shorter than this node's own, because it comes round to this node or just ends, though somebody that it
   * lacks is there. One such list after another would take a node off the ring, and all behind it.
   */
  #passesOver(from: RingNode, list: readonly RingNode[]): boolean {
    const whole = [from, ...list]
    const end = whole.findIndex((node) => isSame(node, this.self))
    const successors = end < 0 ? whole : whole.slice(0, end)
    if (successors.length >= this.successors.length) return false
    const { rollCall } = this.#ports
    const lacking = this.present.filter((node) => !successors.some((other) => isSame(node, other)))
    rollCall.askAgain(lacking, () => this.refillTable())
    return lacking.length > 0
  }

  #mourn(head: RingNode, reply: Reply | undefined): void {
    if (reply === undefined) return void this.#dead.push(head)
    const dead = this.#dead
    this.#dead = []
    if (dead.length > 0) this.#ports.failed(this, dead)
  }

  #notify({ peer, index: at }: RingNode): void {
    const message: Notice = { type: 'notify', at, from: this.self.index }
    this.#ports.environment.send(peer, message)
  }

  #adopt(neighbourhood: Neighbourhood): void {
    const before = this.#neighbourhood
    if (before === neighbourhood) return
    this.#neighbourhood = neighbourhood
    const { successors, predecessor } = neighbourhood
    const isSameList = areSame(before.successors, successors)
    if (isSameList && isSame(before.predecessor, predecessor)) return
    if (!isSameList) this.refillTable()
    this.#ports.environment.emit({ type: 'neighbourhood', node: this.self, successors, predecessor })
    this.#ports.changed()
  }
}

/** Whether nodes come in the order of the ring, each once, and not past the one whose list it is. */
export function isOrdered(from: RingNode, nodes: readonly RingNode[]): boolean {
  const order = clockwise(from.point)
  return nodes.every((node, place) => place === 0 || order(nodes[place - 1] as RingNode, node) < 0)
}

function areSame(left: readonly RingNode[], right: readonly RingNode[]): boolean {
  return left.length === right.length && left.every((node, place) => isSame(node, right[place]))
}
