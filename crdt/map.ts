import {
  type ContainerByType,
  type ContainerId,
  type ContainerType,
  type Content,
  type MapContainer,
} from './container.ts'
import { nestedId } from './container-id.ts'
import type { ContainerDelta, KeyDelta } from './event.ts'
import { checkName, keepValue, type JsonValue } from './json-value.ts'
import { realise } from './list.ts'
import type { Operation } from './operation.ts'
import { plainValue } from './plain-value.ts'
import type { ReplicaId } from './replica-id.ts'
import { isLater, type Editor, type Execution, type Stamp, type State } from './state.ts'

/** The latest operation on a key. Without content the key is deleted, which an earlier operation must not undo. */
interface Slot {
  readonly lamport: number
  readonly replica: ReplicaId
  readonly content: Content | undefined
}

export class KeyedMap implements MapContainer, State {
  readonly type: 'map' = 'map'
  readonly id: ContainerId
  readonly #editor: Editor
  readonly #slots = new Map<string, Slot>()
  #size = 0
  #before: Map<string, Content | undefined> | undefined

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  get size(): number {
    return this.#size
  }

  set(key: string, value: JsonValue): void {
    checkName(key, 'key')
    this.#editor.perform({ type: 'map-set', container: this.id, key, content: { value: keepValue(value) } })
  }

  create<Type extends ContainerType>(key: string, type: Type): ContainerByType[Type] {
    checkName(key, 'key')
    return this.#editor.transact(() => {
      const id = nestedId(type, this.#editor.nextDot())
      this.#editor.perform({ type: 'map-set', container: this.id, key, content: { create: type } })
      return this.#editor.nested(type, id)
    })
  }

  get(key: string): Content | undefined {
    return this.#slots.get(key)?.content
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false
    this.#editor.perform({ type: 'map-delete', container: this.id, key })
    return true
  }

  keys(): string[] {
    return this.entries().map(([key]) => key)
  }

  entries(): (readonly [string, Content])[] {
    const entries: (readonly [string, Content])[] = []
    for (const [key, { content }] of this.#slots) if (content !== undefined) entries.push([key, content])
    return entries.sort(([left], [right]) => (left < right ? -1 : 1))
  }

  toJSON(): { [key: string]: JsonValue } {
    return plainValue(this) as { [key: string]: JsonValue }
  }

  [Symbol.iterator](): Iterator<readonly [string, Content]> {
    return this.entries()[Symbol.iterator]()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'map-set' && operation.type !== 'map-delete') return
    // Also a container that another one outdoes at once exists: its author may write to it.
    const content = operation.type === 'map-set' ? realise(operation.content, stamp, execution) : undefined
    const { key } = operation
    const slot = this.#slots.get(key)
    if (slot !== undefined && !isLater(stamp, slot)) return
    if (execution.touch(this)) {
      this.#before ??= new Map()
      if (!this.#before.has(key)) this.#before.set(key, slot?.content)
    }
    this.#put(key, { lamport: stamp.lamport, replica: stamp.replica, content })
    execution.undo(() => this.#put(key, slot))
  }

  takeDelta(): ContainerDelta | undefined {
    const keys = new Map<string, KeyDelta>()
    for (const [key, old] of this.#before ?? []) {
      const now = this.get(key)
      if (old !== now) keys.set(key, { old, new: now })
    }
    this.#before = undefined
    return keys.size === 0 ? undefined : { type: 'map', container: this, keys }
  }

  dropDelta(): void {
    this.#before = undefined
  }

  #put(key: string, slot: Slot | undefined): void {
    this.#size += Number(slot?.content !== undefined) - Number(this.has(key))
    if (slot === undefined) this.#slots.delete(key)
    else this.#slots.set(key, slot)
  }
}
