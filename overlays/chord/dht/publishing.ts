import {
  LookupFailedError,
  ownedBytes,
  ownedKey,
  recordKey,
  sharedBytes,
  VersionNames,
  type DhtRecord,
  type DhtWrite,
  type Key,
  type OwnedRecord,
  type SharedRecord,
} from '../../../node/protocol/index.ts'
import type { Coordinator, Settle } from './coordinator.ts'
import type { Edge } from './edge.ts'
import type { DhtEnvironment } from './events.ts'
import type { Renewal } from './renewal.ts'
import { Turns } from './turns.ts'

export interface PublishingPorts {
  readonly environment: DhtEnvironment
  readonly edge: Edge
  readonly coordinator: Coordinator
  readonly renewal: Renewal
}

/** What this peer's user puts and provides. */
export class Publishing {
  readonly #ports: PublishingPorts
  readonly #names: VersionNames
  /** Puts of one key come one after another, each reading what the one before has written. */
  readonly #turns = new Map<Key, Turns>()

  constructor(ports: PublishingPorts) {
    this.#ports = ports
    const { self, random } = ports.environment
    this.#names = new VersionNames(self, random)
  }

  /**
   * What has to be read first is read; then it is signed, and written.
   *
   * @param isWanted asked when its turn has come
   */
  put(key: Key, write: DhtWrite, isWanted: () => boolean, settle: Settle<DhtRecord>): void {
    // What the caller does to it meanwhile is no matter.
    const own = { ...write, value: write.value.slice() }
    const turns = this.#turns.get(key) ?? new Turns(1)
    this.#turns.set(key, turns)
    turns.add((ended) => {
      const end: Settle<DhtRecord> = (settled) => {
        settle(settled)
        ended()
        if (turns.isIdle) this.#turns.delete(key)
      }
      if (isWanted()) this.#put(key, own, end)
      else end({ error: new LookupFailedError(key, 0, 'it is not wanted any more') })
    })
  }

  provide(key: Key, settle: Settle<void>): void {
    const { renewal, coordinator } = this.#ports
    if (renewal.provide(key)) coordinator.announce(key, renewal.addresses(), settle)
    else settle({ error: new RangeError('Cannot provide more keys: as many as are allowed are provided already') })
  }

  withdraw(key: Key): void {
    this.#ports.renewal.withdraw(key)
  }

  #put(key: Key, write: DhtWrite, settle: Settle<DhtRecord>): void {
    const { coordinator, renewal } = this.#ports
    const put = (record: DhtRecord): void => {
      if (recordKey(record) !== key) return settle({ error: new RangeError(misplaced(key, write)) })
      coordinator.write(record, (settled) => {
        if ('value' in settled) renewal.publish(key, record)
        settle(settled)
      })
    }
    switch (write.kind) {
      case 'immutable':
        return put({ kind: 'immutable', value: write.value })
      case 'owned':
        return this.#owned(key, write, put, settle)
      case 'shared':
        return this.#shared(key, write, put, settle)
    }
  }

  #owned(
    key: Key,
    write: Extract<DhtWrite, { readonly kind: 'owned' }>,
    put: (record: OwnedRecord) => void,
    settle: Settle<DhtRecord>,
  ): void {
    const { environment, edge, coordinator } = this.#ports
    const owner = environment.author
    if (ownedKey(owner, write.name) !== key) return settle({ error: new RangeError(misplaced(key, write)) })
    const unsigned = { kind: 'owned' as const, owner, name: write.name, value: write.value }
    const sign = (sequence: number): void => {
      if (!Number.isSafeInteger(sequence)) return settle({ error: new RangeError(exhausted(key)) })
      const record = { ...unsigned, sequence }
      edge.sign(ownedBytes(record), (signature) => put({ ...record, signature }))
    }
    if (write.sequence !== undefined) return sign(write.sequence)
    coordinator.read(key, (found) => {
      if ('error' in found) return settle(found)
      sign(1 + Math.max(0, ...found.value.map((record) => (record.kind === 'owned' ? record.sequence : 0))))
    })
  }

  #shared(
    key: Key,
    write: Extract<DhtWrite, { readonly kind: 'shared' }>,
    put: (record: SharedRecord) => void,
    settle: Settle<DhtRecord>,
  ): void {
    const { environment, edge, coordinator } = this.#ports
    const unsigned = { kind: 'shared' as const, name: write.name, writer: environment.author, value: write.value }
    const sign = (read: readonly SharedRecord[]): void => {
      const record = { ...unsigned, version: this.#names.next(key, read) }
      edge.sign(sharedBytes(record), (signature) => put({ ...record, signature }))
    }
    if (write.replaces !== undefined) return sign(write.replaces)
    coordinator.read(key, (found) => {
      if ('error' in found) return settle(found)
      sign(found.value.filter((record) => record.kind === 'shared'))
    })
  }
}

function misplaced(key: Key, { kind }: DhtWrite): string {
  return `Cannot put this ${kind} record under the key ${key.slice(0, 12)}…: its own key is another one`
}

function exhausted(key: Key): string {
  return `Cannot put a newer record under ${key.slice(0, 12)}…: there is no greater sequence number`
}
