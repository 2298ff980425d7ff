import { type ContainerId, type TextContainer } from '../container.ts'
import type { StoredText } from '../encoding/packed-text.ts'
import type { ContainerDelta } from '../event.ts'
import { checkIndex, checkRange } from './index-check.ts'
import type { Operation } from '../operation.ts'
import type { History } from '../history/history.ts'
import { Sequence } from '../sequence/sequence.ts'
import { TextBuffer } from '../sequence/text-buffer.ts'
import type { Place } from '../sequence/tracker.ts'
import type { Editor, Execution, Stamp, State } from '../state.ts'

const loneSurrogates = /\p{Surrogate}/gu

export class Text implements TextContainer, State {
  readonly type: 'text' = 'text'
  readonly id: ContainerId
  readonly sequence: Sequence<string, TextBuffer>
  readonly #editor: Editor
  /** Whether anybody ever wrote to it; kept by the registry. */
  written = false

  constructor(id: ContainerId, history: History, editor: Editor) {
    this.id = id
    this.sequence = new Sequence(history.graph, history.log, history.containers.number(id), new TextBuffer())
    this.#editor = editor
  }

  /** A root exists at every version. */
  get isRoot(): boolean {
    return this.id.startsWith('text/')
  }

  /** Takes over what a snapshot shows. */
  load(stored: StoredText): void {
    if ('ascii' in stored) this.sequence.content.load(stored.ascii)
    else this.sequence.content.insert(0, stored.text)
  }

  get length(): number {
    return this.sequence.content.length
  }

  insert(index: number, text: string): void {
    this.checkPlace(index)
    if (text === '') return
    const kept = maySurrogate(text) ? text.replace(loneSurrogates, '\ufffd') : text
    this.#editor.insertText(this, index, kept)
  }

  delete(index: number, count: number): void {
    checkRange(index, count, this.length)
    this.#checkPair(index)
    this.#checkPair(index + count)
    if (count > 0) this.#editor.deleteText(this, index, count)
  }

  replace(index: number, count: number, text: string): void {
    this.#editor.transact(() => {
      this.delete(index, count)
      this.insert(index, text)
    })
  }

  slice(start = 0, end: number = this.length): string {
    checkRange(start, end - start, this.length)
    return this.sequence.content.slice(start, end)
  }

  toString(): string {
    return this.sequence.content.toString()
  }

  toJSON(): string {
    return this.toString()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    const { sequence } = this
    if (operation.type === 'text-insert') {
      sequence.insert(operation.index, operation.text, stamp, execution, this)
    } else if (operation.type === 'sequence-delete') {
      sequence.delete(operation.index, operation.count, stamp, execution, this)
    }
  }

  /** The operation that inserted what stands at an index. */
  unitAt(index: number): number {
    return this.sequence.operationAt(index)
  }

  /** Where what an operation inserted is, or the gap it left; undefined where it inserted nothing here. */
  placeOf(operation: number): Place | undefined {
    return this.sequence.placeOf(operation)
  }

  /** As `placeOf`: no character is ever anywhere else. */
  unitPlace(unit: number): Place | undefined {
    return this.sequence.placeOf(unit)
  }

  takeDelta(): ContainerDelta | undefined {
    const delta = this.sequence.takeDelta()
    return delta.length === 0 ? undefined : { type: 'text', container: this, delta }
  }

  dropDelta(): void {
    this.sequence.dropDelta()
  }

  /** @throws RangeError unless something can stand there */
  checkPlace(index: number): void {
    checkIndex(index, this.length)
    this.#checkPair(index)
  }

  #checkPair(index: number): void {
    const { content } = this.sequence
    if (!content.wide || index === 0 || index === this.length) return
    if (isLow(content.charCodeAt(index)) && isHigh(content.charCodeAt(index - 1))) {
      throw new RangeError(`Cannot edit at ${index}: the index lies inside a surrogate pair`)
    }
  }
}

function maySurrogate(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0xd800) return true
  return false
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
