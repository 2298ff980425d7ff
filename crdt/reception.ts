import { findMalformation, type Change } from './change.ts'
import type { ContainerRegistry } from './container-registry.ts'
import { Text } from './containers/text.ts'
import type { Stretch } from './encoding/chunk.ts'
import { changesOf, skipUnits } from './encoding/stretch-changes.ts'
import type { RejectedEvent, Visible } from './event.ts'
import type { EventTeller } from './event-teller.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import type { Integration } from './integration.ts'
import { resolveDocumentLimits, type DocumentLimits } from './limits.ts'
import type { Operation } from './operation.ts'
import { Gathering, separate, type GatheredChanges } from './session/gathering.ts'
import { toChange, type SessionChange } from './session/incoming.ts'
import { smallText, type TextEdits } from './text-edits.ts'
import { deltaOf, VisibleChanges } from './visible-changes.ts'
import { WaitingChanges } from './waiting-changes.ts'

/** Everything that a document works on, and what carries out edits of others. */
interface Receiver {
  readonly history: History
  readonly registry: ContainerRegistry
  readonly integration: Integration
  readonly edits: TextEdits
  readonly recorder: Executor
  readonly teller: EventTeller
}

/** What others did comes here: as stretches, as frames of sessions, or change by change. It may have to wait. */
export class Reception {
  readonly #history: History
  readonly #registry: ContainerRegistry
  readonly #integration: Integration
  readonly #edits: TextEdits
  readonly #recorder: Executor
  readonly #teller: EventTeller
  readonly #waiting: WaitingChanges
  #gathering: Gathering | undefined
  /** Those refused since the last event. */
  #rejections: RejectedEvent[] = []
  /** Changes refused, and changes that came again. */
  rejected = 0
  duplicates = 0

  /** @throws RangeError when a limit is no positive integer */
  constructor(
    { history, registry, integration, edits, recorder, teller }: Receiver,
    limits: DocumentLimits | undefined,
  ) {
    this.#history = history
    this.#registry = registry
    this.#integration = integration
    this.#edits = edits
    this.#recorder = recorder
    this.#teller = teller
    this.#waiting = new WaitingChanges(resolveDocumentLimits(limits))
  }

  /** Changes that wait for what they depend on. */
  get waiting(): number {
    return this.#waiting.count
  }

  receiveStretches(stretches: Iterable<Stretch>): Visible {
    return this.#receiveAll(stretches, (stretch) => this.#receiveStretch(stretch))
  }

  receiveChanges(changes: Iterable<Change>): Visible {
    return this.#receiveAll(changes, (change) => this.#receive(change))
  }

  /** What a frame of a session tells. */
  receiveFrame(changes: readonly SessionChange[]): Visible {
    if (this.#gathering !== undefined) {
      for (const change of changes) this.#gathering.add(change)
      return nothing
    }
    const plain = changes.length === 1 ? this.#receiveEdit(changes[0] as SessionChange) : undefined
    return plain ?? this.#receiveAll(changes, (change) => this.#receiveFromSession(change))
  }

  /** All that sessions tell while `work` runs, at once. */
  receiveTogether(work: () => void): Visible {
    if (this.#gathering !== undefined) throw new Error('Cannot take in changes together: that is being done already')
    const gathering = new Gathering()
    this.#gathering = gathering
    let visible: Visible = nothing
    try {
      work()
    } finally {
      // Also where `work` throws: the sessions will not tell again what they have told.
      this.#gathering = undefined
      visible = this.#receiveAll(gathering.take(), (gathered) => this.#receiveGathered(gathered))
    }
    return visible
  }

  /** @param receive takes one in and tells how many changes took effect */
  #receiveAll<Received>(all: Iterable<Received>, receive: (one: Received) => number): Visible {
    const start = this.#history.graph.size
    let applied = 0
    for (const one of all) applied += receive(one)
    if (this.#waiting.count > 0) this.#evict()
    const rejections = this.#rejections
    if (rejections.length > 0) this.#rejections = []
    return this.#teller.tell('remote', start, applied, rejections)
  }

  #evict(): void {
    for (const change of this.#waiting.evict()) {
      this.#reject({ type: 'rejected', change, reason: 'overflow', message: 'too many changes wait' })
    }
  }

  /** Takes in an edit. @returns undefined, and nothing was done, where it has to go the long way */
  #receiveEdit(change: SessionChange): Visible | undefined {
    const { graph } = this.#history
    const { replica, operation } = change
    const agent = graph.knownAgent(replica)
    if (agent === undefined || operation === undefined || change.sequence !== graph.counts[agent]) return undefined
    if (change.count > smallText || this.#waiting.concerns(replica)) return undefined
    const text = this.#registry.find(operation.container)
    if (!(text instanceof Text)) {
      const start = graph.size
      return this.#integration.integrateEdit(change, this.#recorder) ? this.#teller.tell('remote', start, 1) : undefined
    }
    if (change.dependencies.length === 0 && graph.isAlone(agent))
      return this.#editHere(agent, text, operation, change.time)
    const parents = this.#integration.parentsOf(change, agent)
    if (parents === undefined) return undefined
    if (graph.isNow(parents)) return this.#editHere(agent, text, operation, change.time)
    return text.isRoot ? this.#editAt(agent, text, operation, change.time, parents) : undefined
  }

  #editHere(agent: number, text: Text, operation: Operation, time: number): Visible | undefined {
    const start = this.#history.graph.size
    if (operation.type === 'text-insert') {
      if (operation.index > text.length) return undefined
      this.#edits.insert(agent, text, operation.index, operation.text, time)
      return this.#teller.tellSplice('remote', start, text, operation.index, operation.text)
    }
    if (operation.type !== 'sequence-delete' || operation.index + operation.count > text.length) return undefined
    this.#edits.delete(agent, text, operation.index, operation.count, time)
    return this.#teller.tellSplice('remote', start, text, operation.index, operation.count)
  }

  #editAt(
    agent: number,
    text: Text,
    operation: Operation,
    time: number,
    parents: readonly number[],
  ): Visible | undefined {
    const start = this.#history.graph.size
    if (operation.type === 'text-insert') {
      const at = this.#edits.insertAt(agent, text, operation.index, operation.text, time, parents)
      return at === undefined ? undefined : this.#teller.tellSplice('remote', start, text, at, operation.text)
    }
    if (operation.type !== 'sequence-delete') return undefined
    const removals = this.#edits.deleteAt(agent, text, operation.index, operation.count, time, parents)
    if (removals === undefined) return undefined
    const [removal] = removals
    if (removals.length === 1 && removal !== undefined) {
      return this.#teller.tellSplice('remote', start, text, removal.index, removal.count)
    }
    const deltas = removals.length === 0 ? [] : [{ type: 'text', container: text, delta: deltaOf(removals) } as const]
    return this.#teller.tellOne(new VisibleChanges(this.#history, 'remote', start, this.#history.graph.size, deltas))
  }

  /** As frames by themselves are taken in, but recorded, as one event is to tell of all. */
  #receiveGathered(gathered: GatheredChanges): number {
    if (this.#recordEdit(gathered)) return gathered.changes
    let applied = 0
    for (const change of separate(gathered)) applied += this.#receiveFromSession(change)
    return applied
  }

  /** @returns false, and nothing was done, where it has to go the long way */
  #recordEdit({ change, changes, text: inserted }: GatheredChanges): boolean {
    const { graph } = this.#history
    const { replica, operation, time } = change
    const agent = graph.knownAgent(replica)
    if (agent === undefined || operation === undefined || change.sequence !== graph.counts[agent]) return false
    if (change.count > smallText || this.#waiting.concerns(replica)) return false
    const text = this.#registry.find(operation.container)
    if (!(text instanceof Text)) return false
    const parents = this.#integration.parentsOf(change, agent)
    if (parents === undefined) return false
    const isHere = graph.isNow(parents)
    if (!isHere && !text.isRoot) return false
    const [edits, recorder] = [this.#edits, this.#recorder]
    if (operation.type === 'text-insert') {
      const { index } = operation
      if (!isHere) return edits.insertAt(agent, text, index, inserted, time, parents, changes, recorder) !== undefined
      if (index > text.length) return false
      edits.insert(agent, text, index, inserted, time, changes, recorder)
      return true
    }
    if (operation.type !== 'sequence-delete') return false
    const { index, count } = operation
    if (!isHere) return edits.deleteAt(agent, text, index, count, time, parents, recorder) !== undefined
    if (index + count > text.length) return false
    edits.delete(agent, text, index, count, time, recorder)
    return true
  }

  #receiveFromSession(change: SessionChange): number {
    if (this.#waiting.concerns(change.replica) || !this.#integration.integrateEdit(change, this.#recorder)) {
      return this.#receive(toChange(change))
    }
    return 1
  }

  /** Takes in a stretch at once where it can be, else change by change. */
  #receiveStretch(stretch: Stretch): number {
    if (!this.#waiting.concerns(stretch.slice.replica) && this.#integration.integrateStretch(stretch, this.#recorder)) {
      return 1
    }
    const { slice } = stretch
    const known = Math.min(slice.count, this.#history.graph.countOf(slice.replica) - slice.sequence)
    const duplicates = known > 0 ? this.#history.holdsAll(slice, known) : 0
    const rest = duplicates > 0 && known < slice.count ? skipUnits(stretch, known) : undefined
    if (duplicates > 0 && (known === slice.count || rest !== undefined)) {
      this.duplicates += duplicates
      return rest === undefined ? 0 : this.#receiveStretch(rest)
    }
    let applied = 0
    for (const change of changesOf(stretch)) applied += this.#receive(change)
    return applied
  }

  /** Takes a change in, and then those that were waiting for it. @returns how many took effect */
  #receive(first: Change): number {
    const malformation = findMalformation(first)
    if (malformation !== undefined) {
      this.#reject({ type: 'rejected', change: first, reason: 'malformed', message: malformation })
      return 0
    }
    let applied = 0
    const ready = [first]
    for (let change = ready.pop(); change !== undefined; change = ready.pop()) {
      const fate = this.#integration.integrate(change, this.#recorder)
      if (fate.type === 'waits' && this.#waiting.add(change, fate.missing)) continue
      if (fate.type === 'waits' || fate.type === 'duplicate') {
        this.duplicates++
        continue
      }
      if (fate.type === 'applied') applied++
      else this.#reject({ type: 'rejected', change, reason: fate.reason, message: fate.message })
      if (this.#waiting.count === 0) continue
      ready.push(...this.#waiting.release(change.replica, this.#history.graph.countOf(change.replica)).reverse())
    }
    return applied
  }

  #reject(event: RejectedEvent): void {
    this.rejected++
    this.#rejections.push(event)
  }
}

const nothing: Visible = Object.freeze({ changes: [], replicas: [], deltas: [] })
