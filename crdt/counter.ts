import { type ContainerId, type CounterContainer } from './container.ts'
import type { ContainerDelta } from './event.ts'
import type { Operation } from './operation.ts'
import type { Editor, Execution, Stamp, State } from './state.ts'

export class Counter implements CounterContainer, State {
  readonly type: 'counter' = 'counter'
  readonly id: ContainerId
  readonly #editor: Editor
  /** The sum is `#low + #high`, exact, so that it does not depend on the order of additions. */
  #low = 0
  #high = 0n
  #before: number | undefined

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  get value(): number {
    return this.#high === 0n ? this.#low : Number(this.#high + BigInt(this.#low))
  }

  add(amount = 1): void {
    if (!Number.isSafeInteger(amount)) throw new RangeError(`Cannot add ${amount}: an integer within ±2^53 is wanted`)
    this.#editor.perform({ type: 'counter-add', container: this.id, amount: amount + 0 })
  }

  toJSON(): number {
    return this.value
  }

  execute(operation: Operation, _stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'counter-add') return
    if (execution.touch(this)) this.#before ??= this.value
    this.#sum(operation.amount)
    execution.undo(() => this.#sum(-operation.amount))
  }

  takeDelta(): ContainerDelta | undefined {
    const old = this.#before
    this.#before = undefined
    return old === undefined || old === this.value
      ? undefined
      : { type: 'counter', container: this, old, new: this.value }
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
