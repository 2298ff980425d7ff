import { toString } from 'uint8arrays'
import {
  isKnown,
  mergeRecords,
  recordClaim,
  recordId,
  recordKey,
  isKey,
  type DhtRecord,
} from '../../node/protocol/index.ts'
import { verifySignature } from '../../node/libp2p/index.ts'
import { decodeValue, encodeValue, valueLimitBytes } from './record-value.ts'

/** First part of the keys of Peerloom's own records: `/peerloom/` and the key. */
export const namespaceName = 'peerloom'

/** How the values of a network are checked and chosen, in libp2p's sense: keys are text, `/NAME/…`. */
export interface Namespace {
  /** @throws when the value must not stand under the key */
  validate(key: string, value: Uint8Array): void | Promise<void>
  /** @returns index of the best of the values, which are valid. Must not depend on their order */
  select(key: string, values: readonly Uint8Array[]): number
}

/** A value would undo what is held. */
export class RegressionError extends Error {
  override readonly name: 'RegressionError' = 'RegressionError'
  /** Of the owned record that is held. */
  readonly sequence: number | undefined

  constructor(sequence?: number) {
    super('Cannot take a value: what is held under its key is newer')
    this.sequence = sequence
  }
}

/** All namespaces of a peer: which values are valid, which is the best, and what is left when one comes to another. */
export class Namespaces {
  readonly #foreign: ReadonlyMap<string, Namespace>

  constructor(foreign: Readonly<Record<string, Namespace>>) {
    this.#foreign = new Map(Object.entries(foreign))
  }

  get names(): readonly string[] {
    return [namespaceName, ...this.#foreign.keys()]
  }

  isForeign(key: string): boolean {
    return this.#foreign.has(nameIn(key))
  }

  /** @throws when the value must not stand under the key */
  async validate(keyBytes: Uint8Array, value: Uint8Array): Promise<void> {
    if (value.length > valueLimitBytes) throw new RangeError(`A value of ${value.length} bytes is too large`)
    const key = toString(keyBytes)
    const name = nameIn(key)
    if (name === namespaceName) return validateRecords(key, value)
    const namespace = this.#foreign.get(name)
    if (namespace === undefined) throw new RangeError(`There is no namespace ${name}`)
    await namespace.validate(key, value.slice())
  }

  /** @returns index of the best */
  select(keyBytes: Uint8Array, values: readonly Uint8Array[]): number {
    const key = toString(keyBytes)
    const namespace = this.#foreign.get(nameIn(key))
    if (namespace !== undefined) return namespace.select(key, values)
    const [best] = mergeRecords(values.flatMap(decodeValue))
    return values.findIndex((value) => best !== undefined && isKnown(decodeValue(value), best))
  }

  /**
   * What is to be held when a valid value comes to one that is held. kad-dht itself would overwrite.
   *
   * @throws RegressionError when the other must not be replaced
   */
  join(keyBytes: Uint8Array, held: Uint8Array, offered: Uint8Array): Uint8Array {
    const key = toString(keyBytes)
    if (nameIn(key) === namespaceName) return joinRecords(decodeValue(held), decodeValue(offered))
    const namespace = this.#foreign.get(nameIn(key))
    // Public keys: all that are valid are equal.
    if (namespace === undefined) return offered
    if (toString(held, 'base64') !== toString(offered, 'base64') && namespace.select(key, [held, offered]) !== 1) {
      throw new RegressionError()
    }
    return offered
  }

  /** Whether a value, if it is valid, has all that the other one has to say. */
  async isBetter(keyBytes: Uint8Array, one: Uint8Array, other: Uint8Array): Promise<boolean> {
    try {
      await this.validate(keyBytes, one)
    } catch {
      return false
    }
    const key = toString(keyBytes)
    const namespace = this.#foreign.get(nameIn(key))
    return namespace === undefined ? this.covers(keyBytes, one, other) : namespace.select(key, [one, other]) === 0
  }

  /** Whether what is held, joined from what was offered and what was there, has all of the offer that is not of the past. */
  covers(keyBytes: Uint8Array, held: Uint8Array, offered: Uint8Array): boolean {
    if (nameIn(toString(keyBytes)) !== namespaceName) return true
    const records = decodeValue(held)
    return decodeValue(offered).every((record) => isKnown(records, record))
  }
}

function joinRecords(held: readonly DhtRecord[], offered: readonly DhtRecord[]): Uint8Array {
  for (const record of offered) {
    const [newest] = held
    if (record.kind !== 'owned' || newest?.kind !== 'owned' || recordId(newest) === recordId(record)) continue
    // Siblings that were read by others are of the past and do no harm; whoever sends an older owned record is to know.
    if (isKnown(held, record)) throw new RegressionError(newest.sequence)
  }
  return encodeValue(mergeRecords([...held, ...offered]))
}

/** @throws when one of them does not belong under the key, or is not signed by who it says */
async function validateRecords(key: string, value: Uint8Array): Promise<void> {
  const point = key.slice(namespaceName.length + 2)
  if (!isKey(point)) throw new RangeError(`${key} is no key of a record`)
  const records = decodeValue(value)
  if (records.length === 0) throw new RangeError('A value without a record')
  if (mergeRecords(records).length !== records.length) throw new RangeError('A value with records that others replace')
  for (const record of records) {
    if (recordKey(record) !== point) throw new RangeError(`A record under a key that is not its own, ${key}`)
    const claim = recordClaim(record)
    if (claim !== undefined && !(await verifySignature(claim))) throw new RangeError('A record with a wrong signature')
  }
}

/** First part of a key; empty if it is none. */
function nameIn(key: string): string {
  const [before, name = '', ...rest] = key.split('/')
  return before === '' && rest.length > 0 ? name : ''
}
