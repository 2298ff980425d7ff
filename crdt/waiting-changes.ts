import type { Change, Dot } from './change.ts'
import type { ResolvedDocumentLimits } from './limits.ts'
import type { ReplicaId } from './replica-id.ts'

interface Waiting {
  readonly change: Change
  /** An operation it depends on that is not here. */
  readonly missing: Dot
}

/** What one replica has waiting, by sequence. */
interface Queue {
  readonly waiting: Waiting[]
  bytes: number
}

/** What a change takes up beside its operations, roughly. */
const overheadBytes = 200

/** Changes that arrived before something they depend on (causal delivery), within limits. */
export class WaitingChanges {
  readonly #limits: ResolvedDocumentLimits
  readonly #queues = new Map<ReplicaId, Queue>()
  /** By the replica of the missing operation, the lowest sequence last. */
  readonly #missing = new Map<ReplicaId, Waiting[]>()
  #count = 0
  #bytes = 0

  constructor(limits: ResolvedDocumentLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  /** Whether changes of a replica wait, or others for one of its own. */
  concerns(replica: ReplicaId): boolean {
    return this.#count > 0 && (this.#queues.has(replica) || this.#missing.has(replica))
  }

  /** @returns false when it waits already */
  add(change: Change, missing: Dot): boolean {
    let queue = this.#queues.get(change.replica)
    if (queue === undefined) this.#queues.set(change.replica, (queue = { waiting: [], bytes: 0 }))
    const at = firstPlace(queue.waiting, (other) => other.change.sequence >= change.sequence)
    if (queue.waiting[at]?.change.sequence === change.sequence) return false
    const waiting: Waiting = { change, missing }
    queue.waiting.splice(at, 0, waiting)
    queue.bytes += sizeOf(change)
    this.#count++
    this.#bytes += sizeOf(change)
    this.#wait(waiting)
    return true
  }

  /** The changes that wait for an operation of the replica which is here now; they may miss another. */
  release(replica: ReplicaId, count: number): Change[] {
    const waiting = this.#missing.get(replica)
    const released: Change[] = []
    for (let last = waiting?.at(-1); last !== undefined && last.missing.sequence < count; last = waiting?.at(-1)) {
      waiting?.pop()
      this.#forget(last.change)
      released.push(last.change)
    }
    if (waiting?.length === 0) this.#missing.delete(replica)
    return released
  }

  /** @returns what has to go: the latest changes of whoever has most waiting, since they need all before them */
  evict(): Change[] {
    const evicted: Change[] = []
    while (this.#count > this.#limits.waitingChanges || this.#bytes > this.#limits.waitingBytes) {
      const waiting = this.#largestQueue().waiting.at(-1) as Waiting
      this.#forget(waiting.change)
      this.#waitNoMore(waiting)
      evicted.push(waiting.change)
    }
    return evicted
  }

  #wait(waiting: Waiting): void {
    const { replica, sequence } = waiting.missing
    const list = this.#missing.get(replica)
    if (list === undefined) this.#missing.set(replica, [waiting])
    else
      list.splice(
        firstPlace(list, (other) => other.missing.sequence <= sequence),
        0,
        waiting,
      )
  }

  #waitNoMore(waiting: Waiting): void {
    const { replica } = waiting.missing
    const list = this.#missing.get(replica) as Waiting[]
    list.splice(list.indexOf(waiting), 1)
    if (list.length === 0) this.#missing.delete(replica)
  }

  #forget(change: Change): void {
    const queue = this.#queues.get(change.replica) as Queue
    queue.waiting.splice(
      firstPlace(queue.waiting, (other) => other.change.sequence >= change.sequence),
      1,
    )
    queue.bytes -= sizeOf(change)
    if (queue.waiting.length === 0) this.#queues.delete(change.replica)
    this.#count--
    this.#bytes -= sizeOf(change)
  }

  #largestQueue(): Queue {
    let largest: Queue | undefined
    for (const queue of this.#queues.values()) if (largest === undefined || queue.bytes > largest.bytes) largest = queue
    return largest as Queue
  }
}

function sizeOf({ operations, dependencies }: Change): number {
  return operations.length + overheadBytes + dependencies.length * overheadBytes
}

/** The first place where the condition holds, as from there on it does; the length where it never does. */
function firstPlace<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(items[middle] as Item)) high = middle
    else low = middle + 1
  }
  return low
}
