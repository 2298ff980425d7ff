import {
  QuorumFailedError,
  StaleRecordError,
  mergeRecords,
  recordId,
  recordKey,
  type DhtRecord,
  type Duration,
  type Key,
  type PeerId,
  type Provider,
} from '../../../node/protocol/index.ts'
import type { Following } from '../messages.ts'
import type { Requests } from '../requests.ts'
import type { Edge } from './edge.ts'
import type { DhtEnvironment } from './events.ts'
import type { DhtQuestion, DhtReply, Lease } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'
import { askQuorum, type QuorumSize } from './quorum.ts'
import { itemOf } from './record-item.ts'
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
  /** @param following as in Chord's lookups: 0 where only the predecessor of the key is to be believed */
  readonly replicas: (key: Key, following: Following, settle: Settle<Replicas>) => void
}

/** Whom to ask about a key. */
export interface Replicas {
  /** Distinct, in the order of the ring from the key on; never empty. */
  readonly peers: readonly PeerId[]
  /** Whether the first is known for the owner by somebody whose list it is in, and who may not have heard of a newcomer. */
  readonly isHearsay: boolean
}

interface Attempt<Value> {
  readonly peers: readonly PeerId[]
  readonly settle: Settle<Value>
  /** Asks one of them. A first that is not the owner begins another attempt, with those that its predecessor names. */
  readonly ask: (peer: PeerId, question: QuestionOfKey, answered: (reply: DhtReply | undefined) => void) => void
}

type Unaddressed<Question> = Question extends DhtQuestion ? Omit<Question, 'number' | 'asOwner'> : never
type QuestionOfKey = Unaddressed<Extract<DhtQuestion, { readonly asOwner: boolean }>>

const nobody: Replicas = { peers: [], isHearsay: false }

/** A read asks no more replicas than it needs, and the others when these take longer than on a local network. */
const patience: Duration = 50

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
  write(record: DhtRecord, told: Settle<DhtRecord>): void {
    const key = recordKey(record)
    const lease: Lease = { record, lifetime: this.#options.recordLifetime }
    let newer: number | undefined
    this.#attempt<DhtRecord>(key, told, ({ peers, settle, ask }) => {
      askQuorum(peers, this.#all(this.#options.writeQuorum), {
        ask: (peer, voted) =>
          ask(peer, { type: 'store', isFresh: true, leases: [lease] }, (reply) => {
            if (reply?.type !== 'stored') return voted('no')
            if (reply.outcomes[0] !== 'stale') return voted(reply.outcomes[0] === 'kept' ? 'yes' : 'no')
            this.#proven(record, reply.newer, (sequence) => {
              newer = sequence ?? newer
              // Somebody further along the ring, who has not heard of the newer one, would take this.
              voted(sequence === undefined ? 'no' : 'veto')
            })
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
  read(key: Key, told: Settle<readonly DhtRecord[]>): void {
    const answers = new Map<PeerId, readonly Lease[]>()
    const merged = (): readonly DhtRecord[] => mergeRecords([...answers.values()].flat().map(({ record }) => record))
    this.#attempt<readonly DhtRecord[]>(key, told, ({ peers, settle, ask }) => {
      const { replicas, readQuorum } = this.#options
      askQuorum(
        peers,
        { replicas, wanted: readQuorum, atOnce: readQuorum },
        {
          patience: (isOver) => this.#ports.requests.after(patience, isOver),
          ask: (peer, voted) =>
            ask(peer, { type: 'fetch', key }, (reply) => {
              if (reply?.type !== 'fetched') return voted('no')
              this.#verified(key, reply.leases, (leases) => {
                answers.set(peer, leases)
                voted(reply.isComplete ? 'yes' : 'no')
              })
            }),
          reached: () => settle({ value: merged() }),
          missed: (yes) => {
            // A newcomer's record is one as well as any other's, but that it has none means nothing.
            const found = merged()
            // An earlier attempt may have asked others.
            const answered = peers.filter((peer) => answers.has(peer)).length
            const isEnough = found.length > 0 && answered >= Math.min(readQuorum, peers.length)
            if (isEnough || answered === peers.length) return settle({ value: found })
            settle({ error: new QuorumFailedError(key, yes, this.#options.readQuorum, 'read') })
          },
          finished: () => this.#repair(answers),
        },
      )
    })
  }

  announce(key: Key, addresses: readonly string[], told: Settle<void>): void {
    this.#attempt<void>(key, told, ({ peers, settle, ask }) => {
      askQuorum(peers, this.#all(this.#options.writeQuorum), {
        ask: (peer, voted) =>
          ask(peer, { type: 'provide', key, addresses }, (reply) =>
            voted(reply?.type === 'provided' && reply.isTaken ? 'yes' : 'no'),
          ),
        reached: () => settle({ value: undefined }),
        missed: (yes) => settle({ error: new QuorumFailedError(key, yes, this.#options.writeQuorum, 'write') }),
      })
    })
  }

  /** Of all replicas that answer: a newcomer learns of providers only when they announce themselves again. */
  providers(key: Key, told: Settle<readonly Provider[]>): void {
    const found = new Map<PeerId, Provider>()
    let answered = 0
    this.#attempt<readonly Provider[]>(key, told, ({ peers, settle, ask }) => {
      askQuorum(peers, this.#all(peers.length), {
        ask: (peer, voted) =>
          ask(peer, { type: 'who', key }, (reply) => {
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

  #all(wanted: number): QuorumSize {
    const { replicas } = this.#options
    return { replicas, wanted, atOnce: replicas }
  }

  /**
   * The owner is looked up the short way at first. If it does not confirm that the key is its own, or the quorum is
   * missed, the key's predecessor is asked for it. What the first attempt has settled stays so: then the other is for the
   * sake of the right owner.
   */
  #attempt<Value>(key: Key, told: Settle<Value>, act: (attempt: Attempt<Value>) => void): void {
    let isTold = false
    const begin = (following: Following): void =>
      this.#ports.replicas(key, following, (found) => {
        let isSuperseded = false
        const { peers, isHearsay } = 'error' in found ? nobody : found.value
        const startOver = (): void => {
          if (!isSuperseded) begin(0)
          isSuperseded = true
        }
        const settle: Settle<Value> = (settled) => {
          if (isTold || isSuperseded) return
          if ('error' in settled && isHearsay) return startOver()
          isTold = true
          told(settled)
        }
        if ('error' in found) return settle(found)
        const ask: Attempt<Value>['ask'] = (peer, question, answered) => {
          const asOwner = isHearsay && peer === peers[0]
          this.#ports.requests.ask(peer, { ...question, asOwner }, 1, (reply) => {
            const isConfirmed = !asOwner || (reply !== undefined && reply.type !== 'misplaced')
            if (!isConfirmed) startOver()
            answered(reply)
          })
        }
        act({ peers, settle, ask })
      })
    // With somebody to spare, for one that does not answer.
    begin(this.#options.replicas + 1)
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
      if (this.#ports.table.find(itemOf(lease.record)) !== undefined) judge(true)
      else this.#ports.edge.verify(lease.record, judge)
    }
  }

  /** @param settle called with the number of an owned record that is no older than ours: nobody is refused on a mere word */
  #proven(record: DhtRecord, newer: readonly DhtRecord[], settle: (sequence: number | undefined) => void): void {
    const key = recordKey(record)
    for (const found of newer) {
      if (record.kind !== 'owned' || found.kind !== 'owned' || found.sequence < record.sequence) continue
      if (recordKey(found) !== key || recordId(found) === recordId(record)) continue
      return this.#ports.edge.verify(found, (isValid) => settle(isValid ? found.sequence : undefined))
    }
    settle(undefined)
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
      for (const lease of lacking) {
        const question = { type: 'store', asOwner: false, isFresh: false, leases: [lease] } as const
        this.#ports.requests.ask(peer, question, 1, () => undefined)
      }
    }
  }
}
