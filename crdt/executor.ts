import type { Dot } from './change.ts'
import type { Container, ContainerId, ContainerType } from './container.ts'
import type { AnyContainer, ContainerRegistry } from './container-registry.ts'
import type { History } from './history/history.ts'
import type { Operation } from './operation.ts'
import type { Execution, LazyDelta, Stamp, State } from './state.ts'

/** Carries out the operations of one event: notes them, collects the deltas, and how to take it all back. */
export class Executor implements Execution {
  /** How to take back what was done since `begin`; undefined outside of a transaction. */
  #undo: (() => void)[] | undefined
  readonly #history: History
  readonly #registry: ContainerRegistry
  readonly #recording: boolean
  /** One, which is all in most events, and the others. */
  #touched: State | undefined
  #alsoTouched: State[] = []
  /** The container of the last operation. */
  #id: ContainerId | undefined
  #state: AnyContainer | undefined

  /** @param recording whether somebody may ask for the deltas */
  constructor(history: History, registry: ContainerRegistry, recording: boolean) {
    this.#history = history
    this.#registry = registry
    this.#recording = recording
  }

  get undoable(): boolean {
    return this.#undo !== undefined
  }

  /** From here on operations may be taken back, until `settle` or `rollBack`. */
  begin(): void {
    this.#undo = []
  }

  settle(): void {
    this.#undo = undefined
  }

  execute(operation: Operation, stamp: Stamp): void {
    const { container: id } = operation
    if (id !== this.#id) {
      if (this.#registry.markWritten(id) && this.undoable) this.undo(() => this.#registry.unmarkWritten(id))
      this.#state = this.#registry.reach(id)
      this.#id = id
    }
    const state = this.#state as AnyContainer
    const before = 'sequence' in state ? state.sequence.length : 0
    state.execute(operation, stamp, this)
    this.#history.note(operation, stamp.start, before, stamp.goesOn)
  }

  create(type: ContainerType, creator: Dot): Container {
    const container = this.#registry.create(type, creator)
    this.undo(() => this.#registry.remove(container.id))
    return container
  }

  find(id: ContainerId): Container {
    return this.#registry.reach(id)
  }

  touch(state: State): boolean {
    if (!this.#recording) return false
    if (this.#touched === undefined) this.#touched = state
    else if (this.#touched !== state && !this.#alsoTouched.includes(state)) this.#alsoTouched.push(state)
    return true
  }

  undo(action: () => void): void {
    this.#undo?.push(action)
  }

  /** What has changed, a container at a time. */
  takeDeltas(): LazyDelta[] {
    const first = this.#touched?.takeDelta()
    const deltas = first === undefined ? [] : [first]
    this.#touched = undefined
    if (this.#alsoTouched.length === 0) return deltas
    for (const state of this.#alsoTouched.splice(0)) {
      const delta = state.takeDelta()
      if (delta !== undefined) deltas.push(delta)
    }
    return deltas
  }

  rollBack(): void {
    for (const action of this.#undo?.reverse() ?? []) action()
    this.#touched?.dropDelta()
    this.#touched = undefined
    for (const state of this.#alsoTouched.splice(0)) state.dropDelta()
    this.#undo = undefined
    this.#id = undefined
  }
}
