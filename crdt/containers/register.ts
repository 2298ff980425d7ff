import { type ContainerId, type RegisterContainer } from '../container.ts'
import type { ContainerDelta } from '../event.ts'
import { keepValue, type JsonValue } from '../json-value.ts'
import type { Operation } from '../operation.ts'
import type { ReplicaId } from '../replica-id.ts'
import { isLater, type Editor, type Execution, type Stamp, type State } from '../state.ts'

interface Assignment {
  readonly lamport: number
  readonly replica: ReplicaId
  readonly value: JsonValue | undefined
}

export class Register implements RegisterContainer, State {
  readonly type: 'register' = 'register'
  readonly id: ContainerId
  readonly #editor: Editor
  #assignment: Assignment | undefined
  #touched = false
  #before: JsonValue | undefined

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  set(value: JsonValue): void {
    this.#editor.perform({ type: 'assign', container: this.id, value: keepValue(value) })
  }

  get(): JsonValue | undefined {
    return this.#assignment?.value
  }

  /** Whether that operation decided what is here. */
  holds({ lamport, replica }: Pick<Assignment, 'lamport' | 'replica'>): boolean {
    return this.#assignment?.lamport === lamport && this.#assignment.replica === replica
  }

  toJSON(): JsonValue {
    return this.get() ?? null
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'assign' && operation.type !== 'unassign') return
    const last = this.#assignment
    if (last !== undefined && !isLater(stamp, last)) return
    if (execution.touch(this) && !this.#touched) {
      this.#touched = true
      this.#before = last?.value
    }
    const value = operation.type === 'assign' ? operation.value : undefined
    this.#assignment = { lamport: stamp.lamport, replica: stamp.replica, value }
    if (execution.undoable)
      execution.undo(() => {
        this.#assignment = last
      })
  }

  takeDelta(): ContainerDelta | undefined {
    const old = this.#before
    const now = this.get()
    this.dropDelta()
    return Object.is(old, now) ? undefined : { type: 'register', container: this, old, new: now }
  }

  dropDelta(): void {
    this.#touched = false
    this.#before = undefined
  }
}
