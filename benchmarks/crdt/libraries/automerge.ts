import type { Patch } from '../../../tests/traces/trace.ts'
import { importPeer } from '../../peers/resolve.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'
import { id128 } from './identifiers.ts'

interface Content {
  readonly [names.text]: string
  readonly [names.map]: Record<string, unknown>
  readonly [names.counter]: { readonly value: number; increment(): void }
}

interface Automerge {
  readonly Counter: new (value: number) => unknown
  from(content: unknown, options: { readonly actor: string }): Content
  save(doc: Content): Uint8Array
  load(bytes: Uint8Array, options: { readonly actor: string }): Content
  change(doc: Content, work: (draft: Content) => void): Content
  splice(draft: Content, path: readonly string[], index: number, deleted: number, inserted?: string): void
  getLastLocalChange(doc: Content): Uint8Array
  applyChanges(doc: Content, changes: readonly Uint8Array[]): readonly [Content]
}

export async function automerge(): Promise<Library> {
  const api = await importPeer<Automerge>('@automerge/automerge')
  // Containers have to be the same on every replica.
  const origin = api.from(
    { [names.text]: '', [names.map]: {}, [names.counter]: new api.Counter(0) },
    { actor: 'ff'.repeat(16) },
  )
  const empty = api.save(origin)
  const load: Library['load'] = (bytes, replica) =>
    new AutomergeReplica(api, api.load(bytes, { actor: id128(replica) }), replica)
  return { create: (replica) => load(empty, replica), load }
}

class AutomergeReplica implements Replica {
  readonly #api: Automerge
  readonly #session: number
  #doc: Content
  #isTracked = false
  #written: Uint8Array[] = []

  constructor(api: Automerge, doc: Content, replica: number) {
    this.#api = api
    this.#doc = doc
    this.#session = replica
  }

  #change(work: (draft: Content) => void): void {
    this.#doc = this.#api.change(this.#doc, work)
    if (this.#isTracked) this.#written.push(this.#api.getLastLocalChange(this.#doc))
  }

  insert(index: number, text: string): void {
    this.#change((draft) => this.#api.splice(draft, [names.text], index, 0, text))
  }

  delete(index: number, count: number): void {
    this.#change((draft) => this.#api.splice(draft, [names.text], index, count))
  }

  edit(patches: readonly Patch[]): void {
    const api = this.#api
    this.#change((draft) => {
      const insert = (index: number, text: string): void => api.splice(draft, [names.text], index, 0, text)
      const remove = (index: number, count: number): void => api.splice(draft, [names.text], index, count)
      applyPatches({ insert, delete: remove }, patches)
    })
  }

  text(): string {
    return this.#doc[names.text]
  }

  get length(): number {
    return this.#doc[names.text].length
  }

  get map(): KeyedValues {
    const content = (): Content => this.#doc
    return {
      get size() {
        return Object.keys(content()[names.map]).length
      },
      get: (key) => this.#doc[names.map][key],
      set: (key, value) => this.#change(({ [names.map]: map }) => (map[key] = value)),
    }
  }

  get set(): DistinctValues {
    const content = (): Content => this.#doc
    return {
      get size() {
        return Object.keys(content()[names.map]).length
      },
      add: (value) => this.#change(({ [names.map]: map }) => (map[value] = true)),
      delete: (value) =>
        this.#change(({ [names.map]: map }) => {
          delete map[value]
        }),
    }
  }

  get counter(): Counting {
    const content = (): Content => this.#doc
    return {
      get value() {
        return content()[names.counter].value
      },
      increment: () => this.#change(({ [names.counter]: counter }) => counter.increment()),
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
    ;[this.#doc] = this.#api.applyChanges(this.#doc, messages)
  }

  receiveAll(updates: readonly Update[]): void {
    const messages = updates.flatMap((update) => update.messages)
    ;[this.#doc] = this.#api.applyChanges(this.#doc, messages)
  }

  encode(): Uint8Array {
    return this.#api.save(this.#doc)
  }
}
