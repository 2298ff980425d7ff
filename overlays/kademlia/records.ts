import {
  assertSequence,
  isKnown,
  mergeRecords,
  ownedBytes,
  QuorumFailedError,
  sharedBytes,
  StaleRecordError,
  type VersionNames,
} from '../../node/protocol/index.ts'
import type { DhtRecord, DhtWrite, Key, OwnedRecord } from '../../node/protocol/index.ts'
import type { AuthorKey } from '../../node/libp2p/index.ts'
import { RegressionError } from './namespaces.ts'
import { decodeValue, encodeValue, valueKey } from './record-value.ts'
import type { Values } from './values.ts'

type WriteOf<Kind extends DhtWrite['kind']> = Extract<DhtWrite, { readonly kind: Kind }>

/** Records of the three kinds, made and signed here, as values that kad-dht carries. */
export class Records {
  readonly #values: Values
  readonly #author: AuthorKey
  readonly #names: VersionNames
  /** The last write of each key that is under way: the next one reads what it has written. */
  readonly #writing = new Map<Key, Promise<unknown>>()

  constructor(values: Values, author: AuthorKey, names: VersionNames) {
    this.#values = values
    this.#author = author
    this.#names = names
  }

  async get(key: Key, signal: AbortSignal): Promise<readonly DhtRecord[]> {
    const { values, ...outcome } = await this.#values.read(valueKey(key), signal)
    if (outcome.answered < outcome.wanted) throw new QuorumFailedError(key, outcome.answered, outcome.wanted, 'read')
    // Copies: what is found here is held here.
    return mergeRecords(values.flatMap(decodeValue))
  }

  /** @param write belongs to this object. One after another of each key, or two of them would number theirs alike */
  put(key: Key, write: DhtWrite, signal: AbortSignal): Promise<DhtRecord> {
    // Its caller may have gone while it waited.
    const act = async (): Promise<DhtRecord> => {
      signal.throwIfAborted()
      return this.#put(key, write, signal)
    }
    const before = this.#writing.get(key)
    const writing = before === undefined ? act() : before.then(act, act)
    this.#writing.set(key, writing)
    return writing.finally(() => {
      if (this.#writing.get(key) === writing) this.#writing.delete(key)
    })
  }

  #put(key: Key, write: DhtWrite, signal: AbortSignal): Promise<DhtRecord> {
    switch (write.kind) {
      case 'immutable':
        return this.#store(key, write, signal)
      case 'owned':
        return this.#putOwned(key, write, signal)
      case 'shared':
        return this.#putShared(key, write, signal)
    }
  }

  async #putOwned(key: Key, { name, value, sequence }: WriteOf<'owned'>, signal: AbortSignal): Promise<DhtRecord> {
    const newest = newestOwned(await this.get(key, signal))
    const next = sequence ?? (newest?.sequence ?? 0) + 1
    assertSequence(next)
    if (newest !== undefined && next <= newest.sequence) throw new StaleRecordError(key, newest.sequence)
    const unsigned = { kind: 'owned', owner: this.#author.publicKey, name, sequence: next, value } as const
    const record = { ...unsigned, signature: await this.#author.sign(ownedBytes(unsigned)) }
    try {
      return await this.#store(key, record, signal)
    } catch (error) {
      if (!(error instanceof QuorumFailedError)) throw error
      // Replicas refuse what is older than what they have without a word; what they have can be read.
      const newer = newestOwned(await this.get(key, signal))
      if (newer !== undefined && isKnown([newer], record)) throw new StaleRecordError(key, newer.sequence)
      throw error
    }
  }

  async #putShared(key: Key, { name, value, replaces }: WriteOf<'shared'>, signal: AbortSignal): Promise<DhtRecord> {
    const read = replaces ?? (await this.get(key, signal)).filter((record) => record.kind === 'shared')
    const version = this.#names.next(key, read)
    const unsigned = { kind: 'shared', name, writer: this.#author.publicKey, version, value } as const
    return this.#store(key, { ...unsigned, signature: await this.#author.sign(sharedBytes(unsigned)) }, signal)
  }

  async #store<Kind extends DhtRecord>(key: Key, record: Kind, signal: AbortSignal): Promise<Kind> {
    try {
      const { answered, wanted } = await this.#values.write(valueKey(key), encodeValue([record]), signal)
      if (answered < wanted) throw new QuorumFailedError(key, answered, wanted, 'write')
      return record
    } catch (error) {
      if (error instanceof RegressionError) throw new StaleRecordError(key, error.sequence ?? 0)
      throw error
    }
  }
}

function newestOwned(records: readonly DhtRecord[]): OwnedRecord | undefined {
  return records.find((record) => record.kind === 'owned')
}
