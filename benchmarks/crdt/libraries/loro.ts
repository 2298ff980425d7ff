import type { Patch } from '../../../tests/traces/trace.ts'
import { requirePeer } from '../../peers/resolve.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'
import { id64 } from './identifiers.ts'

interface LoroText {
  readonly length: number
  insert(index: number, text: string): void
  delete(index: number, count: number): void
}

interface LoroMap {
  readonly size: number
  get(key: string): unknown
  set(key: string, value: unknown): void
  delete(key: string): void
}

interface LoroDoc {
  setPeerId(id: bigint): void
  getText(name: string): LoroText
  getMap(name: string): LoroMap
  getCounter(name: string): { readonly value: number; increment(amount: number): void }
  subscribeLocalUpdates(listener: (update: Uint8Array) => void): void
  commit(): void
  import(bytes: Uint8Array): void
  importBatch(all: readonly Uint8Array[]): void
  export(options: { readonly mode: string; readonly frontiers?: unknown }): Uint8Array
  frontiers(): unknown
  free(): void
}

interface Loro {
  readonly LoroDoc: new () => LoroDoc
}

export function loro(): Promise<Library> {
  const { LoroDoc } = requirePeer<Loro>('loro-crdt')
  return Promise.resolve({
    create: (replica) => new LoroReplica(new LoroDoc(), replica),
    load(bytes, replica) {
      const doc = new LoroDoc()
      doc.import(bytes)
      return new LoroReplica(doc, replica)
    },
  })
}

class LoroReplica implements Replica {
  readonly #doc: LoroDoc
  readonly #session: number
  readonly #text: LoroText
  #written: Uint8Array[] = []
  readonly encodings: Readonly<Record<string, () => Uint8Array>>

  constructor(doc: LoroDoc, replica: number) {
    doc.setPeerId(id64(replica))
    this.#doc = doc
    this.#session = replica
    this.#text = doc.getText(names.text)
    this.encodings = {
      updates: () => doc.export({ mode: 'update' }),
      shallow: () => doc.export({ mode: 'shallow-snapshot', frontiers: doc.frontiers() }),
    }
  }

  insert(index: number, text: string): void {
    this.#text.insert(index, text)
    this.#doc.commit()
  }

  delete(index: number, count: number): void {
    this.#text.delete(index, count)
    this.#doc.commit()
  }

  edit(patches: readonly Patch[]): void {
    applyPatches(this.#text, patches)
    this.#doc.commit()
  }

  text(): string {
    return String(this.#text)
  }

  get length(): number {
    return this.#text.length
  }

  get map(): KeyedValues {
    const map = this.#doc.getMap(names.map)
    return {
      get size() {
        return map.size
      },
      get: (key) => map.get(key),
      set: (key, value) => {
        map.set(key, value)
        this.#doc.commit()
      },
    }
  }

  get set(): DistinctValues {
    const map = this.#doc.getMap(names.map)
    return {
      get size() {
        return map.size
      },
      add: (value) => {
        map.set(value, true)
        this.#doc.commit()
      },
      delete: (value) => {
        map.delete(value)
        this.#doc.commit()
      },
    }
  }

  get counter(): Counting {
    const counter = this.#doc.getCounter(names.counter)
    return {
      get value() {
        return counter.value
      },
      increment: () => {
        counter.increment(1)
        this.#doc.commit()
      },
    }
  }

  track(): void {
    this.#doc.subscribeLocalUpdates((update) => void this.#written.push(update))
  }

  take(): Update {
    const messages = this.#written
    this.#written = []
    return { session: this.#session, messages }
  }

  receive({ messages }: Update): void {
    for (const message of messages) this.#doc.import(message)
  }

  receiveAll(updates: readonly Update[]): void {
    this.#doc.importBatch(updates.flatMap(({ messages }) => messages))
  }

  encode(): Uint8Array {
    return this.#doc.export({ mode: 'snapshot' })
  }

  free(): void {
    this.#doc.free()
  }
}
