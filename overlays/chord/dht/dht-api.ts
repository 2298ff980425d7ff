import type { Dht, DhtRecord, DhtWrite, Key, Provider, RequestOptions } from '../../../node/protocol/index.ts'
import { assertRecordSize, assertSequence } from '../../../node/protocol/index.ts'
import type { Settle } from './coordinator.ts'
import type { DhtCore } from './dht.ts'

/** The role `Dht` as promises over the core. */
export class DhtApi implements Dht {
  readonly #core: DhtCore

  constructor(core: DhtCore) {
    this.#core = core
  }

  get author(): Uint8Array {
    return this.#core.author.slice()
  }

  put(key: Key, write: DhtWrite, options?: RequestOptions): Promise<DhtRecord> {
    return settled<DhtRecord>(options, (settle) => {
      assertRecordSize(write.value, write.kind === 'immutable' ? '' : write.name)
      if (write.kind === 'owned' && write.sequence !== undefined) assertSequence(write.sequence)
      this.#core.put(key, write, settle, () => options?.signal?.aborted !== true)
    }).then(copyOf)
  }

  get(key: Key, options?: RequestOptions): Promise<readonly DhtRecord[]> {
    return settled<readonly DhtRecord[]>(options, (settle) => this.#core.get(key, settle)).then((records) =>
      records.map(copyOf),
    )
  }

  provide(key: Key, options?: RequestOptions): Promise<void> {
    return settled(options, (settle) => this.#core.provide(key, settle))
  }

  withdraw(key: Key): void {
    this.#core.withdraw(key)
  }

  providers(key: Key, options?: RequestOptions): Promise<readonly Provider[]> {
    return settled(options, (settle) => this.#core.providers(key, settle))
  }

  handOver(options?: RequestOptions): Promise<boolean> {
    return settled(options, (settle) => this.#core.handOver(settle))
  }
}

/** What callers do to their record is no matter of the table's. */
function copyOf(record: DhtRecord): DhtRecord {
  const value = record.value.slice()
  switch (record.kind) {
    case 'immutable':
      return { ...record, value }
    case 'owned':
      return { ...record, value, owner: record.owner.slice(), signature: record.signature.slice() }
    case 'shared':
      return { ...record, value, writer: record.writer.slice(), signature: record.signature.slice() }
  }
}

function settled<Value>({ signal }: RequestOptions = {}, act: (settle: Settle<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    const abort = (): void => reject(signal?.reason)
    let isSettled = false
    act((outcome) => {
      isSettled = true
      signal?.removeEventListener('abort', abort)
      if ('value' in outcome) resolve(outcome.value)
      else reject(outcome.error)
    })
    if (!isSettled) signal?.addEventListener('abort', abort, { once: true })
  })
}
