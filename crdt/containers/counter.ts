import type { ContainerId, CounterContainer, CounterType } from '../container.ts'
import type { ContainerDelta } from '../event.ts'
import type { Operation } from '../operation.ts'
import type { Editor, Execution, Stamp, State } from '../state.ts'

export type AnyCounter = Counter<'counter'> | Counter<'grow-only-counter'>

export class Counter<Type extends CounterType> implements CounterContainer<Type>, State {
  readonly type: Type
  readonly id: ContainerId
  readonly #editor: Editor
  /** The sum is `#low + #high`, exact, so that it does not depend on the order of additions. */
  #low = 0
  #high = 0n
  #before: number | undefined

  constructor(type: Type, id: ContainerId, editor: Editor) {
    this.type = type
    this.id = id
    this.#editor = editor
  }

  /** Exact. */
  get sum(): bigint {
    return this.#high + BigInt(this.#low)
  }

  get value(): number {
    return this.#high === 0n ? this.#low : Number(this.sum)
  }

  add(amount = 1): void {
    if (!Number.isSafeInteger(amount)) throw new RangeError(`Cannot add ${amount}: an integer within ±2^53 is wanted`)
    if (amount < 0 && this.type !== 'counter') throw new RangeError(`Cannot add ${amount}: this counter only grows`)
    this.#editor.perform({ type: 'counter-add', container: this.id, amount: amount + 0 })
  }

  toJSON(): number {
    return this.value
  }

  execute(operation: Operation, _stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'counter-add') return
    if (execution.touch(this)) this.#before ??= this.value
    this.#sum(operation.amount)
    if (execution.undoable) execution.undo(() => this.#sum(-operation.amount))
  }

  takeDelta(): ContainerDelta | undefined {
    const old = this.#before
    this.#before = undefined
    return old === undefined || old === this.value
      ? undefined
      : { type: 'counter', container: this as AnyCounter, old, new: this.value }
  }

  dropDelta(): void {
    this.#before = undefined
  }

  #sum(amount: number): void {
    const low = this.#low + amount
    if (Number.isSafeInteger(low)) this.#low = low
    else {
      this.#high += BigInt(this.#low) + BigInt(amount)
      this.#low = 0
    }
  }
}
