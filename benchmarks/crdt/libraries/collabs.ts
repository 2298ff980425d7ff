import type { Patch } from '../../../tests/traces/trace.ts'
import { requirePeer } from '../../peers/resolve.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'

interface Text {
  readonly length: number
  insert(index: number, text: string): void
  delete(index: number, count: number): void
}

interface ValueMap {
  readonly size: number
  get(key: string): unknown
  set(key: string, value: unknown): void
  delete(key: string): void
}

interface Runtime {
  registerCollab<Collab>(name: string, create: (init: unknown) => Collab): Collab
  on(event: 'Send', listener: (event: { readonly message: Uint8Array }) => void): void
  transact(work: () => void): void
  receive(message: Uint8Array): void
  save(): Uint8Array
  load(bytes: Uint8Array): void
}

interface Collabs {
  readonly CRuntime: new (options: { readonly debugReplicaID: string; readonly autoTransactions: 'debugOp' }) => Runtime
  readonly CText: new (init: unknown) => Text
  readonly CValueMap: new (init: unknown) => ValueMap
  readonly CCounter: new (init: unknown) => { readonly value: number; add(amount: number): void }
}

export function collabs(): Promise<Library> {
  const api = requirePeer<Collabs>('@collabs/collabs')
  return Promise.resolve({
    create: (replica) => new CollabsReplica(api, replica),
    load(bytes, replica) {
      const loaded = new CollabsReplica(api, replica)
      loaded.runtime.load(bytes)
      return loaded
    },
  })
}

class CollabsReplica implements Replica {
  readonly runtime: Runtime
  readonly #session: number
  readonly #text: Text
  readonly map: KeyedValues
  readonly set: DistinctValues
  readonly counter: Counting
  #written: Uint8Array[] = []

  constructor({ CRuntime, CText, CValueMap, CCounter }: Collabs, replica: number) {
    const debugReplicaID = `r${String(replica).padStart(9, '0')}`
    // Its default sends one message for all edits of a microtask.
    this.runtime = new CRuntime({ debugReplicaID, autoTransactions: 'debugOp' })
    this.#session = replica
    this.#text = this.runtime.registerCollab(names.text, (init) => new CText(init))
    const map = this.runtime.registerCollab(names.map, (init) => new CValueMap(init))
    const counter = this.runtime.registerCollab(names.counter, (init) => new CCounter(init))
    this.map = map
    this.set = {
      get size() {
        return map.size
      },
      add: (value) => map.set(value, true),
      delete: (value) => map.delete(value),
    }
    this.counter = {
      get value() {
        return counter.value
      },
      increment: () => counter.add(1),
    }
  }

  insert(index: number, text: string): void {
    this.#text.insert(index, text)
  }

  delete(index: number, count: number): void {
    this.#text.delete(index, count)
  }

  edit(patches: readonly Patch[]): void {
    this.runtime.transact(() => applyPatches(this, patches))
  }

  text(): string {
    return String(this.#text)
  }

  get length(): number {
    return this.#text.length
  }

  track(): void {
    this.runtime.on('Send', ({ message }) => void this.#written.push(message))
  }

  take(): Update {
    const messages = this.#written
    this.#written = []
    return { session: this.#session, messages }
  }

  receive({ messages }: Update): void {
    for (const message of messages) this.runtime.receive(message)
  }

  receiveAll(updates: readonly Update[]): void {
    for (const update of updates) this.receive(update)
  }

  encode(): Uint8Array {
    return this.runtime.save()
  }
}
