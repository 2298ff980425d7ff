import type { DhtEntry } from '../../overlays/chord/index.ts'
import type { EntryStorage } from '../libp2p/index.ts'
import {
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  readRecord,
  recordId,
  recordKey,
  writeRecord,
  type DhtRecord,
  type DocumentStore,
  type StoredValue,
  type ValueChange,
} from '../protocol/index.ts'

/** Under which the records stand among the store's small values: `dht/<key>/<id>`. */
const prefix = 'dht/'

/**
 * The records that a peer holds for a ring, as small values of its store: one each, so that what is replaced or expired
 * leaves nothing behind. They go on expiring while the peer is away: by the wall clock, or not later than they would have
 * if that has been set back. A value that is no record (any more) is left alone; other peers have it.
 *
 * @param now wall clock, milliseconds since 1970
 */
export async function openDhtStorage(
  store: DocumentStore,
  now: () => number = Date.now,
): Promise<EntryStorage<DhtEntry>> {
  const values = await store.scan(prefix)
  const entries = values.flatMap((value) => entryOf(value, now()))
  const expired = entries.filter(({ lifetime }) => lifetime <= 0)
  if (expired.length > 0) await store.change(expired.map(({ record }) => ({ key: storedKey(record) })))
  const left = entries.filter(({ lifetime }) => lifetime > 0)
  return {
    entries: () => left.splice(0),
    append: (added) => store.change(added.map((entry) => changeOf(entry, now()))),
  }
}

type RecordEntry = Extract<DhtEntry, { readonly type: 'record' }>

function changeOf(entry: DhtEntry, now: number): ValueChange {
  if (entry.type === 'forget') return { key: `${prefix}${entry.key}/${entry.id}` }
  const { record, lifetime } = entry
  const writer = new ByteWriter(record.value.length + 512).varint(lifetime).varint(now + lifetime)
  writeRecord(record, writer)
  return { key: storedKey(record), value: writer.finish() }
}

function storedKey(record: DhtRecord): string {
  return `${prefix}${recordKey(record)}/${recordId(record)}`
}

function entryOf({ value }: StoredValue, now: number): RecordEntry[] {
  const reader = new ByteReader(value)
  try {
    const lifetime = reader.varint()
    const expiresAt = reader.varint()
    const record = readRecord(reader)
    reader.finish()
    return [{ type: 'record', record, lifetime: Math.min(lifetime, expiresAt - now) }]
  } catch (error) {
    if (error instanceof MalformedMessageError) return []
    throw error
  }
}
