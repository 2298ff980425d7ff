import { recordId, recordKey, type DhtRecord, type Key } from '../../../node/protocol/index.ts'
import { bound, type Arc, type Item } from '../../../node/reconciliation/index.ts'
import type { RingPoint } from '../ring-node.ts'

/** A key, and the id of a record under it. */
export const itemBytes = 48

export function itemOf(record: DhtRecord): Item {
  return itemAt(recordKey(record), recordId(record))
}

export function itemAt(key: Key, id: string): Item {
  return `${key}${id}` as Item
}

export function keyOfItem(item: Item): Key {
  return item.slice(0, 64) as Key
}

/** After everything that could stand under a key. */
const last = 'f'.repeat(32)

/** All that stands under keys after one point, up to and with another; from a point to itself everything. */
export function arcOf(after: RingPoint, upTo: RingPoint): Arc {
  return { from: bound(after + last), to: bound(upTo + last) }
}
