import { NotFoundError } from '@libp2p/interface'
import { Record as Libp2pRecord } from '@libp2p/kad-dht'
import { toString } from 'uint8arrays'
import type { MutableCounters } from './counters.ts'
import { compareDistance, kadIdOf, type KadId } from './distance.ts'
import { RegressionError, type Namespaces } from './namespaces.ts'
import type { ResolvedKademliaOptions } from './options.ts'

/** One key of kad-dht and what this peer holds under it. */
export interface HeldRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** As kad-dht reads it. */
  readonly bytes: Uint8Array
  readonly kadId: KadId
  /** When somebody put it here last, in this process's time. */
  readonly putAt: number
}

/** What all names of kad-dht's begin with. */
export const datastorePrefix = '/dht'

/** What somebody else put can neither be kept, nor may what is held make room for it. */
export class NoRoomError extends Error {
  override readonly name: 'NoRoomError' = 'NoRoomError'

  constructor(what: string) {
    super(`Cannot keep a ${what}: there is no room for more`)
  }
}

/** Told of each record that is held anew, or no longer. */
export type RecordListener = (name: string, bytes: Uint8Array | undefined, isOwn: boolean) => void

/** The records that this peer holds, for itself and for others: bounded, and never taken back to what was before. */
export class HeldRecords {
  readonly #options: ResolvedKademliaOptions
  readonly #namespaces: Namespaces
  readonly #counters: MutableCounters
  readonly #self: KadId
  readonly #now: () => number
  readonly #changed: RecordListener
  /** By kad-dht's name for them. */
  readonly #records = new Map<string, HeldRecord>()
  /** Names of those that were written here: they make room for no others. */
  readonly #own = new Set<string>()
  #bytes = 0

  constructor(
    options: ResolvedKademliaOptions,
    namespaces: Namespaces,
    counters: MutableCounters,
    self: KadId,
    now: () => number,
    changed: RecordListener = () => {},
  ) {
    this.#options = options
    this.#namespaces = namespaces
    this.#counters = counters
    this.#self = self
    this.#now = now
    this.#changed = changed
  }

  [Symbol.iterator](): Iterator<HeldRecord> {
    return [...this.#records.values()][Symbol.iterator]()
  }

  /** @throws NotFoundError, as kad-dht expects */
  get(name: string): Uint8Array {
    const held = this.#records.get(name)
    if (held === undefined) throw new NotFoundError(`There is no ${name}`)
    return held.bytes
  }

  has(name: string): boolean {
    return this.#records.has(name)
  }

  delete(name: string): void {
    const held = this.#records.get(name)
    if (held === undefined) return
    this.#bytes -= held.bytes.length
    this.#records.delete(name)
    this.#own.delete(name)
    this.#changed(name, undefined, false)
  }

  /** Of this nobody is told. */
  clear(): void {
    this.#records.clear()
    this.#own.clear()
    this.#bytes = 0
  }

  /**
   * What kad-dht has found valid. Between its check and this others may have come: here, in one go, is where a step back
   * is refused. Of more siblings than are kept all replicas keep the same, whatever came first: they are joined even if one
   * that is offered has no room among them.
   *
   * @param isOwn it is written by this peer, and never without room; of one that is no sibling kept `holds` tells
   * @throws RegressionError, NoRoomError: the writer then hears of no success
   */
  put(name: string, bytes: Uint8Array, isOwn: boolean): void {
    const { key, value, timeReceived } = Libp2pRecord.deserialize(bytes)
    const held = this.#records.get(name)
    const joined = this.#joined(key, held, value)
    // Values of kad-dht's are views of whole messages: copied, so that the rest is not kept with them.
    const record = new Libp2pRecord(key.slice(), joined.slice(), timeReceived)
    const next = { bytes: record.serialize().slice(), kadId: held?.kadId ?? kadIdOf(key), putAt: this.#now() }
    const growth = next.bytes.length - (held?.bytes.length ?? 0)
    while (this.#isShort(name, growth)) this.#makeRoom(name, next.kadId, isOwn)
    this.#bytes += growth
    this.#records.set(name, { ...next, key: record.key, value: record.value })
    if (isOwn) this.#own.add(name)
    this.#changed(name, next.bytes, this.#own.has(name))
    if (!this.#namespaces.covers(key, joined, value)) {
      this.#counters.full++
      if (!isOwn) throw new NoRoomError('sibling')
    } else this.#counters.stored++
  }

  /**
   * Takes back what this peer held when it last ran, as if it had been put now: kad-dht would drop what is a day and a half
   * old, though nobody else may have it.
   *
   * @returns false when it does not read, or there is no room for it any more
   */
  restore(name: string, bytes: Uint8Array, isOwn: boolean): boolean {
    const record = readRecord(bytes)
    if (record === undefined || recordName(record.key) !== name || this.#records.has(name)) return false
    const fresh = record.serialize().slice()
    if (this.#isShort(name, fresh.length)) return false
    const { key, value } = record
    this.#records.set(name, { key, value, bytes: fresh, kadId: kadIdOf(key), putAt: this.#now() })
    this.#bytes += fresh.length
    if (isOwn) this.#own.add(name)
    return true
  }

  /** Whether the value that was put is held, or what replaces it. */
  holds(key: Uint8Array, value: Uint8Array): boolean {
    const held = this.#records.get(recordName(key))
    return held !== undefined && this.#namespaces.covers(key, held.value, value)
  }

  /** Whether nobody has put anything under its key since. */
  isCurrent(record: HeldRecord): boolean {
    return this.#records.get(recordName(record.key)) === record
  }

  #joined(key: Uint8Array, held: HeldRecord | undefined, offered: Uint8Array): Uint8Array {
    if (held === undefined) return offered
    try {
      return this.#namespaces.join(key, held.value, offered)
    } catch (error) {
      if (error instanceof RegressionError) this.#counters.regressions++
      throw error
    }
  }

  #isShort(name: string, growth: number): boolean {
    const { recordLimit, heldLimitBytes } = this.#options
    const isNew = !this.#records.has(name)
    return this.#records.size + Number(isNew) > recordLimit || this.#bytes + growth > heldLimitBytes
  }

  /**
   * One of the others goes: of those that strangers put the farthest, for a nearer one or for one of this peer's own; if
   * there is none, of its own the farthest, for its own alone. Whoever floods it then displaces nothing that it wrote.
   *
   * @throws NoRoomError
   */
  #makeRoom(name: string, kadId: KadId, isOwn: boolean): void {
    const farthest = this.#farthest(name, false) ?? (isOwn ? this.#farthest(name, true) : undefined)
    if (farthest === undefined || (!isOwn && compareDistance(this.#self, farthest[1].kadId, kadId) < 0)) {
      this.#counters.full++
      throw new NoRoomError('record')
    }
    this.delete(farthest[0])
    this.#counters.displaced++
  }

  /** Looked for only when there is no room. */
  #farthest(except: string, isOwn: boolean): readonly [string, HeldRecord] | undefined {
    let farthest: readonly [string, HeldRecord] | undefined
    for (const entry of this.#records) {
      if (entry[0] === except || this.#own.has(entry[0]) !== isOwn) continue
      if (farthest === undefined || compareDistance(this.#self, entry[1].kadId, farthest[1].kadId) > 0) farthest = entry
    }
    return farthest
  }
}

/** @returns undefined for what is none */
function readRecord(bytes: Uint8Array): Libp2pRecord | undefined {
  try {
    const { key, value } = Libp2pRecord.deserialize(bytes)
    return new Libp2pRecord(key.slice(), value.slice(), new Date())
  } catch {
    return undefined
  }
}

/** kad-dht's name for what stands under a key. */
function recordName(key: Uint8Array): string {
  return `${datastorePrefix}/record/${toString(key, 'base32')}`
}
