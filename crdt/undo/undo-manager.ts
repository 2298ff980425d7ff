import { Listeners, type SubscribeOptions } from '../../node/protocol/index.ts'
import type { Container, ContainerId } from '../container.ts'
import type { Document } from '../document.ts'
import type { List } from '../containers/list.ts'
import type { ReplicaDocument } from '../replica-document.ts'
import type { Text } from '../containers/text.ts'
import { madeIn, type MadeOperation } from './made-operations.ts'
import { OwnChanges, extend, type Range, type Step, type UndoStep } from './own-changes.ts'
import { SequenceUndo, type Perform } from './sequence-undo.ts'
import { ValueUndo } from './value-undo.ts'

export interface UndoOptions extends SubscribeOptions {
  /** Only what happens to these, and to containers in them, is undone. @default everything */
  readonly containers?: readonly Container[]
  /** Steps that are kept, a positive integer: the oldest are forgotten. @default 1000 */
  readonly limit?: number
  /** Milliseconds: a change no later than this after the one before joins its step. Wants `now`. @default 0, none does */
  readonly groupWithin?: number
  /** A clock for `groupWithin`, in milliseconds. */
  readonly now?: () => number
}

export interface UndoEvent {
  /**
   * - `added`: a change of this replica became a step; what was undone cannot be redone any more
   * - `extended`: a change of this replica joined the last step
   * - `undone`, `redone`: that has happened to a step
   * - `cleared`: all steps are forgotten
   */
  readonly type: 'added' | 'extended' | 'undone' | 'redone' | 'cleared'
  /** The same object as long as the step is known; undefined where all are meant. */
  readonly step: UndoStep | undefined
}

/** Undoes what this replica has done since the manager was made, and nothing else. */
export interface UndoManager {
  readonly canUndo: boolean
  readonly canRedo: boolean
  /**
   * Undoes the last step of which anything is left to undo, as one change.
   *
   * @returns false where there was none
   * @throws Error while a transaction is open
   * @throws TransactionTooLargeError where it does not fit into one change; nothing has happened then
   */
  undo(): boolean
  /** Redoes what was undone last; as `undo`. */
  redo(): boolean
  /** The next change begins a step. */
  boundary(): void
  /** All changes that `work` makes become one step. Groups within a group belong to it. */
  group<Result>(work: () => Result): Result
  /** Changes that `work` makes are not undone. */
  untracked<Result>(work: () => Result): Result
  /** Forgets all steps. */
  clear(): void
  subscribe(listener: (event: UndoEvent) => void, options?: SubscribeOptions): void
}

/**
 * @throws RangeError when the limit is no positive integer, or `groupWithin` no duration
 * @throws TypeError when there is no clock for `groupWithin`
 */
export function undoManager(document: Document, options: UndoOptions = {}): UndoManager {
  return new StepStacks(document as ReplicaDocument, options)
}

class StepStacks implements UndoManager {
  readonly #document: ReplicaDocument
  readonly #scope: ReadonlySet<ContainerId> | undefined
  readonly #limit: number
  readonly #groupWithin: number
  readonly #now: () => number
  readonly #agent: number
  readonly #own = new OwnChanges()
  readonly #listeners = new Listeners<UndoEvent>()
  readonly #sequences: SequenceUndo
  readonly #values: ValueUndo
  readonly #undo: Step[] = []
  readonly #redo: Step[] = []
  /** Operations of this replica that were looked at. */
  #seen: number
  /** The step that further changes may join. */
  #open: Step | undefined
  #openTime = 0
  #turning = false
  #groups = 0
  #untracked = 0

  constructor(document: ReplicaDocument, { containers, limit = 1000, groupWithin = 0, now, signal }: UndoOptions) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`Cannot keep ${limit} steps: a positive integer is wanted`)
    }
    if (!(groupWithin >= 0)) throw new RangeError(`Cannot group within ${groupWithin} ms: at least 0 is wanted`)
    if (groupWithin > 0 && now === undefined) throw new TypeError('Cannot group by time: there is no clock')
    const { history, registry } = document.inside('note changes')
    this.#document = document
    this.#scope = containers && new Set(containers.map(({ id }) => id))
    this.#limit = limit
    this.#groupWithin = groupWithin
    this.#now = now ?? (() => 0)
    this.#agent = history.graph.agentOf(document.replica)
    this.#seen = history.graph.counts[this.#agent] as number
    this.#sequences = new SequenceUndo(history, this.#agent)
    this.#values = new ValueUndo(history, registry, this.#own)
    document.subscribe(
      (event) => {
        if (event.type === 'changed' && event.origin === 'local') this.#catchUp()
      },
      signal === undefined ? {} : { signal },
    )
  }

  get canUndo(): boolean {
    return this.#undo.length > 0
  }

  get canRedo(): boolean {
    return this.#redo.length > 0
  }

  undo(): boolean {
    return this.#turn(this.#undo, this.#redo, 'undone')
  }

  redo(): boolean {
    return this.#turn(this.#redo, this.#undo, 'redone')
  }

  boundary(): void {
    this.#catchUp()
    if (this.#groups === 0) this.#open = undefined
  }

  group<Result>(work: () => Result): Result {
    this.boundary()
    this.#groups++
    try {
      return work()
    } finally {
      this.#catchUp()
      this.#groups--
      this.boundary()
    }
  }

  untracked<Result>(work: () => Result): Result {
    this.#catchUp()
    this.#untracked++
    try {
      return work()
    } finally {
      this.#catchUp()
      this.#untracked--
    }
  }

  clear(): void {
    this.#catchUp()
    this.#undo.length = 0
    this.#redo.length = 0
    this.#open = undefined
    this.#listeners.tell({ type: 'cleared', step: undefined })
  }

  subscribe(listener: (event: UndoEvent) => void, options: SubscribeOptions = {}): void {
    this.#listeners.subscribe(listener, options)
  }

  /** Looks at the changes this replica has made since the last time. Events may be late, where a listener edits. */
  #catchUp(): void {
    const { history } = this.#document.inside()
    const { graph, bounds } = history
    for (; this.#seen < (graph.counts[this.#agent] as number);) {
      const number = graph.numberOf(this.#agent, this.#seen)
      // A transaction that is open may still be taken back.
      if (number >= bounds.end) return
      const { start, count } = bounds.of(number)
      this.#seen += count
      this.#note([start, start + count])
    }
  }

  #note(range: Range): void {
    if (this.#turning) {
      this.#own.add(range, 'undoing')
      return
    }
    if (this.#untracked > 0 || !this.#isWanted(range)) {
      this.#own.add(range, 'untracked')
      return
    }
    const now = this.#now()
    const open = this.#groups > 0 || now - this.#openTime <= this.#groupWithin
    const joins = this.#open !== undefined && open && (this.#groups > 0 || this.#groupWithin > 0)
    const step: Step = joins ? (this.#open as Step) : { done: [], latest: [], active: true, meta: new Map() }
    extend(step.done, range)
    extend(step.latest, range)
    this.#own.add(range, step)
    this.#open = step
    this.#openTime = now
    this.#redo.length = 0
    if (!joins) {
      this.#undo.push(step)
      if (this.#undo.length > this.#limit) this.#undo.shift()
    }
    this.#listeners.tell({ type: joins ? 'extended' : 'added', step })
  }

  /** Inverts steps until one has changed something. What was left of those before, others have changed since. */
  #turn(from: Step[], to: Step[], type: 'undone' | 'redone'): boolean {
    const { history } = this.#document.inside('undo')
    const { graph } = history
    this.#catchUp()
    this.#open = undefined
    for (let step = from.at(-1); step !== undefined; step = from.at(-1)) {
      const turned = step
      const start = graph.size
      step.active = !step.active
      this.#turning = true
      try {
        this.#document.transact(() => this.#invert(turned))
      } catch (error) {
        step.active = !step.active
        throw error
      } finally {
        this.#catchUp()
        this.#turning = false
      }
      from.pop()
      if (graph.size === start) continue
      step.latest = [[start, graph.size]]
      to.push(step)
      this.#listeners.tell({ type, step })
      return true
    }
    return false
  }

  #invert({ done, latest }: Step): void {
    const { history, registry } = this.#document.inside()
    const perform: Perform = (operation) => this.#document.perform(operation)
    const made = [...madeIn(history, latest)].filter(({ operation }) => this.#isInScope(operation.container))
    const bySequence = new Map<Text | List, MadeOperation[]>()
    const sums = new Map<ContainerId, bigint>()
    for (const one of made) {
      const { operation } = one
      const container = registry.find(operation.container)
      if (container !== undefined && 'sequence' in container) {
        bySequence.set(container, [...(bySequence.get(container) ?? []), one])
      } else if (operation.type === 'counter-add' && container?.type === 'counter') {
        sums.set(container.id, (sums.get(container.id) ?? 0n) + BigInt(operation.amount))
      }
    }
    for (const [container, sum] of sums) subtract(container, sum, perform)
    for (const [sequence, own] of bySequence) this.#sequences.invert(sequence, latest, own, perform)
    const values = [...madeIn(history, done)].filter(({ operation }) => this.#isInScope(operation.container))
    this.#values.settle(values, perform)
  }

  #isWanted(range: Range): boolean {
    if (this.#scope === undefined) return true
    const { history } = this.#document.inside()
    for (const { operation } of madeIn(history, [range])) if (this.#isInScope(operation.container)) return true
    return false
  }

  /** Whether a container, or one that it is in, is among those that are wanted. */
  #isInScope(id: ContainerId): boolean {
    if (this.#scope === undefined) return true
    const { registry } = this.#document.inside()
    for (let at: ContainerId | undefined = id; at !== undefined; at = registry.creationOf(at)?.container) {
      if (this.#scope.has(at)) return true
    }
    return false
  }
}

/** What does not fit into one amount goes in several. */
function subtract(container: ContainerId, sum: bigint, perform: Perform): void {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  for (let left = -sum; left !== 0n;) {
    const amount = left > most ? most : left < -most ? -most : left
    perform({ type: 'counter-add', container, amount: Number(amount) })
    left -= amount
  }
}
