import {
  InvalidTopicError,
  MessageTooLargeError,
  integer,
  type BroadcastMessage,
  type PeerId,
  type Protocol,
  type Ticket,
} from '../../node/protocol/index.ts'
import { Conduct } from './conduct.ts'
import type { GossipEnvironment, Offence } from './events.ts'
import { HyParView } from './hyparview.ts'
import { messageLimits, type GossipMessage, type Payload } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'
import { Ordering, type Told } from './ordering.ts'
import { Plumtree, type Arrival } from './plumtree.ts'
import type { GossipTimer } from './timers.ts'
import type { GossipFigures } from './topic-figures.ts'
import { PendingMessages, type Validate, type Verdict } from './validation.ts'

export interface GossipNeeds {
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
  /** Asked before a message is told or passed on. @default all messages are valid */
  readonly validate?: Validate | undefined
}

/** The branches of one topic's tree, and the links that are none. */
export interface TreeView {
  readonly topic: string
  readonly eager: readonly PeerId[]
  readonly lazy: readonly PeerId[]
}

/** What an invalid message counts: a neighbour that hands on eighty of them at once loses its place. */
const invalidOffences = 32

/** How often it is looked whether somebody has waited for too long, as a share of `orderTimeout`. */
const orderChecks = 10

const textEncoder = new TextEncoder()

/**
 * Broadcast over trees (Plumtree) in a partial view (HyParView). Every peer passes on every topic. Which file follows
 * which section of the papers is in README.md.
 */
export class GossipCore implements Protocol<GossipMessage, GossipTimer> {
  readonly #environment: GossipEnvironment
  readonly #options: ResolvedGossipOptions
  readonly #validate: Validate | undefined
  readonly #view: HyParView
  readonly #plumtree: Plumtree
  readonly #conduct: Conduct
  readonly #ordering: Ordering
  readonly #pending: PendingMessages
  readonly #life: number
  #sequence = 0
  #isRunning = false
  #isOrdering = false

  constructor(environment: GossipEnvironment, options: ResolvedGossipOptions, { sample, validate }: GossipNeeds) {
    this.#environment = environment
    this.#options = options
    this.#validate = validate
    this.#conduct = new Conduct(options)
    this.#ordering = new Ordering(options)
    this.#pending = new PendingMessages(options.keptLimitBytes)
    const { random } = environment
    this.#life = integer(random, 2 ** 32) * 2 ** 16 + integer(random, 2 ** 16)
    const arrived = (arrival: Arrival): void => this.#arrived(arrival)
    const charge = (peer: PeerId, offence: Offence, times: number): void => this.#charge(peer, offence, times)
    this.#plumtree = new Plumtree({ environment, arrived, charge }, options)
    this.#view = new HyParView(
      {
        environment,
        sample,
        admits: (peer) => !this.#conduct.isExcluded(peer, environment.now()),
        branches: (peer) => this.#plumtree.trees.branches(peer),
        neighbourUp: (peer, isNew) => this.#plumtree.neighbourUp(peer, isNew),
        neighbourDown: (peer) => this.#plumtree.neighbourDown(peer),
      },
      options,
    )
  }

  start(): void {
    this.#isRunning = true
    this.#view.start()
  }

  receive(message: GossipMessage, from: PeerId): void {
    if (!this.#isRunning || from === this.#environment.self) return
    const now = this.#environment.now()
    if (this.#conduct.isExcluded(from, now)) return
    this.#view.heard(from)
    switch (message.type) {
      case 'gossip':
        this.#view.actsAsNeighbour(from)
        this.#plumtree.receive(message, from)
        break
      case 'ihave':
      case 'graft':
      case 'prune':
        if (this.#view.actsAsNeighbour(from)) this.#plumtree.receive(message, from)
        break
      default:
        this.#view.receive(message, from)
    }
  }

  expire(timer: GossipTimer): void {
    switch (timer.type) {
      case 'announce':
      case 'confirm':
      case 'graft':
        this.#plumtree.expire(timer)
        break
      case 'order':
        this.#tellOverdue()
        break
      case 'view':
        this.#plumtree.tidy()
        this.#view.expire(timer)
        break
      default:
        this.#view.expire(timer)
    }
  }

  connected(peer: PeerId): void {
    this.#view.connected(peer)
  }

  disconnected(peer: PeerId): void {
    this.#view.disconnected(peer)
  }

  stop(): void {
    this.#isRunning = false
    this.#view.stop()
  }

  /**
   * Tells every other peer, sooner or later. The bytes are copied.
   *
   * @throws MessageTooLargeError when they exceed `messageLimitBytes`
   * @throws InvalidTopicError when the topic is empty or exceeds 256 bytes
   */
  publish(topic: string, bytes: Uint8Array): void {
    checkTopic(topic)
    if (bytes.length > this.#options.messageLimitBytes) {
      throw new MessageTooLargeError(bytes.length, this.#options.messageLimitBytes)
    }
    const payload: Payload = {
      topic,
      publisher: this.#environment.self,
      life: this.#life,
      sequence: this.#sequence++,
      past: this.#ordering.past(this.#environment.self),
      bytes: bytes.slice(),
    }
    this.#ordering.published(payload)
    this.#plumtree.counters.published(payload)
    this.#plumtree.broadcast(payload)
  }

  /** Answers a `validate` that said `later`, once; an unknown ticket, or one given up, is no error. */
  validated(ticket: Ticket, verdict: Verdict): void {
    const arrival = this.#pending.take(ticket)
    if (arrival !== undefined && this.#isRunning) this.#judge(arrival, verdict)
  }

  /** The neighbours of this moment: the active view. */
  neighbours(): PeerId[] {
    return this.#view.active()
  }

  /** Who could replace a neighbour: the passive view. */
  reserves(): readonly PeerId[] {
    return this.#view.passive()
  }

  /** Trees that are none: all links of any other topic are branches. */
  trees(): TreeView[] {
    const neighbours = this.neighbours()
    return Array.from(this.#plumtree.trees, ([topic, lazy]) => ({
      topic,
      eager: neighbours.filter((peer) => !lazy.includes(peer)),
      lazy,
    }))
  }

  /** What became of messages, by topic. */
  figures(): GossipFigures {
    return this.#plumtree.counters.figures()
  }

  #arrived(arrival: Arrival): void {
    if (this.#validate === undefined) return this.#judge(arrival, 'accept')
    const ticket = this.#pending.nextTicket()
    const verdict = this.#validate(messageOf(arrival), ticket)
    if (verdict === 'later') for (const givenUp of this.#pending.add(ticket, arrival)) this.#plumtree.giveUp(givenUp)
    else this.#judge(arrival, verdict)
  }

  #judge(arrival: Arrival, verdict: Verdict): void {
    if (verdict === 'accept') {
      // An own message of an earlier life is passed on like any other, but told to nobody here.
      if (arrival.payload.publisher === this.#environment.self) this.#ordering.published(arrival.payload)
      else this.#tell(arrival)
      this.#plumtree.accept(arrival)
    } else if (verdict === 'reject') this.#charge(arrival.from, 'invalid', invalidOffences)
  }

  #tell(arrival: Arrival): void {
    this.#emit(this.#ordering.arrived(arrival, this.#environment.now()))
    if (!this.#ordering.isWaiting || this.#isOrdering) return
    this.#isOrdering = true
    this.#environment.schedule({ type: 'order' }, Math.ceil(this.#options.orderTimeout / orderChecks))
  }

  #tellOverdue(): void {
    this.#emit(this.#ordering.expire(this.#environment.now()))
    this.#isOrdering = this.#ordering.isWaiting
    if (!this.#isOrdering) return
    this.#environment.schedule({ type: 'order' }, Math.ceil(this.#options.orderTimeout / orderChecks))
  }

  #emit(told: readonly Told[]): void {
    for (const { arrival, isOutOfOrder } of told) {
      const { id, round, payload } = arrival
      this.#plumtree.counters.delivered(payload)
      if (isOutOfOrder) this.#environment.emit({ type: 'out-of-order', id })
      this.#environment.emit({ type: 'message', message: messageOf(arrival), id, hops: round })
    }
  }

  #charge(peer: PeerId, offence: Offence, times: number): void {
    if (offence !== 'topics') this.#environment.emit({ type: 'limited', limit: offence, from: peer })
    if (!this.#conduct.charge(peer, times, this.#environment.now())) return
    this.#environment.emit({ type: 'excluded', peer })
    this.#view.exclude(peer)
  }
}

function messageOf({ payload: { topic, publisher, bytes }, from }: Arrival): BroadcastMessage {
  return { topic, bytes, publisher, from }
}

/** @throws InvalidTopicError */
export function checkTopic(topic: string): void {
  const bytes = textEncoder.encode(topic).length
  if (bytes < 1 || bytes > messageLimits.topicBytes) throw new InvalidTopicError(topic, messageLimits.topicBytes)
}
