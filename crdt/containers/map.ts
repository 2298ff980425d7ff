import {
  type ContainerByType,
  type ContainerId,
  type ContainerType,
  type Content,
  type MapContainer,
} from '../container.ts'
import { nestedId } from '../container-id.ts'
import type { KeyDelta } from '../event.ts'
import { checkName, keepValue, type JsonValue } from '../json-value.ts'
import { realise } from './list.ts'
import type { Operation } from '../operation.ts'
import { plainValue } from '../plain-value.ts'
import type { Editor, Execution, LazyDelta, Stamp, State } from '../state.ts'

export class KeyedMap implements MapContainer, State {
  readonly type: 'map' = 'map'
  readonly id: ContainerId
  readonly #editor: Editor
  /** For each key the place in the columns that follow. */
  readonly #places = new Map<string, number>()
  /** The latest operation on each key. */
  readonly #operations: number[] = []
  /** What it put there; undefined where it deleted the key, which an earlier operation must not undo. */
  readonly #contents: (Content | undefined)[] = []
  #size = 0
  /** What the keys that the present event has touched held before: one, which is all in most events, or several. */
  #key: string | undefined
  #old: Content | undefined
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

  /** The operation that decided what the key holds. */
  operationOn(key: string): number | undefined {
    return this.#operations[this.#places.get(key) ?? -1]
  }

  get(key: string): Content | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#contents[place]
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
    for (const [key, place] of this.#places) {
      const content = this.#contents[place]
      if (content !== undefined) entries.push([key, content])
    }
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
    const place = this.#places.get(key)
    if (place !== undefined && !stamp.isLaterThan(this.#operations[place] as number)) return
    const old = place === undefined ? undefined : this.#contents[place]
    if (execution.touch(this)) this.#note(key, old)
    if (execution.undoable) {
      const operation = place === undefined ? undefined : this.#operations[place]
      execution.undo(() => this.#restore(key, operation, old))
    }
    this.#size += Number(content !== undefined) - Number(old !== undefined)
    if (place === undefined) {
      this.#places.set(key, this.#operations.length)
      this.#operations.push(stamp.start)
      this.#contents.push(content)
    } else {
      this.#operations[place] = stamp.start
      this.#contents[place] = content
    }
  }

  takeDelta(): LazyDelta | undefined {
    const key = this.#key
    const old = this.#old
    const before = this.#before
    this.dropDelta()
    if (before !== undefined) return this.#deltaOf(before)
    if (key === undefined) return undefined
    const now = this.get(key)
    if (Object.is(old, now)) return undefined
    return () => ({ type: 'map', container: this, keys: new Map([[key, { old, new: now }]]) })
  }

  dropDelta(): void {
    this.#key = undefined
    this.#old = undefined
    this.#before = undefined
  }

  #note(key: string, old: Content | undefined): void {
    if (this.#key === undefined && this.#before === undefined) {
      this.#key = key
      this.#old = old
      return
    }
    if (this.#key === key) return
    this.#before ??= new Map([[this.#key as string, this.#old]])
    if (!this.#before.has(key)) this.#before.set(key, old)
    this.#key = undefined
  }

  #deltaOf(before: ReadonlyMap<string, Content | undefined>): LazyDelta | undefined {
    const keys = new Map<string, KeyDelta>()
    for (const [key, old] of before) {
      const now = this.get(key)
      if (!Object.is(old, now)) keys.set(key, { old, new: now })
    }
    return keys.size === 0 ? undefined : { type: 'map', container: this, keys }
  }

  /** Takes an operation back. A key it made is the newest. */
  #restore(key: string, operation: number | undefined, old: Content | undefined): void {
    this.#size += Number(old !== undefined) - Number(this.has(key))
    const place = this.#places.get(key) as number
    if (operation === undefined) {
      this.#places.delete(key)
      this.#operations.pop()
      this.#contents.pop()
    } else {
      this.#operations[place] = operation
      this.#contents[place] = old
    }
  }
}
