import { assertRecordSize, assertSequence, immutableKey, ownedKey, sharedKey } from '../../node/protocol/index.ts'
import type { DhtWrite, Key } from '../../node/protocol/index.ts'

/**
 * What is to be written, apart from what the caller may still change.
 *
 * @param author public key with which it will be signed
 * @throws RangeError when it is too large, or may not stand under the key
 */
export function ownWrite(key: Key, write: DhtWrite, author: Uint8Array): DhtWrite {
  assertRecordSize(write.value, write.kind === 'immutable' ? '' : write.name)
  if (placeOf(write, author) !== key) {
    throw new RangeError(`Cannot put a record under ${key.slice(0, 12)}…: its key follows from it, and is another`)
  }
  if (write.kind === 'owned' && write.sequence !== undefined) assertSequence(write.sequence)
  return { ...write, value: write.value.slice() }
}

function placeOf(write: DhtWrite, author: Uint8Array): Key {
  switch (write.kind) {
    case 'immutable':
      return immutableKey(write.value)
    case 'owned':
      return ownedKey(author, write.name)
    case 'shared':
      return sharedKey(write.name)
  }
}
