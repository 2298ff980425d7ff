import {
  LookupFailedError,
  recordKey,
  sharedKey,
  type DhtRecord,
  type DhtWrite,
  type Key,
  type PeerId,
  type Protocol,
  type Provider,
  type Ticket,
} from '../../../node/protocol/index.ts'
import type { ChordCore } from '../chord.ts'
import type { LookupOutcome } from '../lookup.ts'
import type { Following } from '../messages.ts'
import { Requests } from '../requests.ts'
import type { RingNode } from '../ring-node.ts'
import {
  Coordinator,
  type CoordinatorPorts,
  type DhtRequests,
  type Replicas,
  type Settle,
  type Settled,
} from './coordinator.ts'
import { Edge } from './edge.ts'
import type { DhtEntry, DhtEnvironment, DhtTimer } from './events.ts'
import type { DhtMessage, DhtQuestion, DhtReply } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'
import { CatchUp } from './catch-up.ts'
import { Publishing } from './publishing.ts'
import { ProviderTable } from './provider-table.ts'
import { itemAt } from './record-item.ts'
import { RecordTable } from './record-table.ts'
import { Renewal } from './renewal.ts'
import { Repair } from './repair.ts'
import { Replica } from './replica.ts'
import { Sessions } from './sessions.ts'
import { Transfer } from './transfer.ts'

export interface DhtNeeds {
  readonly ring: ChordCore
  /** At which this peer is reached, to be told with what it provides. */
  readonly addresses: () => readonly string[]
}

/** How often expired things are looked for, and things to be put again. */
const tidyInterval = 30_000

/** The DHT on a ring: what this peer holds for others, what it asks of them, and what keeps records where they belong. */
export class DhtCore implements Protocol<DhtMessage, DhtTimer, DhtEntry> {
  readonly coordinator: Coordinator
  readonly repair: Repair
  readonly table: RecordTable
  readonly #environment: DhtEnvironment
  readonly #options: ResolvedDhtOptions
  readonly #needs: DhtNeeds
  readonly #requests: DhtRequests
  readonly #edge: Edge
  readonly #providers: ProviderTable
  readonly #replica: Replica
  readonly #sessions: Sessions
  readonly #catchUp: CatchUp
  readonly #renewal: Renewal
  readonly #publishing: Publishing
  /** Operations of this peer's user that are under way. */
  readonly #open = new Set<() => void>()
  #isRunning = false

  constructor(environment: DhtEnvironment, options: ResolvedDhtOptions, needs: DhtNeeds) {
    this.#environment = environment
    this.#options = options
    this.#needs = needs
    this.#requests = new Requests<DhtQuestion, DhtReply>(
      {
        now: () => environment.now(),
        send: (to, question) => void environment.send(to, question),
        schedule: (number, delay) => environment.schedule({ type: 'request', number }, delay),
      },
      options.requestTimeout,
    )
    this.#edge = new Edge(environment, options.pendingLimit)
    this.table = new RecordTable(options)
    this.#providers = new ProviderTable(options)
    const [edge, table, providers, requests] = [this.#edge, this.table, this.#providers, this.#requests]
    this.#replica = new Replica({ environment, edge, table, providers }, options)
    this.#sessions = new Sessions(environment, requests, table)
    const transfer = new Transfer(this.#sessions, requests, this.#replica)
    const { ring, addresses } = needs
    this.#catchUp = new CatchUp({ environment, ring, requests, transfer }, options.replicas)
    const catchUp = this.#catchUp
    this.repair = new Repair({ environment, ring, table, replica: this.#replica, transfer, catchUp }, options)
    const replicas: CoordinatorPorts['replicas'] = (...call) => this.#replicas(...call)
    this.coordinator = new Coordinator({ environment, requests, edge, table, replicas }, options)
    const { coordinator } = this
    this.#renewal = new Renewal({ environment, coordinator, addresses }, options)
    this.#publishing = new Publishing({ environment, edge, coordinator, renewal: this.#renewal })
  }

  restore(entries: Iterable<DhtEntry>): void {
    for (const entry of entries) {
      if (entry.type === 'record') this.#replica.restore(entry.record, entry.lifetime)
      else this.table.delete(itemAt(entry.key, entry.id))
    }
  }

  start(): void {
    this.#isRunning = true
    this.repair.start()
    this.#environment.schedule({ type: 'tidy' }, tidyInterval)
  }

  receive(message: DhtMessage, from: PeerId): void {
    if (!this.#isRunning) return
    if ('asOwner' in message && message.asOwner && !this.#isOwn(message)) {
      return void this.#environment.send(from, { type: 'misplaced', number: message.number })
    }
    switch (message.type) {
      case 'store':
        return this.#store(message, from)
      case 'fetch':
      case 'give':
      case 'provide':
      case 'who':
      case 'reconcile':
        return void this.#environment.send(from, this.#reply(message, from))
      default:
        if (!this.#requests.replied(message, from)) this.#reject(from, 'unasked')
    }
  }

  expire(timer: DhtTimer): void {
    if (!this.#isRunning) return
    switch (timer.type) {
      case 'request':
        return this.#requests.expire(timer.number)
      case 'repair':
        return this.repair.expire(timer.round)
      case 'tidy':
        return this.#tidy()
      case 'catch-up':
        return this.#catchUp.expire()
    }
  }

  written(ticket: Ticket): void {
    this.#edge.written(ticket)
  }

  verified(ticket: Ticket, isValid: boolean): void {
    this.#edge.verified(ticket, isValid)
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    this.#edge.signed(ticket, signature)
  }

  stop(): void {
    this.#isRunning = false
    for (const fail of this.#open) fail()
  }

  ringChanged(): void {
    if (this.#isRunning) this.repair.ringChanged()
  }

  /** Neighbours that follow `after` on the ring have been found dead at once. */
  neighboursFailed(after: RingNode, dead: readonly RingNode[]): void {
    const peers = [...new Set(dead.map(({ peer }) => peer))]
    const lost = dead[dead.length - this.#options.replicas]
    if (peers.length < this.#options.replicas || lost === undefined) return
    this.#environment.emit({ type: 'arcs-lost', after: after.point, upTo: lost.point, peers })
  }

  get author(): Uint8Array {
    return this.#environment.author
  }

  /** @param isWanted asked once those put before it under the key have been written */
  put(key: Key, write: DhtWrite, told: Settle<DhtRecord>, isWanted: () => boolean = () => true): void {
    const settle = this.#operation(key, told)
    if (settle !== undefined) this.#publishing.put(key, write, isWanted, settle)
  }

  get(key: Key, told: Settle<readonly DhtRecord[]>): void {
    const settle = this.#operation(key, told)
    if (settle !== undefined) this.coordinator.read(key, settle)
  }

  /** Before a stop for good. */
  handOver(told: Settle<boolean>): void {
    const settle = this.#operation(sharedKey('hand-over'), told)
    if (settle !== undefined) this.repair.handOver((isWhole) => settle({ value: isWhole }))
  }

  provide(key: Key, told: Settle<void>): void {
    const settle = this.#operation(key, told)
    if (settle !== undefined) this.#publishing.provide(key, settle)
  }

  withdraw(key: Key): void {
    this.#publishing.withdraw(key)
  }

  providers(key: Key, told: Settle<readonly Provider[]>): void {
    const settle = this.#operation(key, told)
    if (settle !== undefined) this.coordinator.providers(key, settle)
  }

  /** Settles once, when the peer stops at the latest. @returns undefined if it has stopped, and that was told */
  #operation<Value>(key: Key, told: Settle<Value>): Settle<Value> | undefined {
    const fail = (): void => settle({ error: new LookupFailedError(key, 0, 'this peer has stopped') })
    const settle = (settled: Settled<Value>): void => {
      if (this.#open.delete(fail)) told(settled)
    }
    this.#open.add(fail)
    if (this.#isRunning) return settle
    fail()
    return undefined
  }

  #replicas(key: Key, following: Following, settle: Settle<Replicas>): void {
    const look = (outcome: LookupOutcome): void => {
      if (outcome.type === 'failed') return settle({ error: new LookupFailedError(key, outcome.hops, outcome.reason) })
      const peers = [...new Set(outcome.successors.map(({ peer }) => peer))]
      settle({ value: { peers, isHearsay: !outcome.isFirstHand } })
    }
    this.#needs.ring.lookups.look(key, look, { following })
  }

  /** Whether this peer owns the key that is asked for, as far as it knows. */
  #isOwn(question: Extract<DhtQuestion, { readonly asOwner: boolean }>): boolean {
    const [lease] = 'leases' in question ? question.leases : []
    const key = 'key' in question ? question.key : lease && recordKey(lease.record)
    return key === undefined || this.#needs.ring.known.mayOwn(key)
  }

  #store(message: Extract<DhtQuestion, { readonly type: 'store' }>, from: PeerId): void {
    const { number, leases, isFresh } = message
    this.#replica.storeAll(leases, isFresh, (outcomes) => {
      if (!this.#isRunning) return
      if (outcomes.includes('forged')) this.#reject(from, 'forged')
      if (outcomes.includes('full')) this.#reject(from, 'full')
      this.#environment.send(from, { type: 'stored', number, outcomes, newer: this.#replica.newer(leases, outcomes) })
    })
  }

  #reply(question: Exclude<DhtQuestion, { readonly type: 'store' }>, from: PeerId): DhtReply {
    const { number } = question
    switch (question.type) {
      case 'fetch':
        return {
          type: 'fetched',
          number,
          isComplete: this.#catchUp.isComplete,
          leases: this.#replica.leases(question.key),
        }
      case 'give':
        return { type: 'given', number, leases: this.#replica.give(question.items).leases }
      case 'provide':
        return { type: 'provided', number, isTaken: this.#replica.announced(question.key, from, question.addresses) }
      case 'who':
        return { type: 'known', number, providers: this.#providers.of(question.key, this.#environment.now()) }
      case 'reconcile': {
        const answer = this.#sessions.answer(from, question.session, question, question.message)
        if (answer === undefined) this.#reject(from, 'session')
        return answer === undefined ? { type: 'declined', number } : { type: 'reconciled', number, ...answer }
      }
    }
  }

  #tidy(): void {
    this.#environment.schedule({ type: 'tidy' }, tidyInterval)
    this.#replica.expire()
    this.#sessions.tidy()
    this.#renewal.round()
  }

  #reject(from: PeerId, reason: 'unasked' | 'forged' | 'full' | 'session'): void {
    this.#environment.emit({ type: 'rejected', from, reason })
  }
}
