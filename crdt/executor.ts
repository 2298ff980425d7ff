import type { Dot } from './change.ts'
import type { Container, ContainerType } from './container.ts'
import type { ContainerRegistry } from './container-registry.ts'
import type { ContainerDelta } from './event.ts'
import type { Operation } from './operation.ts'
import type { Execution, Stamp, State } from './state.ts'

/** Carries out the operations of one event: collects the deltas, and how to take it all back. */
export class Executor implements Execution {
  readonly undoable: boolean
  readonly #registry: ContainerRegistry
  readonly #recording: boolean
  readonly #touched = new Set<State>()
  readonly #undo: (() => void)[] = []

  constructor(registry: ContainerRegistry, options: { readonly undoable: boolean; readonly recording: boolean }) {
    this.#registry = registry
    this.#recording = options.recording
    this.undoable = options.undoable
  }

  execute(operation: Operation, stamp: Stamp): void {
    const { container: id } = operation
    if (this.#registry.markWritten(id)) this.undo(() => this.#registry.unmarkWritten(id))
    this.#registry.reach(id).execute(operation, stamp, this)
  }

  create(type: ContainerType, creator: Dot): Container {
    const container = this.#registry.create(type, creator)
    this.undo(() => this.#registry.remove(container.id))
    return container
  }

  touch(state: State): boolean {
    if (this.#recording) this.#touched.add(state)
    return this.#recording
  }

  undo(action: () => void): void {
    if (this.undoable) this.#undo.push(action)
  }

  /** What has changed, a container at a time. */
  takeDeltas(): ContainerDelta[] {
    const deltas: ContainerDelta[] = []
    for (const state of this.#touched) {
      const delta = state.takeDelta()
      if (delta !== undefined) deltas.push(delta)
    }
    return deltas
  }

  rollBack(): void {
    for (let action = this.#undo.pop(); action !== undefined; action = this.#undo.pop()) action()
    for (const state of this.#touched) state.dropDelta()
  }
}
