import { fromString } from 'uint8arrays'
import { ByteReader, ByteWriter, readRecord, recordLimits, writeRecord } from '../../node/protocol/index.ts'
import type { DhtRecord, Key } from '../../node/protocol/index.ts'

/** Largest value: as many siblings as are kept, each with the longest version. */
export const valueLimitBytes: number = recordLimits.siblings * (recordLimits.valueBytes + 10_240)

/** The key of kad-dht under which the records of a key stand. */
export function valueKey(key: Key): Uint8Array {
  return fromString(`/peerloom/${key}`)
}

/** The records of one key as one value of kad-dht: their number, and each as in every overlay. */
export function encodeValue(records: readonly DhtRecord[]): Uint8Array {
  const writer = new ByteWriter().varint(records.length)
  for (const record of records) writeRecord(record, writer)
  return writer.finish()
}

/** @throws MalformedMessageError for bytes that `encodeValue` cannot have written */
export function decodeValue(bytes: Uint8Array): readonly DhtRecord[] {
  const reader = new ByteReader(bytes)
  const records = reader.list(recordLimits.siblings, readRecord)
  reader.finish()
  return records
}
