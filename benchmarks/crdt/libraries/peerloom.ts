import { compact, createDocument, loadDocument, type Document, type Incoming, type Outgoing } from 'peerloom/crdt'
import type { Patch } from '../../../tests/traces/trace.ts'
import { applyPatches, names, type Counting, type DistinctValues, type KeyedValues } from '../library.ts'
import type { Library, Replica, Update } from '../library.ts'
import { id110 } from './identifiers.ts'

/** Ours, through the package's own entry point, as it is built: `npm run build` first. */
export function peerloom(): Promise<Library> {
  return Promise.resolve({
    create: (replica) => new PeerloomReplica(createDocument({ replica: id110(replica) })),
    load: (bytes, replica) => new PeerloomReplica(loadDocument(bytes, { replica: id110(replica) })),
  })
}

let sessions = 0

class PeerloomReplica implements Replica {
  readonly #doc: Document
  readonly encodings: Readonly<Record<string, () => Uint8Array>>
  readonly #session = ++sessions
  readonly #text: ReturnType<Document['text']>
  #outgoing: Outgoing | undefined
  /** One for each session heard. */
  readonly #incoming = new Map<number, Incoming>()
  /** The version before what was written since the last `take`; undefined where nobody wants to know. */
  #before: Document['version'] | undefined
  #alone: Uint8Array | undefined

  constructor(doc: Document) {
    this.#doc = doc
    this.encodings = { compacted: () => compact(doc) }
    this.#text = doc.text(names.text)
    // Somebody listens, as in any application: an event for every transaction and every merge.
    doc.subscribe(() => {})
  }

  insert(index: number, text: string): void {
    this.#text.insert(index, text)
  }

  delete(index: number, count: number): void {
    this.#text.delete(index, count)
  }

  edit(patches: readonly Patch[]): void {
    this.#doc.transact(() => applyPatches(this.#text, patches))
  }

  text(): string {
    return this.#text.toString()
  }

  get length(): number {
    return this.#text.length
  }

  get map(): KeyedValues {
    return this.#doc.map(names.map)
  }

  get set(): DistinctValues {
    return this.#doc.set(names.set)
  }

  get counter(): Counting {
    const counter = this.#doc.counter(names.counter)
    return {
      get value() {
        return counter.value
      },
      increment: () => counter.add(1),
    }
  }

  track(alone = false): void {
    this.#outgoing = this.#doc.openOutgoing()
    if (alone) this.#before = this.#doc.version
  }

  take(): Update {
    if (this.#before !== undefined) {
      this.#alone = this.#doc.changesSince(this.#before)
      this.#before = this.#doc.version
    }
    const frame = this.#outgoing?.take()
    return { session: this.#session, messages: frame === undefined ? [] : [frame] }
  }

  /** In no session: to be merged as it is. */
  takenAlone(): Update {
    return { session: 0, messages: this.#alone === undefined ? [] : [this.#alone] }
  }

  receive({ session, messages }: Update): void {
    for (const message of messages) {
      if (session === 0) this.#doc.merge(message)
      else this.#incomingOf(session).receive(message)
    }
    if (this.#before !== undefined) this.#before = this.#doc.version
  }

  #incomingOf(session: number): Incoming {
    let incoming = this.#incoming.get(session)
    if (incoming === undefined) this.#incoming.set(session, (incoming = this.#doc.openIncoming()))
    return incoming
  }

  receiveAll(updates: readonly Update[]): void {
    this.#doc.receiveTogether(() => {
      for (const update of updates) this.receive(update)
    })
  }

  encode(): Uint8Array {
    return this.#doc.encode()
  }
}
