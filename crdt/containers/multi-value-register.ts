import { type ContainerId, type MultiValueRegisterContainer } from '../container.ts'
import type { ContainerDelta } from '../event.ts'
import { keepValue, type JsonValue } from '../json-value.ts'
import type { Operation } from '../operation.ts'
import { compareReplicaIds, type ReplicaId } from '../replica-id.ts'
import { isLater, type Editor, type Execution, type Stamp, type State } from '../state.ts'

interface Assignment {
  readonly agent: number
  readonly sequence: number
  readonly lamport: number
  readonly replica: ReplicaId
  readonly value: JsonValue
}

export class MultiValueRegister implements MultiValueRegisterContainer, State {
  readonly type: 'multi-value-register' = 'multi-value-register'
  readonly id: ContainerId
  readonly #editor: Editor
  /** Those that no other has seen, ordered by replica. */
  #assignments: readonly Assignment[] = []
  #before: readonly JsonValue[] | undefined

  constructor(id: ContainerId, editor: Editor) {
    this.id = id
    this.#editor = editor
  }

  set(value: JsonValue): void {
    this.#editor.perform({ type: 'assign', container: this.id, value: keepValue(value) })
  }

  get(): JsonValue | undefined {
    let latest: Assignment | undefined
    for (const one of this.#assignments) if (latest === undefined || isLater(one, latest)) latest = one
    return latest?.value
  }

  values(): JsonValue[] {
    return this.#assignments.map(({ value }) => value)
  }

  /** Whether the value that operation assigned is among those here. */
  holds({ lamport, replica }: Pick<Assignment, 'lamport' | 'replica'>): boolean {
    return this.#assignments.some((one) => one.lamport === lamport && one.replica === replica)
  }

  toJSON(): JsonValue[] {
    return this.values()
  }

  execute(operation: Operation, stamp: Stamp, execution: Execution): void {
    if (operation.type !== 'assign' && operation.type !== 'unassign') return
    if (execution.touch(this)) this.#before ??= this.values()
    const last = this.#assignments
    const { agent, sequence, lamport, replica } = stamp
    const kept = last.filter((one) => !stamp.saw(one.agent, one.sequence))
    if (operation.type === 'assign') kept.push({ agent, sequence, lamport, replica, value: operation.value })
    this.#assignments = kept.sort((left, right) => compareReplicaIds(left.replica, right.replica))
    if (execution.undoable)
      execution.undo(() => {
        this.#assignments = last
      })
  }

  takeDelta(): ContainerDelta | undefined {
    const old = this.#before
    this.#before = undefined
    if (old === undefined) return undefined
    const now = this.values()
    const same = old.length === now.length && old.every((value, index) => Object.is(value, now[index]))
    return same ? undefined : { type: 'multi-value-register', container: this, old, new: now }
  }

  dropDelta(): void {
    this.#before = undefined
  }
}
