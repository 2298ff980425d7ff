import {
  LookupFailedError,
  QuorumFailedError,
  StaleRecordError,
  mergeRecords,
  recordId,
  recordKey,
  type DhtRecord,
  type Key,
  type PeerId,
  type Provider,
} from '../../../node/protocol/index.ts'
import type { Requests } from '../requests.ts'
import type { Edge } from './edge.ts'
import type { DhtEnvironment } from './events.ts'
import type { DhtQuestion, DhtReply, Lease, StoreOutcome } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'
import { askQuorum, type Vote } from './quorum.ts'
import type { RecordTable } from './record-table.ts'

export type DhtRequests = Requests<DhtQuestion, DhtReply>

/** How an operation has ended. */
export type Settled<Value> = { readonly value: Value } | { readonly error: Error }
export type Settle<Value> = (settled: Settled<Value>) => void

export interface CoordinatorPorts {
  readonly environment: DhtEnvironment
  readonly requests: DhtRequests
  readonly edge: Edge
  readonly table: RecordTable
  /** Distinct peers in the order of the ring from the key on. */
  readonly replicas: (key: Key, settle: Settle<readonly PeerId[]>) => void
}

/** Somebody further along the ring, who has not heard of a newer record, would take an older one. */
const votes: Readonly<Record<StoreOutcome, Vote>> = { kept: 'yes', stale: 'veto', full: 'no', forged: 'no' }

/** Replicas that lack something get it after the read, at most so many records each. */
const repairLimit = 16

/** Reads and writes of this peer: it asks the replicas, and decides by their quorum (Dynamo §4.5). */
export class Coordinator {
  readonly #ports: CoordinatorPorts
  readonly #options: ResolvedDhtOptions

  constructor(ports: CoordinatorPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Ends well once W replicas have the record on disk. */
  write(record: DhtRecord, settle: Settle<DhtRecord>): void {
    const key = recordKey(record)
    const lease: Lease = { record, lifetime: this.#options.recordLifetime }
    let newer: number | undefined
    this.#withReplicas(key, settle, (peers) => {
      askQuorum(peers, this.#options.replicas, this.#options.writeQuorum, {
        ask: (peer, voted) =>
          this.#ports.requests.ask(peer, { type: 'store', isFresh: true, leases: [lease] }, 1, (reply) => {
            if (reply?.type !== 'stored') return voted('no')
            for (const found of reply.newer)
              if (found.kind === 'owned' && recordKey(found) === key) newer = found.sequence
            voted(votes[reply.outcomes[0] ?? 'full'])
          }),
        reached: () => settle({ value: record }),
        missed: (yes) => {
          const { writeQuorum } = this.#options
          const error =
            newer === undefined
              ? new QuorumFailedError(key, yes, writeQuorum, 'write')
              : new StaleRecordError(key, newer)
          settle({ error })
        },
      })
    })
  }

  /** Ends well once R replicas that have all they should have answered. What some of them lack they get afterwards. */
  read(key: Key, settle: Settle<readonly DhtRecord[]>): void {
    const told = new Map<PeerId, readonly Lease[]>()
    const merged = (): readonly DhtRecord[] => mergeRecords([...told.values()].flat().map(({ record }) => record))
    this.#withReplicas(key, settle, (peers) => {
      askQuorum(peers, this.#options.replicas, this.#options.readQuorum, {
        ask: (peer, voted) =>
          this.#ports.requests.ask(peer, { type: 'fetch', key }, 1, (reply) => {
            if (reply?.type !== 'fetched') return voted('no')
            this.#verified(key, reply.leases, (leases) => {
              told.set(peer, leases)
              voted(reply.isComplete ? 'yes' : 'no')
            })
          }),
        reached: () => settle({ value: merged() }),
        missed: (yes) => {
          // A newcomer's record is one as well as any other's: only silence needs a quorum.
          const found = merged()
          if (found.length > 0 || told.size === peers.length) return settle({ value: found })
          settle({ error: new QuorumFailedError(key, yes, this.#options.readQuorum, 'read') })
        },
        finished: () => this.#repair(told),
      })
    })
  }

  announce(key: Key, addresses: readonly string[], settle: Settle<void>): void {
    this.#withReplicas(key, settle, (peers) => {
      askQuorum(peers, this.#options.replicas, this.#options.writeQuorum, {
        ask: (peer, voted) =>
          this.#ports.requests.ask(peer, { type: 'provide', key, addresses }, 1, (reply) =>
            voted(reply?.type === 'provided' && reply.isTaken ? 'yes' : 'no'),
          ),
        reached: () => settle({ value: undefined }),
        missed: (yes) => settle({ error: new QuorumFailedError(key, yes, this.#options.writeQuorum, 'write') }),
      })
    })
  }

  /** Of all replicas that answer: a newcomer learns of providers only when they announce themselves again. */
  providers(key: Key, settle: Settle<readonly Provider[]>): void {
    const found = new Map<PeerId, Provider>()
    let answered = 0
    this.#withReplicas(key, settle, (peers) => {
      askQuorum(peers, this.#options.replicas, peers.length, {
        ask: (peer, voted) =>
          this.#ports.requests.ask(peer, { type: 'who', key }, 1, (reply) => {
            if (reply?.type !== 'known') return voted('no')
            for (const provider of reply.providers) found.set(provider.peer, provider)
            answered++
            voted('yes')
          }),
        reached: () => undefined,
        missed: () => undefined,
        finished: () => {
          const { readQuorum } = this.#options
          if (answered >= Math.min(readQuorum, peers.length)) return settle({ value: [...found.values()] })
          settle({ error: new QuorumFailedError(key, answered, readQuorum, 'read') })
        },
      })
    })
  }

  #withReplicas<Value>(key: Key, settle: Settle<Value>, act: (peers: readonly PeerId[]) => void): void {
    this.#ports.replicas(key, (found) => {
      if ('error' in found) settle(found)
      else if (found.value.length === 0) settle({ error: new LookupFailedError(key, 0, 'no peer is known') })
      else act(found.value)
    })
  }

  /** Those that may stand under the key and are signed as they say. */
  #verified(key: Key, leases: readonly Lease[], settle: (valid: readonly Lease[]) => void): void {
    const valid: Lease[] = []
    const fitting = leases.filter(({ record }) => recordKey(record) === key)
    let open = fitting.length
    if (open === 0) return settle(valid)
    for (const lease of fitting) {
      const judge = (isValid: boolean): void => {
        if (isValid) valid.push(lease)
        if (--open === 0) settle(valid)
      }
      if (this.#ports.table.knows(lease.record) === 'kept') judge(true)
      else this.#ports.edge.verify(lease.record, judge)
    }
  }

  /** Read repair. */
  #repair(told: ReadonlyMap<PeerId, readonly Lease[]>): void {
    const leases = new Map([...told.values()].flat().map((lease) => [recordId(lease.record), lease]))
    const wanted = mergeRecords([...leases.values()].map(({ record }) => record)).slice(0, repairLimit)
    for (const [peer, own] of told) {
      const ids = new Set(own.map(({ record }) => recordId(record)))
      const lacking = wanted.flatMap((record) => {
        const id = recordId(record)
        return ids.has(id) ? [] : (leases.get(id) ?? [])
      })
      if (lacking.length > 0)
        this.#ports.requests.ask(peer, { type: 'store', isFresh: false, leases: lacking }, 1, () => undefined)
    }
  }
}
