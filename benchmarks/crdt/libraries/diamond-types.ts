import type { Patch } from '../../../tests/traces/trace.ts'
import { requirePeer } from '../../peers/resolve.ts'
import { applyPatches, type Library, type Replica, type Update } from '../library.ts'

interface Doc {
  ins(index: number, text: string): void
  del(index: number, count: number): void
  get(): string
  len(): number
  getLocalVersion(): unknown
  getPatchSince(version: unknown): Uint8Array
  mergeBytes(bytes: Uint8Array): void
  toBytes(): Uint8Array
  free(): void
}

interface DiamondTypes {
  readonly Doc: { new (agent: string): Doc; fromBytes(bytes: Uint8Array, agent: string): Doc }
}

export function diamondTypes(): Promise<Library> {
  const { Doc } = requirePeer<DiamondTypes>('diamond-types-node')
  return Promise.resolve({
    create: (replica) => new DiamondTypesReplica(new Doc(agent(replica)), replica),
    load: (bytes, replica) => new DiamondTypesReplica(Doc.fromBytes(bytes, agent(replica)), replica),
  })
}

/** Names that are ordered as the numbers are, short ones for the first of them. */
function agent(replica: number): string {
  return `agent${replica < 10 ? '' : 'a'.repeat(String(replica).length - 1)}${replica}`
}

/** Text only. */
class DiamondTypesReplica implements Replica {
  readonly #doc: Doc
  readonly #session: number
  #taken: unknown
  #isTracked = false

  constructor(doc: Doc, replica: number) {
    this.#doc = doc
    this.#session = replica
  }

  insert(index: number, text: string): void {
    this.#doc.ins(index, text)
  }

  delete(index: number, count: number): void {
    this.#doc.del(index, count)
  }

  edit(patches: readonly Patch[]): void {
    applyPatches(this, patches)
  }

  text(): string {
    return this.#doc.get()
  }

  /** In code points. */
  get length(): number {
    return this.#doc.len()
  }

  track(): void {
    this.#isTracked = true
    this.#taken = this.#doc.getLocalVersion()
  }

  take(): Update {
    const messages = [this.#doc.getPatchSince(this.#taken)]
    this.#taken = this.#doc.getLocalVersion()
    return { session: this.#session, messages }
  }

  /** Nothing may be written here and not taken yet: patches are made from versions, whoever wrote. */
  receive({ messages }: Update): void {
    for (const message of messages) this.#doc.mergeBytes(message)
    if (this.#isTracked) this.#taken = this.#doc.getLocalVersion()
  }

  receiveAll(updates: readonly Update[]): void {
    for (const { messages } of updates) for (const message of messages) this.#doc.mergeBytes(message)
  }

  encode(): Uint8Array {
    return this.#doc.toBytes()
  }

  free(): void {
    this.#doc.free()
  }
}
