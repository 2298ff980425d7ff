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
  type DocumentStore,
  type StoredValue,
  type ValueChange,
} from '../protocol/index.ts'

/** Under which the records stand among the store's small values: `dht/<key>/<id>`. */
const prefix = 'dht/'

/**
 * The records that a peer holds for a ring, as small values of its store: one each, so that what is replaced or expired
 * leaves nothing behind. A value that is no record (any more) is left alone; other peers have it.
 */
export async function openDhtStorage(store: DocumentStore): Promise<EntryStorage<DhtEntry>> {
  const entries = (await store.scan(prefix)).flatMap((value) => entryOf(value))
  return {
    entries: () => entries.splice(0),
    append: (added) => store.change(added.map(changeOf)),
  }
}

function changeOf(entry: DhtEntry): ValueChange {
  if (entry.type === 'forget') return { key: `${prefix}${entry.key}/${entry.id}` }
  const { record, lifetime } = entry
  const writer = new ByteWriter(record.value.length + 512).varint(lifetime)
  writeRecord(record, writer)
  return { key: `${prefix}${recordKey(record)}/${recordId(record)}`, value: writer.finish() }
}

function entryOf({ value }: StoredValue): DhtEntry[] {
  const reader = new ByteReader(value)
  try {
    const lifetime = reader.varint()
    const record = readRecord(reader)
    reader.finish()
    return [{ type: 'record', record, lifetime }]
  } catch (error) {
    if (error instanceof MalformedMessageError) return []
    throw error
  }
}
