import type { Dot } from './change.ts'
import {
  isContainer,
  type ContainerByType,
  type ContainerId,
  type ContainerType,
  type Content,
  type ListContainer,
} from './container.ts'
import { nestedId } from './container-id.ts'
import type { ContainerDelta } from './event.ts'
import { checkIndex, checkRange } from './index-check.ts'
import { keepValue, type JsonValue } from './json-value.ts'
import type { NewContent, Operation } from './operation.ts'
import type { History } from './history/history.ts'
import { ItemBuffer } from './sequence/item-buffer.ts'
import { Sequence } from './sequence/sequence.ts'
import type { Editor, Execution, Stamp, State } from './state.ts'

export class List implements ListContainer, State {
  readonly type: 'list' = 'list'
  readonly id: ContainerId
  readonly sequence: Sequence<readonly Content[], ItemBuffer>
  readonly #editor: Editor

  constructor(id: ContainerId, history: History, editor: Editor) {
    this.id = id
    const container = history.containers.number(id)
    this.sequence = new Sequence<readonly Content[], ItemBuffer>(
      history.graph,
      history.log,
      container,
      new ItemBuffer(),
    )
    this.#editor = editor
  }

  get length(): number {
    return this.sequence.content.length
  }

  insert(index: number, ...values: readonly JsonValue[]): void {
    checkIndex(index, this.length)
    const items = values.map((value) => ({ value: keepValue(value) }))
    if (items.length > 0) this.#editor.perform({ type: 'list-insert', container: this.id, index, items })
  }

  push(...values: readonly JsonValue[]): void {
    this.insert(this.length, ...values)
  }

  create<Type extends ContainerType>(index: number, type: Type): ContainerByType[Type] {
    checkIndex(index, this.length)
    return this.#editor.transact(() => {
      const id = nestedId(type, this.#editor.nextDot())
      this.#editor.perform({ type: 'list-insert', container: this.id, index, items: [{ create: type }] })
      return this.#editor.nested(type, id)
    })
  }

  delete(index: number, count = 1): void {
    checkRange(index, count, this.length)
    if (count > 0) this.#editor.perform({ type: 'sequence-delete', container: this.id, index, count })
  }

  get(index: number): Content | undefined {
    return this.sequence.content.at(index)
  }

  toArray(): Content[] {
    return this.sequence.content.slice(0, this.length)
  }

  toJSON(): JsonValue[] {
    return this.toArray().map(contentToJson)
  }

  [Symbol.iterator](): Iterator<Content> {
    return this.toArray()[Symbol.iterator]()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    const { sequence } = this
    if (operation.type === 'list-insert') {
      const { index, items } = operation
      const contents = items.map((item, offset) => realise(item, dotAt(stamp, offset), execution))
      sequence.insert(index, contents, stamp, execution, this)
    } else if (operation.type === 'sequence-delete') {
      sequence.delete(operation.index, operation.count, stamp, execution, this)
    }
  }

  /** @throws RangeError unless something can stand there */
  checkPlace(index: number): void {
    checkIndex(index, this.length)
  }

  takeDelta(): ContainerDelta | undefined {
    const delta = this.sequence.takeDelta()
    return delta.length === 0 ? undefined : { type: 'list', container: this, delta }
  }

  dropDelta(): void {
    this.sequence.dropDelta()
  }
}

/** The content that an operation puts in, with its container made. */
export function realise(content: NewContent, creator: Dot, execution: Execution): Content {
  return 'create' in content ? execution.create(content.create, creator) : content.value
}

export function contentToJson(content: Content): JsonValue {
  return isContainer(content) ? content.toJSON() : content
}

function dotAt({ replica, sequence }: Stamp, offset: number): Dot {
  return { replica, sequence: sequence + offset }
}
