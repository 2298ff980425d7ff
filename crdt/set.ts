import { ByteWriter } from '../node/protocol/index.ts'
import { includes } from './causal-graph.ts'
import { type ContainerId, type SetContainer } from './container.ts'
import type { ContainerDelta } from './event.ts'
import { keepValue, writeValue, type JsonValue } from './json-value.ts'
import type { Operation } from './operation.ts'
import type { Editor, Execution, Stamp, State } from './state.ts'

interface Member {
  readonly value: JsonValue
  /** The additions that no deletion has seen. */
  readonly additions: readonly Addition[]
}

interface Addition {
  readonly agent: number
  readonly sequence: number
}

/**
 * An optimised observed-remove set (Bieniusa et al. 2012): no tombstones, since an addition that an operation has seen
 * is found by the version the operation was made on.
 */
export class ValueSet implements SetContainer, State {
  readonly type: 'set' = 'set'
  readonly id: ContainerId
  readonly #editor: Editor
  readonly #members = new Map<string, Member>()
  /** Members touched by the present event, as they were. */
  #before: Map<string, Member | undefined> | undefined

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  get size(): number {
    return this.#members.size
  }

  add(value: JsonValue): void {
    this.#editor.perform({ type: 'set-add', container: this.id, value: keepValue(value) })
  }

  delete(value: JsonValue): boolean {
    if (!this.has(value)) return false
    this.#editor.perform({ type: 'set-delete', container: this.id, value: keepValue(value) })
    return true
  }

  has(value: JsonValue): boolean {
    return this.#members.has(keyOf(value))
  }

  values(): JsonValue[] {
    const entries = [...this.#members].sort(([left], [right]) => (left < right ? -1 : 1))
    return entries.map(([, { value }]) => value)
  }

  toJSON(): JsonValue[] {
    return this.values()
  }

  [Symbol.iterator](): Iterator<JsonValue> {
    return this.values()[Symbol.iterator]()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'set-add' && operation.type !== 'set-delete') return
    const key = keyOf(operation.value)
    const member = this.#members.get(key)
    if (execution.touch(this)) {
      this.#before ??= new Map()
      if (!this.#before.has(key)) this.#before.set(key, member)
    }
    const { version, agent, sequence } = stamp
    const kept =
      version === undefined
        ? []
        : (member?.additions ?? []).filter((one) => !includes(version, one.agent, one.sequence))
    const additions = operation.type === 'set-add' ? [...kept, { agent, sequence }] : kept
    this.#put(key, additions.length === 0 ? undefined : { value: member?.value ?? operation.value, additions })
    execution.undo(() => this.#put(key, member))
  }

  takeDelta(): ContainerDelta | undefined {
    const added: JsonValue[] = []
    const deleted: JsonValue[] = []
    for (const [key, old] of this.#before ?? []) {
      const now = this.#members.get(key)
      if (old === undefined && now !== undefined) added.push(now.value)
      if (old !== undefined && now === undefined) deleted.push(old.value)
    }
    this.#before = undefined
    return added.length + deleted.length === 0 ? undefined : { type: 'set', container: this, added, deleted }
  }

  dropDelta(): void {
    this.#before = undefined
  }

  #put(key: string, member: Member | undefined): void {
    if (member === undefined) this.#members.delete(key)
    else this.#members.set(key, member)
  }
}

/** Equal for equal values only: the canonical bytes, one a character; a string stands for itself. */
function keyOf(value: JsonValue): string {
  if (typeof value === 'string') return `"${value}`
  const writer = new ByteWriter(32)
  writeValue(writer, value)
  let key = ''
  for (const byte of writer.view()) key += String.fromCharCode(byte)
  return key
}
