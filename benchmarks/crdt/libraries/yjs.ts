import type { Patch } from '../../../tests/traces/trace.ts'
import { importPeer } from '../../peers/resolve.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'
import { id32 } from './identifiers.ts'

interface YMap {
  readonly size: number
  get(key: string): unknown
  set(key: string, value: unknown): void
  delete(key: string): void
  values(): Iterable<unknown>
}

interface YDoc {
  clientID: number
  getText(name: string): {
    readonly length: number
    insert(index: number, text: string): void
    delete(index: number, count: number): void
  }
  getMap(name: string): YMap
  transact(work: () => void, origin?: string): void
  on(event: 'update', listener: (update: Uint8Array, origin: unknown) => void): void
}

interface Yjs {
  readonly Doc: new () => YDoc
  applyUpdate(doc: YDoc, update: Uint8Array, origin?: string): void
  mergeUpdates(updates: readonly Uint8Array[]): Uint8Array
  encodeStateAsUpdate(doc: YDoc): Uint8Array
  encodeStateAsUpdateV2(doc: YDoc): Uint8Array
}

const remote = 'remote'

export async function yjs(): Promise<Library> {
  const api = await importPeer<Yjs>('yjs')
  return {
    create: (replica) => new YjsReplica(api, new api.Doc(), replica),
    load(bytes, replica) {
      const doc = new api.Doc()
      api.applyUpdate(doc, bytes)
      return new YjsReplica(api, doc, replica)
    },
  }
}

class YjsReplica implements Replica {
  readonly #api: Yjs
  readonly #session: number
  readonly #doc: YDoc
  readonly #text: ReturnType<YDoc['getText']>
  #written: Uint8Array[] = []
  readonly encodings: Readonly<Record<string, () => Uint8Array>>

  constructor(api: Yjs, doc: YDoc, replica: number) {
    this.#api = api
    this.#session = replica
    this.#doc = doc
    // Only now: where its own id comes from outside, Yjs takes another.
    doc.clientID = id32(replica)
    this.#text = this.#doc.getText(names.text)
    this.encodings = { v2: () => api.encodeStateAsUpdateV2(this.#doc) }
  }

  insert(index: number, text: string): void {
    this.#text.insert(index, text)
  }

  delete(index: number, count: number): void {
    this.#text.delete(index, count)
  }

  edit(patches: readonly Patch[]): void {
    this.#doc.transact(() => applyPatches(this, patches))
  }

  text(): string {
    return String(this.#text)
  }

  get length(): number {
    return this.#text.length
  }

  get map(): KeyedValues {
    return this.#doc.getMap(names.map)
  }

  get set(): DistinctValues {
    const map = this.#doc.getMap(names.map)
    return {
      get size() {
        return map.size
      },
      add: (value) => map.set(value, true),
      delete: (value) => map.delete(value),
    }
  }

  /** A map of each replica's total: Yjs has no counter. */
  get counter(): Counting {
    const map = this.#doc.getMap(names.counter)
    const key = String(this.#session)
    return {
      get value() {
        let sum = 0
        for (const total of map.values()) sum += total as number
        return sum
      },
      increment: () => map.set(key, ((map.get(key) as number | undefined) ?? 0) + 1),
    }
  }

  track(): void {
    this.#doc.on('update', (update, origin) => {
      if (origin !== remote) this.#written.push(update)
    })
  }

  take(): Update {
    const written = this.#written
    this.#written = []
    return { session: this.#session, messages: written.length > 1 ? [this.#api.mergeUpdates(written)] : written }
  }

  receive({ messages }: Update): void {
    for (const message of messages) this.#api.applyUpdate(this.#doc, message, remote)
  }

  receiveAll(updates: readonly Update[]): void {
    this.#doc.transact(() => updates.forEach((update) => this.receive(update)), remote)
  }

  encode(): Uint8Array {
    return this.#api.encodeStateAsUpdate(this.#doc)
  }
}
