import type { CausalGraph } from './causal-graph.ts'
import { type ContainerId, type TextContainer } from './container.ts'
import type { ContainerDelta } from './event.ts'
import { checkIndex, checkRange } from './index-check.ts'
import type { Operation } from './operation.ts'
import { Sequence } from './sequence.ts'
import type { Editor, Execution, Stamp, State } from './state.ts'
import { TextBuffer } from './text-buffer.ts'

const loneSurrogates = /\p{Surrogate}/gu

export class Text implements TextContainer, State {
  readonly type: 'text' = 'text'
  readonly id: ContainerId
  readonly sequence: Sequence<string, TextBuffer>
  readonly #editor: Editor

  constructor(id: ContainerId, graph: CausalGraph, editor: Editor) {
    this.id = id
    this.sequence = new Sequence(graph, new TextBuffer())
    this.#editor = editor
  }

  get length(): number {
    return this.sequence.content.length
  }

  insert(index: number, text: string): void {
    this.checkPlace(index)
    if (text === '') return
    const kept = text.replace(loneSurrogates, '\ufffd')
    this.#editor.perform({ type: 'text-insert', container: this.id, index, text: kept })
  }

  delete(index: number, count: number): void {
    checkRange(index, count, this.length)
    this.#checkPair(index)
    this.#checkPair(index + count)
    if (count > 0) this.#editor.perform({ type: 'sequence-delete', container: this.id, index, count })
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
    if (operation.type === 'text-insert') {
      this.sequence.insert(operation.index, operation.text, stamp, execution, this)
    } else if (operation.type === 'sequence-delete') {
      this.sequence.delete(operation.index, operation.count, stamp, execution, this)
    }
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
    if (index === 0 || index === this.length) return
    const { content } = this.sequence
    if (isLow(content.charCodeAt(index)) && isHigh(content.charCodeAt(index - 1))) {
      throw new RangeError(`Cannot edit at ${index}: the index lies inside a surrogate pair`)
    }
  }
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
