import { fromString } from 'uint8arrays'
import { keyOf, QuorumFailedError } from '../../node/protocol/index.ts'
import type { Namespaces } from './namespaces.ts'
import { valueLimitBytes } from './record-value.ts'
import type { Values } from './values.ts'

interface ForeignPorts {
  readonly namespaces: Namespaces
  readonly values: Values
}

/** Puts a value that is no record of Peerloom's. */
export async function putForeignValue(
  { namespaces, values }: ForeignPorts,
  key: string,
  value: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  checkForeign(namespaces, key)
  if (value.length > valueLimitBytes) {
    throw new RangeError(`Cannot put a value of ${value.length} bytes: at most ${valueLimitBytes} are allowed`)
  }
  const bytes = fromString(key)
  await namespaces.validate(bytes, value)
  const { answered, wanted } = await values.write(bytes, value, signal)
  if (answered < wanted) throw new QuorumFailedError(keyOf(key), answered, wanted, 'write')
}

/** @returns the best of those found */
export async function getForeignValue(
  { namespaces, values }: ForeignPorts,
  key: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  checkForeign(namespaces, key)
  const bytes = fromString(key)
  const { values: found, answered, wanted } = await values.read(bytes, signal)
  if (answered < wanted) throw new QuorumFailedError(keyOf(key), answered, wanted, 'read')
  return found.length === 0 ? undefined : found[namespaces.select(bytes, found)]?.slice()
}

function checkForeign(namespaces: Namespaces, key: string): void {
  if (namespaces.isForeign(key)) return
  throw new RangeError(`Cannot use the key ${key.slice(0, 64)}: it is not of one of the namespaces given as an option`)
}
