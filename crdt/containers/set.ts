import { ByteWriter } from '../../node/protocol/index.ts'
import type { ContainerId, SetContainer, SetType } from '../container.ts'
import { keepValue, writeValue, type JsonValue } from '../json-value.ts'
import type { Operation } from '../operation.ts'
import type { Editor, Execution, LazyDelta, Stamp, State } from '../state.ts'

interface Member {
  readonly value: JsonValue
  /** The operations of the kind that wins which no later operation on the value has seen: agent, sequence number, agent … */
  readonly winning: readonly number[]
}

export type AnySet = ValueSet<'set'> | ValueSet<'remove-wins-set'>

/**
 * An optimised observed-remove set (Bieniusa et al. 2012): no tombstones, since an addition that an operation has seen
 * is found by the version the operation was made on. Where deletions win it is the same with the parts exchanged: a
 * value is absent as long as a deletion stands that no addition has seen, and those have to be kept.
 */
export class ValueSet<Type extends SetType> implements SetContainer<Type>, State {
  readonly type: Type
  readonly id: ContainerId
  readonly #editor: Editor
  /** Where deletions win also values that are absent. */
  readonly #members = new Map<string, Member>()
  #size = 0
  /** Members touched by the present event, as they were. */
  #key: string | undefined
  #old: Member | undefined
  #before: Map<string, Member | undefined> | undefined

  constructor(type: Type, id: ContainerId, editor: Editor) {
    this.type = type
    this.id = id
    this.#editor = editor
  }

  get size(): number {
    return this.#size
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
    return this.#holds(this.#members.get(keyOf(value)))
  }

  values(): JsonValue[] {
    const entries = [...this.#members].filter(([, member]) => this.#holds(member))
    return entries.sort(([left], [right]) => (left < right ? -1 : 1)).map(([, { value }]) => value)
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
    if (execution.touch(this)) this.#note(key, member)
    const { agent, sequence } = stamp
    const wins = operation.type === (this.type === 'set' ? 'set-add' : 'set-delete')
    const others = stamp.linear || member === undefined ? none : unseen(member.winning, stamp)
    // Most have one, and an array to which numbers are added makes room for many.
    const winning = !wins ? others : others.length === 0 ? [agent, sequence] : [...others, agent, sequence]
    this.#put(key, { value: member === undefined ? operation.value : member.value, winning }, member)
    if (execution.undoable) execution.undo(() => this.#put(key, member))
  }

  #note(key: string, member: Member | undefined): void {
    if (this.#key === undefined && this.#before === undefined) {
      this.#key = key
      this.#old = member
      return
    }
    if (this.#key === key) return
    this.#before ??= new Map([[this.#key as string, this.#old]])
    if (!this.#before.has(key)) this.#before.set(key, member)
    this.#key = undefined
  }

  takeDelta(): LazyDelta | undefined {
    const key = this.#key
    const old = this.#old
    const before = this.#before
    this.dropDelta()
    if (before !== undefined) return this.#deltaOf(before)
    if (key === undefined) return undefined
    const now = this.#members.get(key)
    const held = this.#holds(old)
    if (this.#holds(now) === held) return undefined
    return {
      type: 'set',
      container: this as AnySet,
      added: held ? [] : [(now as Member).value],
      deleted: held ? [(old as Member).value] : [],
    }
  }

  #deltaOf(before: ReadonlyMap<string, Member | undefined>): LazyDelta | undefined {
    const added: JsonValue[] = []
    const deleted: JsonValue[] = []
    for (const [key, old] of before) {
      const now = this.#members.get(key)
      const held = this.#holds(old)
      if (this.#holds(now) === held) continue
      if (held) deleted.push((old as Member).value)
      else added.push((now as Member).value)
    }
    return added.length + deleted.length === 0 ? undefined : { type: 'set', container: this as AnySet, added, deleted }
  }

  dropDelta(): void {
    this.#key = undefined
    this.#old = undefined
    this.#before = undefined
  }

  #put(key: string, member: Member | undefined, old: Member | undefined = this.#members.get(key)): void {
    this.#size += Number(this.#holds(member)) - Number(this.#holds(old))
    if (member === undefined || (this.type === 'set' && member.winning.length === 0)) this.#members.delete(key)
    else this.#members.set(key, member)
  }

  #holds(member: Member | undefined): boolean {
    return member !== undefined && member.winning.length > 0 === (this.type === 'set')
  }
}

const none: readonly number[] = []

/** Those that whoever made an operation had not seen. */
function unseen(winning: readonly number[], stamp: Stamp): number[] {
  const kept: number[] = []
  for (let at = 0; at < winning.length; at += 2) {
    const [agent, sequence] = [winning[at] as number, winning[at + 1] as number]
    if (!stamp.saw(agent, sequence)) kept.push(agent, sequence)
  }
  return kept
}

/** Equal for equal values only: the canonical bytes, one a character; a string stands for itself. */
export function keyOf(value: JsonValue): string {
  if (typeof value === 'string') return value
  const writer = new ByteWriter(32)
  writeValue(writer, value)
  // No well-formed string begins so.
  let key = '\ud800'
  for (const byte of writer.view()) key += String.fromCharCode(byte)
  return key
}
