import { recordId, recordKey, type DhtRecord, type Key, type PeerId } from '../../../node/protocol/index.ts'
import type { Item } from '../../../node/reconciliation/index.ts'
import type { Edge } from './edge.ts'
import type { DhtEnvironment } from './events.ts'
import { dhtMessageLimits, type Lease, type StoreOutcome } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'
import type { ProviderTable } from './provider-table.ts'
import { itemAt, keyOfItem } from './record-item.ts'
import type { HeldRecord, Merged, RecordTable } from './record-table.ts'

const taken: Merged = Object.freeze({ replaced: [], outcome: 'stale' })

export interface ReplicaPorts {
  readonly environment: DhtEnvironment
  readonly edge: Edge
  readonly table: RecordTable
  readonly providers: ProviderTable
}

/** A record that was put again is written again once the disk's word on its lifetime is this share of it behind. */
const rewriteShare = 1 / 8

/** This peer's part in holding records: what it takes, and only after it is on disk says so; what it gives. */
export class Replica {
  readonly #ports: ReplicaPorts
  readonly #options: ResolvedDhtOptions

  constructor(ports: ReplicaPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /**
   * @param isFresh they come from their writer: one sequence number is not taken twice, where replicas among each other
   * would choose one of the two
   * @param settle called once all are decided, in their order
   */
  storeAll(leases: readonly Lease[], isFresh: boolean, settle: (outcomes: StoreOutcome[]) => void): void {
    const outcomes: StoreOutcome[] = []
    let open = leases.length
    if (open === 0) return settle(outcomes)
    leases.forEach((lease, place) =>
      this.#store(lease, isFresh, (outcome) => {
        outcomes[place] = outcome
        if (--open === 0) settle(outcomes)
      }),
    )
  }

  #store({ record, lifetime }: Lease, isFresh: boolean, settle: (outcome: StoreOutcome) => void): void {
    const { edge, table } = this.#ports
    // Whoever has not noticed yet that its time is over must not bring it back.
    if (lifetime === 0 || (isFresh && table.hasOther(record))) return settle('stale')
    const kept = Math.min(lifetime, this.#options.recordLifetime)
    const known = table.knows(record)
    if (known !== undefined) return settle(this.#extend(record, kept))
    if (edge.isFull) return settle('full')
    edge.verify(record, (isValid) => {
      if (!isValid) return settle('forged')
      edge.write({ type: 'record', record, lifetime: kept }, () => settle(this.#keep(record, kept, isFresh)))
    })
  }

  #extend(record: DhtRecord, lifetime: number): StoreOutcome {
    const { edge, table, environment } = this.#ports
    const { outcome } = table.merge(record, environment.now() + lifetime)
    const held = table.find(itemAt(recordKey(record), recordId(record)))
    if (held !== undefined && held.expiresAt - held.storedUntil >= rewriteShare * this.#options.recordLifetime) {
      held.storedUntil = held.expiresAt
      edge.write({ type: 'record', record, lifetime })
    }
    return outcome
  }

  /** Of what an earlier run wrote. */
  restore(record: DhtRecord, lifetime: number): void {
    this.#ports.table.merge(record, this.#ports.environment.now() + lifetime)
  }

  /** Of more and larger siblings than one message can hold, those with the least ids: the same everywhere. */
  leases(key: Key): Lease[] {
    let bytes = 0
    const fitting = this.#ports.table.at(key).filter((held) => (bytes += held.bytes) <= dhtMessageLimits.keyBytes)
    return fitting.flatMap((held) => this.#lease(held) ?? [])
  }

  /** As many of them as one message may hold; `upTo` is where the rest begins. */
  give(items: readonly Item[]): { readonly leases: readonly Lease[]; readonly upTo: number } {
    const leases: Lease[] = []
    let bytes = 0
    for (const [place, item] of items.entries()) {
      const held = this.#ports.table.find(item)
      const lease = held && this.#lease(held)
      if (held === undefined || lease === undefined) continue
      bytes += held.bytes
      const isFull = bytes > dhtMessageLimits.leaseBytes || leases.length >= dhtMessageLimits.leases
      if (leases.length > 0 && isFull) return { leases, upTo: place }
      leases.push(lease)
    }
    return { leases, upTo: items.length }
  }

  newer(leases: readonly Lease[], outcomes: readonly StoreOutcome[]): DhtRecord[] {
    const stale = leases.filter((_, place) => outcomes[place] === 'stale')
    return stale.flatMap(({ record }) => this.#ports.table.at(recordKey(record)).map((held) => held.record)).slice(0, 1)
  }

  announced(key: Key, peer: PeerId, addresses: readonly string[]): boolean {
    const { environment, providers } = this.#ports
    const isTaken = providers.add(key, { peer, addresses }, environment.now() + this.#options.providerLifetime)
    if (!isTaken) environment.emit({ type: 'rejected', from: peer, reason: 'full' })
    return isTaken
  }

  /** Others hold it, who should. */
  handOver(item: Item): void {
    if (!this.#ports.table.delete(item)) return
    const key = keyOfItem(item)
    this.#ports.edge.write({ type: 'forget', key, id: item.slice(64) })
    this.#ports.environment.emit({ type: 'handed-over', key })
  }

  expire(): void {
    const { environment, table, edge, providers } = this.#ports
    providers.expire(environment.now())
    for (const { item } of table.expire(environment.now())) {
      const key = keyOfItem(item)
      edge.write({ type: 'forget', key, id: item.slice(64) })
      environment.emit({ type: 'expired', key })
    }
  }

  #keep(record: DhtRecord, lifetime: number, isFresh: boolean): StoreOutcome {
    const { environment, table, edge } = this.#ports
    // Another with its sequence number may have come to the disk at the same time.
    const isTaken = isFresh && table.hasOther(record)
    const { outcome, replaced } = isTaken ? taken : table.merge(record, environment.now() + lifetime)
    for (const { item } of replaced) edge.write({ type: 'forget', key: keyOfItem(item), id: item.slice(64) })
    if (outcome === 'kept') environment.emit({ type: 'kept', key: recordKey(record) })
    // On disk, but not held: something else came before it, or too much at once.
    else edge.write({ type: 'forget', key: recordKey(record), id: recordId(record) })
    return outcome
  }

  /** @returns undefined when its time is over, though it is still there */
  #lease({ record, expiresAt }: HeldRecord): Lease | undefined {
    const lifetime = expiresAt - this.#ports.environment.now()
    return lifetime > 0 ? { record, lifetime } : undefined
  }
}
