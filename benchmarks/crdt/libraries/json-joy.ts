import type { Patch } from '../../../tests/traces/trace.ts'
import { requirePeer } from '../../peers/resolve.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'
import { id52 } from './identifiers.ts'

/** What the documentation of json-joy's JSON CRDT shows. */
interface Model {
  readonly api: {
    str(path: readonly string[]): {
      ins(at: number, text: string): void
      del(at: number, count: number): void
      view(): string
      length(): number
    }
    obj(path: readonly string[]): ObjectNode
    set(value: unknown): void
    flush(): { toBinary(): Uint8Array } | undefined
  }
  view(): Readonly<Record<typeof names.map, Readonly<Record<string, number>>>>
  applyPatch(patch: unknown): void
  toBinary(): Uint8Array
}

interface ObjectNode {
  get(key: string): { view(): unknown } | undefined
  set(values: Readonly<Record<string, unknown>>): void
  del(keys: readonly string[]): void
}

interface JsonJoy {
  readonly Model: {
    create(schema: undefined, session: number): Model
    load(bytes: Uint8Array, session?: number): Model
  }
}

interface JsonJoyPatch {
  readonly Patch: { fromBinary(bytes: Uint8Array): unknown }
}

export function jsonJoy(): Promise<Library> {
  const { Model } = requirePeer<JsonJoy>('json-joy/lib/json-crdt')
  const { Patch } = requirePeer<JsonJoyPatch>('json-joy/lib/json-crdt-patch')
  // Containers have to be the same on every replica.
  const origin = Model.create(undefined, 65_537)
  origin.api.set({ [names.text]: '', [names.map]: {} })
  origin.api.flush()
  const empty = origin.toBinary()
  const load: Library['load'] = (bytes, replica) =>
    // Its session ids have 53 bits, the least of them reserved.
    new JsonJoyReplica(Patch, Model.load(bytes, Math.floor(id52(replica) / 2) + 70_000), replica)
  return Promise.resolve({ create: (replica) => load(empty, replica), load })
}

class JsonJoyReplica implements Replica {
  readonly #patch: JsonJoyPatch['Patch']
  readonly #model: Model
  readonly #session: number
  readonly #string: ReturnType<Model['api']['str']>
  #isTracked = false
  #written: Uint8Array[] = []

  constructor(patch: JsonJoyPatch['Patch'], model: Model, replica: number) {
    this.#patch = patch
    this.#model = model
    this.#session = replica
    this.#string = model.api.str([names.text])
  }

  insert(index: number, text: string): void {
    this.#string.ins(index, text)
    this.#flush()
  }

  delete(index: number, count: number): void {
    this.#string.del(index, count)
    this.#flush()
  }

  edit(patches: readonly Patch[]): void {
    const string = this.#string
    applyPatches({ insert: (at, text) => string.ins(at, text), delete: (at, count) => string.del(at, count) }, patches)
    this.#flush()
  }

  #flush(): void {
    const patch = this.#model.api.flush()
    if (this.#isTracked && patch !== undefined) this.#written.push(patch.toBinary())
  }

  text(): string {
    return this.#string.view()
  }

  get length(): number {
    return this.#string.length()
  }

  get map(): KeyedValues {
    const map = this.#values()
    return {
      get size() {
        return map.size
      },
      get: (key) => map.node.get(key)?.view(),
      set: map.set,
    }
  }

  get set(): DistinctValues {
    const map = this.#values()
    return {
      get size() {
        return map.size
      },
      add: (value) => map.set(value, true),
      delete: (value) => {
        map.node.del([value])
        this.#flush()
      },
    }
  }

  /** An object of each replica's total: json-joy has no counter. */
  get counter(): Counting {
    const model = this.#model
    const map = this.#values()
    const key = `c${this.#session}`
    let total = 0
    return {
      get value() {
        return Object.values(model.view()[names.map]).reduce((sum, value) => sum + value, 0)
      },
      increment: () => map.set(key, ++total),
    }
  }

  #values(): { readonly size: number; readonly node: ObjectNode; readonly set: (key: string, value: unknown) => void } {
    const model = this.#model
    const node = model.api.obj([names.map])
    return {
      get size() {
        return Object.keys(model.view()[names.map]).length
      },
      node,
      set: (key, value) => {
        node.set({ [key]: value })
        this.#flush()
      },
    }
  }

  track(): void {
    this.#isTracked = true
  }

  take(): Update {
    const messages = this.#written
    this.#written = []
    return { session: this.#session, messages }
  }

  receive({ messages }: Update): void {
    for (const message of messages) this.#model.applyPatch(this.#patch.fromBinary(message))
  }

  receiveAll(updates: readonly Update[]): void {
    for (const update of updates) this.receive(update)
  }

  encode(): Uint8Array {
    return this.#model.toBinary()
  }
}
