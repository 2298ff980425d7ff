import {
  nextVersion,
  ownedBytes,
  ownedKey,
  recordKey,
  sharedBytes,
  type DhtRecord,
  type DhtWrite,
  type Instant,
  type Key,
  type OwnedRecord,
  type SharedRecord,
} from '../../../node/protocol/index.ts'
import type { Coordinator, Settle } from './coordinator.ts'
import type { Edge } from './edge.ts'
import type { DhtEnvironment } from './events.ts'
import { dhtMessageLimits } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'

export interface PublishingPorts {
  readonly environment: DhtEnvironment
  readonly edge: Edge
  readonly coordinator: Coordinator
  /** At which this peer is reached, to be told with what it provides. */
  readonly addresses: () => readonly string[]
}

/** What this peer puts and provides, now and again and again: others let it expire. */
export class Publishing {
  readonly #ports: PublishingPorts
  readonly #options: ResolvedDhtOptions
  /** When each is put again. */
  readonly #published = new Map<Key, { readonly record: DhtRecord; due: Instant }>()
  readonly #provided = new Map<Key, { due: Instant }>()

  constructor(ports: PublishingPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** What has to be read first is read; then it is signed, and written. */
  put(key: Key, write: DhtWrite, settle: Settle<DhtRecord>): void {
    const put = (record: DhtRecord): void => {
      if (recordKey(record) !== key) return settle({ error: new RangeError(misplaced(key, write)) })
      this.#ports.coordinator.write(record, (settled) => {
        if ('value' in settled) this.#publish(key, record)
        settle(settled)
      })
    }
    switch (write.kind) {
      case 'immutable':
        return put({ kind: 'immutable', value: write.value.slice() })
      case 'owned':
        return this.#owned(key, write, put, settle)
      case 'shared':
        return this.#shared(key, write, put, settle)
    }
  }

  provide(key: Key, settle: Settle<void>): void {
    const { environment, coordinator } = this.#ports
    if (this.#provided.size >= this.#options.publishedLimit && !this.#provided.has(key)) {
      return settle({ error: new RangeError(`Cannot provide more than ${this.#provided.size} keys`) })
    }
    this.#provided.set(key, { due: environment.now() + this.#options.provideInterval })
    coordinator.announce(key, this.#addresses(), settle)
  }

  withdraw(key: Key): void {
    this.#provided.delete(key)
  }

  /** Does again what is due. */
  renew(): void {
    const { environment, coordinator } = this.#ports
    const now = environment.now()
    for (const [key, entry] of this.#published) if (entry.due <= now) this.#republish(key, entry)
    for (const [key, entry] of this.#provided) {
      if (entry.due > now) continue
      entry.due = now + this.#options.provideInterval
      coordinator.announce(key, this.#addresses(), () => undefined)
    }
  }

  /** As many as others take. */
  #addresses(): readonly string[] {
    const { addresses, addressBytes } = dhtMessageLimits
    const fitting = this.#ports.addresses().filter((address) => address.length <= addressBytes)
    return fitting.slice(0, addresses)
  }

  #owned(
    key: Key,
    write: Extract<DhtWrite, { readonly kind: 'owned' }>,
    put: (record: OwnedRecord) => void,
    settle: Settle<DhtRecord>,
  ): void {
    const { environment, edge, coordinator } = this.#ports
    const owner = environment.author
    if (ownedKey(owner, write.name) !== key) return settle({ error: new RangeError(misplaced(key, write)) })
    const unsigned = { kind: 'owned' as const, owner, name: write.name, value: write.value.slice() }
    const sign = (sequence: number): void => {
      const record = { ...unsigned, sequence }
      edge.sign(ownedBytes(record), (signature) => put({ ...record, signature }))
    }
    if (write.sequence !== undefined) return sign(write.sequence)
    coordinator.read(key, (found) => {
      if ('error' in found) return settle(found)
      sign(1 + Math.max(0, ...found.value.map((record) => (record.kind === 'owned' ? record.sequence : 0))))
    })
  }

  #shared(
    key: Key,
    write: Extract<DhtWrite, { readonly kind: 'shared' }>,
    put: (record: SharedRecord) => void,
    settle: Settle<DhtRecord>,
  ): void {
    const { environment, edge, coordinator } = this.#ports
    const { author: writer, self } = environment
    const unsigned = { kind: 'shared' as const, name: write.name, writer, value: write.value.slice() }
    const sign = (read: readonly SharedRecord[]): void => {
      const record = { ...unsigned, version: nextVersion(read, self) }
      edge.sign(sharedBytes(record), (signature) => put({ ...record, signature }))
    }
    if (write.replaces !== undefined) return sign(write.replaces)
    coordinator.read(key, (found) => {
      if ('error' in found) return settle(found)
      sign(found.value.filter((record) => record.kind === 'shared'))
    })
  }

  #publish(key: Key, record: DhtRecord): void {
    if (this.#published.size >= this.#options.publishedLimit && !this.#published.has(key)) return
    this.#published.set(key, { record, due: this.#ports.environment.now() + this.#options.republishInterval })
  }

  /** What somebody has replaced since is his to put again. */
  #republish(key: Key, entry: { readonly record: DhtRecord; due: Instant }): void {
    entry.due = this.#ports.environment.now() + this.#options.republishInterval
    this.#ports.coordinator.write(entry.record, (settled) => {
      if ('error' in settled && settled.error.name === 'StaleRecordError') this.#published.delete(key)
    })
  }
}

function misplaced(key: Key, { kind }: DhtWrite): string {
  return `Cannot put this ${kind} record under the key ${key.slice(0, 12)}…: its own key is another one`
}
