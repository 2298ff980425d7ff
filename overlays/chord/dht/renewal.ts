import {
  isKnown,
  mergeRecords,
  recordId,
  type DhtRecord,
  type Duration,
  type Instant,
  type Key,
} from '../../../node/protocol/index.ts'
import type { Coordinator } from './coordinator.ts'
import type { DhtEnvironment } from './events.ts'
import { dhtMessageLimits } from './messages.ts'
import type { ResolvedDhtOptions } from './options.ts'
import { Turns } from './turns.ts'

export interface RenewalPorts {
  readonly environment: DhtEnvironment
  readonly coordinator: Coordinator
  /** At which this peer is reached, to be told with what it provides. */
  readonly addresses: () => readonly string[]
}

/** So many are put or told again at a time: a day's work does not come as one burst. */
const atOnce = 16
/** After one that failed. */
const retry: Duration = 30_000

interface Due {
  due: Instant
}

interface Published extends Due {
  readonly record: DhtRecord
}

/** What this peer has put and provides, done again and again: others let it expire. */
export class Renewal {
  readonly #ports: RenewalPorts
  readonly #options: ResolvedDhtOptions
  /** Of one key there may be several: siblings. */
  readonly #published = new Map<Key, readonly Published[]>()
  #publishedCount = 0
  readonly #provided = new Map<Key, Due>()
  readonly #turns = new Turns(atOnce)

  constructor(ports: RenewalPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Keeps putting it again, where there is room for one more. What it replaces is put no more. */
  publish(key: Key, record: DhtRecord): void {
    const { environment } = this.#ports
    const before = this.#published.get(key) ?? []
    const added = { record, due: environment.now() + this.#options.republishInterval }
    const left = new Set(mergeRecords([...before.map((entry) => entry.record), record]))
    const entries = [...before, added].filter((entry) => left.has(entry.record))
    if (this.#publishedCount - before.length + entries.length > this.#options.publishedLimit) {
      return environment.emit({ type: 'unpublished', key, reason: 'full' })
    }
    this.#replace(key, entries)
  }

  /** @returns false when there is no room for one more */
  provide(key: Key): boolean {
    if (this.#provided.size >= this.#options.publishedLimit && !this.#provided.has(key)) return false
    this.#provided.set(key, { due: this.#ports.environment.now() + this.#options.provideInterval })
    return true
  }

  withdraw(key: Key): void {
    this.#provided.delete(key)
  }

  /** As many as others take. */
  addresses(): readonly string[] {
    const { addresses, addressBytes } = dhtMessageLimits
    const fitting = this.#ports.addresses().filter((address) => address.length <= addressBytes)
    return fitting.slice(0, addresses)
  }

  /** Does again what is due. */
  round(): void {
    const now = this.#ports.environment.now()
    for (const [key, entries] of this.#published) {
      for (const entry of entries) {
        if (entry.due > now) continue
        entry.due = Number.POSITIVE_INFINITY
        this.#turns.add((ended) => this.#republish(key, entry, ended))
      }
    }
    for (const [key, entry] of this.#provided) {
      if (entry.due > now) continue
      entry.due = Number.POSITIVE_INFINITY
      this.#turns.add((ended) => this.#announce(key, entry, ended))
    }
  }

  /** What somebody has replaced since is that one's to put again: an earlier version must not come back. */
  #republish(key: Key, entry: Published, ended: () => void): void {
    const { record } = entry
    if (this.#published.get(key)?.includes(entry) !== true) return ended()
    const write = (): void =>
      this.#ports.coordinator.write(record, (settled) => {
        if ('error' in settled && settled.error.name === 'StaleRecordError') this.#drop(key, entry)
        this.#done(entry, 'value' in settled, this.#options.republishInterval)
        ended()
      })
    if (record.kind !== 'shared') return write()
    this.#ports.coordinator.read(key, (found) => {
      if ('error' in found) {
        this.#done(entry, false, this.#options.republishInterval)
        return ended()
      }
      const isThere = found.value.some((one) => recordId(one) === recordId(record))
      if (isThere || !isKnown(found.value, record)) return write()
      this.#drop(key, entry)
      ended()
    })
  }

  #announce(key: Key, entry: Due, ended: () => void): void {
    if (this.#provided.get(key) !== entry) return ended()
    this.#ports.coordinator.announce(key, this.addresses(), (settled) => {
      this.#done(entry, 'value' in settled, this.#options.provideInterval)
      ended()
    })
  }

  #drop(key: Key, dropped: Published): void {
    this.#replace(
      key,
      (this.#published.get(key) ?? []).filter((entry) => entry !== dropped),
    )
  }

  #replace(key: Key, entries: readonly Published[]): void {
    this.#publishedCount += entries.length - (this.#published.get(key)?.length ?? 0)
    if (entries.length === 0) this.#published.delete(key)
    else this.#published.set(key, entries)
  }

  #done(entry: Due, isDone: boolean, interval: Duration): void {
    entry.due = this.#ports.environment.now() + (isDone ? interval : Math.min(retry, interval))
  }
}
