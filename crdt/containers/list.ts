import type { Dot } from '../change.ts'
import {
  type ContainerByType,
  type ContainerId,
  type ContainerType,
  type Content,
  type ListContainer,
} from '../container.ts'
import { nestedId } from '../container-id.ts'
import type { ContainerDelta } from '../event.ts'
import { checkIndex, checkRange } from './index-check.ts'
import { keepValue, type JsonValue } from '../json-value.ts'
import type { NewContent, Operation } from '../operation.ts'
import type { History } from '../history/history.ts'
import { plainValue } from '../plain-value.ts'
import { ItemBuffer } from '../sequence/item-buffer.ts'
import { ListElements, type SavedElement } from '../sequence/list-elements.ts'
import { Sequence } from '../sequence/sequence.ts'
import type { Place, UnitRange } from '../sequence/tracker.ts'
import type { Editor, Execution, Stamp, State } from '../state.ts'

export class List implements ListContainer, State {
  readonly type: 'list' = 'list'
  readonly id: ContainerId
  readonly sequence: Sequence<readonly Content[], ItemBuffer>
  readonly #editor: Editor
  readonly #history: History
  /** Those of which something is to be known, from the first move on. */
  #elements: ListElements | undefined

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
    this.#history = history
  }

  get length(): number {
    return this.sequence.content.length
  }

  insert(index: number, ...values: readonly JsonValue[]): void {
    checkIndex(index, this.length)
    const items = values.map((value) => ({ value: keepValue(value) }))
    if (items.length > 0) this.insertItems(index, items)
  }

  push(...values: readonly JsonValue[]): void {
    this.insert(this.length, ...values)
  }

  create<Type extends ContainerType>(index: number, type: Type): ContainerByType[Type] {
    checkIndex(index, this.length)
    return this.#editor.transact(() => {
      const id = nestedId(type, this.#editor.nextDot())
      this.insertItems(index, [{ create: type }])
      return this.#editor.nested(type, id)
    })
  }

  delete(index: number, count = 1): void {
    checkRange(index, count, this.length)
    if (count === 0) return
    const from = this.#rawOf(index)
    const through = this.#rawOf(index + count - 1)
    if (through - from < count) this.#delete(from, count)
    else this.#editor.transact(() => this.#deleteBetweenGhosts(index, count))
  }

  move(from: number, to: number): void {
    checkRange(from, 1, this.length)
    checkRange(to, 1, this.length)
    if (from === to) return
    const raw = this.#rawOf(from)
    const before = to === 0 ? -1 : this.#rawOf(to > from ? to : to - 1)
    const { id } = this
    this.#editor.perform({
      type: 'list-move',
      container: id,
      from: raw,
      to: before < raw ? before + 1 : before,
    })
  }

  /** Inserts what was found to be plain values, new containers, or containers that stood here before. */
  insertItems(index: number, items: readonly NewContent[]): void {
    const raw = index === 0 ? 0 : this.#rawOf(index - 1) + 1
    this.#editor.perform({ type: 'list-insert', container: this.id, index: raw, items })
  }

  get(index: number): Content | undefined {
    return this.sequence.content.at(index)
  }

  toArray(): Content[] {
    return this.sequence.content.slice(0, this.length)
  }

  toJSON(): JsonValue[] {
    return plainValue(this) as JsonValue[]
  }

  [Symbol.iterator](): Iterator<Content> {
    return this.toArray()[Symbol.iterator]()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    const { sequence } = this
    if (operation.type === 'list-insert') {
      const { index, items } = operation
      const contents = items.map((item, offset) => realise(item, dotAt(stamp, offset), execution))
      const again = items.flatMap((item, offset) => ('again' in item ? [offset] : []))
      const elements = again.length > 0 ? this.#useElements() : this.#elements
      if (elements === undefined) sequence.insert(index, contents, stamp, execution, this)
      else elements.insert(index, contents, again, stamp, execution)
    } else if (operation.type === 'sequence-delete') {
      const { index, count } = operation
      if (this.#elements === undefined) sequence.delete(index, count, stamp, execution, this)
      else this.#elements.delete(index, count, stamp, execution)
    } else if (operation.type === 'list-move') {
      this.#useElements().move(operation.from, operation.to, stamp, execution)
    }
  }

  /** The operation that inserted the element at an index first: no move changes it. */
  unitAt(index: number): number {
    const unit = this.placedBy(index)
    return this.#elements?.firstOf(unit) ?? unit
  }

  /** The operation that put the element there: inserted or moved it. */
  placedBy(index: number): number {
    return this.sequence.operationAt(this.#rawOf(index))
  }

  /** Where the element is of which an operation inserted a unit, or the gap it left. */
  placeOf(operation: number): Place | undefined {
    return this.#elements === undefined ? this.sequence.placeOf(operation) : this.#elements.placeOf(operation)
  }

  /** @throws RangeError unless something can stand there */
  checkPlace(index: number): void {
    checkIndex(index, this.length)
  }

  /** Where the unit itself is, visible only where its element is shown under it. */
  unitPlace(unit: number): Place | undefined {
    return this.#elements === undefined ? this.sequence.placeOf(unit) : this.#elements.unitPlace(unit)
  }

  /** The unit that an element was inserted as. */
  firstOf(unit: number): number {
    return this.#elements?.firstOf(unit) ?? unit
  }

  /** What stands here: units that were never moved with their index among all, and elements as they were inserted first. */
  savedUnits(): { readonly unit: number; readonly raw: number; readonly content: Content }[] {
    const { content } = this.sequence
    const units: { readonly unit: number; readonly raw: number; readonly content: Content }[] = []
    const visit = (unit: number, raw: number, shown: number): void => {
      units.push({ unit, raw, content: content.at(shown) as Content })
    }
    const elements = this.#elements?.saved(visit)
    if (elements === undefined) {
      this.sequence.completeTracker().visible((from, count, index) => {
        for (let at = 0; at < count; at++) visit(from + at, index + at, index + at)
      })
    }
    return [...units, ...(elements ?? []).map(({ first, content }) => ({ unit: first, raw: 0, content }))]
  }

  savedElements(): readonly SavedElement[] {
    return this.#elements?.saved(() => undefined) ?? []
  }

  /** Fills an empty list. @param runs the units in it, in order */
  restore(
    contents: readonly Content[],
    runs: readonly UnitRange[],
    elements: Parameters<ListElements['restore']>[0],
  ): void {
    this.sequence.keep(runs)
    this.sequence.content.insert(0, contents)
    if (elements.length > 0) this.#useElements().restore(elements)
  }

  takeDelta(): ContainerDelta | undefined {
    const moves = this.#elements?.takeMoves() ?? []
    const delta = this.sequence.takeDelta()
    if (delta.length === 0) return undefined
    return { type: 'list', container: this, delta, ...(moves.length > 0 && { moves }) }
  }

  dropDelta(): void {
    this.#elements?.dropMoves()
    this.sequence.dropDelta()
  }

  #useElements(): ListElements {
    this.#elements ??= new ListElements(this.#history, this.sequence, this)
    return this.#elements
  }

  #rawOf(index: number): number {
    return this.#elements?.rawOf(index) ?? index
  }

  #delete(index: number, count: number): void {
    this.#editor.perform({ type: 'sequence-delete', container: this.id, index, count })
  }

  /** To delete a ghost is to delete its element, wherever that is: they are left alone. */
  #deleteBetweenGhosts(index: number, count: number): void {
    for (let end = index + count; end > index;) {
      const raw = this.#rawOf(end - 1)
      let start = end - 1
      while (start > index && this.#rawOf(start - 1) === raw - (end - start)) start--
      this.#delete(raw - (end - 1 - start), end - start)
      end = start
    }
  }
}

/** The content that an operation puts in, with its container made. */
export function realise(content: NewContent, creator: Dot, execution: Execution): Content {
  if ('again' in content) return execution.find(content.again)
  return 'create' in content ? execution.create(content.create, creator) : content.value
}

function dotAt({ replica, sequence }: Stamp, offset: number): Dot {
  return { replica, sequence: sequence + offset }
}
