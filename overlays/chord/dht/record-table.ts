import {
  encodeRecord,
  isKnown,
  mergeRecords,
  recordId,
  recordKey,
  type DhtRecord,
  type Instant,
  type Key,
} from '../../../node/protocol/index.ts'
import { ItemSet, type Item } from '../../../node/reconciliation/index.ts'
import { itemAt, itemBytes, keyOfItem } from './record-item.ts'

export interface HeldRecord {
  readonly record: DhtRecord
  readonly item: Item
  readonly bytes: number
  expiresAt: Instant
  /** What the disk says of `expiresAt`: earlier, after the record was put again. */
  storedUntil: Instant
}

/** What came of a record that was offered. */
export interface Merged {
  /** Records that it has replaced. */
  readonly replaced: readonly HeldRecord[]
  readonly outcome: 'kept' | 'stale' | 'full'
}

const nothing: readonly HeldRecord[] = Object.freeze([])

/** The records that this peer holds. Only of verified ones. */
export class RecordTable {
  readonly items: ItemSet = new ItemSet(itemBytes)
  readonly #byKey = new Map<Key, readonly HeldRecord[]>()
  readonly #limits: { readonly recordLimit: number; readonly byteLimit: number }
  #bytes = 0

  constructor(limits: { readonly recordLimit: number; readonly byteLimit: number }) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  /** In the order of their ids. */
  at(key: Key): readonly HeldRecord[] {
    return this.#byKey.get(key) ?? nothing
  }

  find(item: Item): HeldRecord | undefined {
    return this.at(keyOfItem(item)).find((held) => held.item === item)
  }

  /** Whether a record is held, or one that is newer: then it need not be verified. */
  knows(record: DhtRecord): Merged['outcome'] | undefined {
    const held = this.at(recordKey(record))
    if (held.length === 0) return undefined
    const records = held.map((entry) => entry.record)
    if (!isKnown(records, record)) return undefined
    const id = recordId(record)
    return records.some((one) => recordId(one) === id) || record.kind === 'shared' ? 'kept' : 'stale'
  }

  /** Whether another owned record with the same sequence number is held. */
  hasOther(record: DhtRecord): boolean {
    if (record.kind !== 'owned') return false
    const item = itemAt(recordKey(record), recordId(record))
    return this.at(recordKey(record)).some(
      (held) => held.record.kind === 'owned' && held.record.sequence === record.sequence && held.item !== item,
    )
  }

  merge(record: DhtRecord, expiresAt: Instant): Merged {
    const key = recordKey(record)
    const held = this.at(key)
    const item = itemAt(key, recordId(record))
    const same = held.find((entry) => entry.item === item)
    if (same !== undefined) {
      same.expiresAt = Math.max(same.expiresAt, expiresAt)
      return { replaced: nothing, outcome: 'kept' }
    }
    const known = this.knows(record)
    if (known !== undefined) return { replaced: nothing, outcome: known }
    return this.#add(key, held, {
      record,
      item,
      bytes: encodeRecord(record).length,
      expiresAt,
      storedUntil: expiresAt,
    })
  }

  delete(item: Item): boolean {
    const key = keyOfItem(item)
    const held = this.at(key)
    const gone = held.find((entry) => entry.item === item)
    if (gone === undefined) return false
    const rest = held.filter((entry) => entry !== gone)
    if (rest.length === 0) this.#byKey.delete(key)
    else this.#byKey.set(key, rest)
    this.#forget(gone)
    return true
  }

  /** All whose time is over, deleted. */
  expire(now: Instant): HeldRecord[] {
    const expired = [...this.#byKey.values()].flat().filter(({ expiresAt }) => expiresAt <= now)
    for (const { item } of expired) this.delete(item)
    return expired
  }

  #add(key: Key, held: readonly HeldRecord[], added: HeldRecord): Merged {
    const all = [...held, added].sort((one, other) => (one.item < other.item ? -1 : 1))
    const left = new Set(mergeRecords(all.map(({ record }) => record)))
    const replaced = held.filter(({ record }) => !left.has(record))
    // Of too many siblings it may be one of those that are left out.
    if (!left.has(added.record) || !this.#hasRoom(added, replaced)) return { replaced: nothing, outcome: 'full' }
    for (const entry of replaced) this.#forget(entry)
    this.#byKey.set(
      key,
      all.filter(({ record }) => left.has(record)),
    )
    this.items.add(added.item)
    this.#bytes += added.bytes
    return { replaced, outcome: 'kept' }
  }

  /** A newer version needs no more room than it has over what it replaces: nobody can freeze what is held here. */
  #hasRoom({ bytes }: HeldRecord, replaced: readonly HeldRecord[]): boolean {
    const freed = replaced.reduce((sum, held) => sum + held.bytes, 0)
    const { recordLimit, byteLimit } = this.#limits
    return this.items.size - replaced.length < recordLimit && this.#bytes - freed + bytes <= byteLimit
  }

  #forget({ item, bytes }: HeldRecord): void {
    this.items.delete(item)
    this.#bytes -= bytes
  }
}
