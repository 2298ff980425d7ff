import { TransactionTooLargeError } from './errors.ts'
import type { Executor } from './executor.ts'
import { limits } from './limits.ts'
import { countUnits, encodeOperations, type Operation } from './operation.ts'
import type { ReplicaId } from './replica-id.ts'
import type { Stamp } from './state.ts'

/** Where the first operation of a transaction will stand. */
export interface TransactionStart {
  readonly replica: ReplicaId
  readonly agent: number
  readonly start: number
  readonly sequence: number
  readonly lamport: number
  /** Made on exactly this replica's own last operation. */
  readonly continues: boolean
}

/** The edits of this replica that will be one change. Each takes effect at once; all can be rolled back. */
export class Transaction {
  readonly #from: TransactionStart
  readonly #executor: Executor
  readonly #operations: Operation[] = []
  #count = 0

  constructor(from: TransactionStart, executor: Executor) {
    this.#from = from
    this.#executor = executor
  }

  get executor(): Executor {
    return this.#executor
  }

  /** Operations so far. */
  get count(): number {
    return this.#count
  }

  perform(operation: Operation): void {
    const { replica, agent, start, sequence, lamport, continues } = this.#from
    const done = this.#count
    const stamp: Stamp = {
      replica,
      agent,
      start: start + done,
      sequence: sequence + done,
      lamport: lamport + done,
      linear: true,
      continues: continues || done > 0,
      version: undefined,
      base: start - 1,
    }
    this.#executor.execute(operation, stamp)
    this.#count += countUnits(operation)
    const last = this.#operations.at(-1)
    const merged = last === undefined ? undefined : merge(last, operation)
    if (merged === undefined) this.#operations.push(operation)
    else this.#operations[this.#operations.length - 1] = merged
  }

  /** @throws TransactionTooLargeError */
  encode(): Uint8Array<ArrayBuffer> {
    if (this.#count > limits.changeOperations) throw new TransactionTooLargeError(limits.changeOperations, 'operations')
    const bytes = encodeOperations(this.#operations, this.#from.replica)
    if (bytes.length > limits.changeBytes) throw new TransactionTooLargeError(limits.changeBytes, 'bytes')
    return bytes
  }
}

/** Text typed on, and neighbours deleted, as one operation: inside a transaction nobody can tell them apart. */
function merge(last: Operation, next: Operation): Operation | undefined {
  if (last.container !== next.container) return undefined
  if (last.type === 'text-insert' && next.type === 'text-insert') {
    return next.index === last.index + last.text.length ? { ...last, text: last.text + next.text } : undefined
  }
  if (last.type === 'sequence-delete' && next.type === 'sequence-delete') {
    const adjoins = next.index === last.index || next.index + next.count === last.index
    return adjoins ? { ...last, index: next.index, count: last.count + next.count } : undefined
  }
  return undefined
}
