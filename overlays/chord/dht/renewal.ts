import {
  isKnown,
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

/** What this peer has put and provides, done again and again: others let it expire. */
export class Renewal {
  readonly #ports: RenewalPorts
  readonly #options: ResolvedDhtOptions
  readonly #published = new Map<Key, Due & { readonly record: DhtRecord }>()
  readonly #provided = new Map<Key, Due>()
  #waiting: ((ended: () => void) => void)[] = []
  #open = 0

  constructor(ports: RenewalPorts, options: ResolvedDhtOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Keeps putting it again, where there is room for one more. */
  publish(key: Key, record: DhtRecord): void {
    const { environment } = this.#ports
    if (this.#published.size >= this.#options.publishedLimit && !this.#published.has(key)) {
      return environment.emit({ type: 'unpublished', key, reason: 'full' })
    }
    this.#published.set(key, { record, due: environment.now() + this.#options.republishInterval })
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
    for (const [key, entry] of this.#published) {
      if (entry.due > now) continue
      entry.due = Number.POSITIVE_INFINITY
      this.#waiting.push((ended) => this.#republish(key, entry, ended))
    }
    for (const [key, entry] of this.#provided) {
      if (entry.due > now) continue
      entry.due = Number.POSITIVE_INFINITY
      this.#waiting.push((ended) => this.#announce(key, entry, ended))
    }
    this.#next()
  }

  #next(): void {
    while (this.#open < atOnce) {
      const act = this.#waiting.shift()
      if (act === undefined) return
      this.#open++
      act(() => {
        this.#open--
        this.#next()
      })
    }
  }

  /** What somebody has replaced since is that one's to put again: an earlier version must not come back. */
  #republish(key: Key, entry: Due & { readonly record: DhtRecord }, ended: () => void): void {
    const { record } = entry
    if (this.#published.get(key) !== entry) return ended()
    const write = (): void =>
      this.#ports.coordinator.write(record, (settled) => {
        if ('error' in settled && settled.error.name === 'StaleRecordError') this.#published.delete(key)
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
      this.#published.delete(key)
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

  #done(entry: Due, isDone: boolean, interval: Duration): void {
    entry.due = this.#ports.environment.now() + (isDone ? interval : Math.min(retry, interval))
  }
}
