import { VectorClock, type SubscribeOptions, type VersionVector } from '../node/protocol/index.ts'
import type { Anchor } from './anchor.ts'
import { CausalGraph } from './causal-graph.ts'
import { findMalformation, type Change, type Dot } from './change.ts'
import { decodeChanges, encodeChanges } from './change-file.ts'
import { ChangeLog } from './change-log.ts'
import { ContainerRegistry } from './container-registry.ts'
import type {
  Container,
  ContainerByType,
  ContainerId,
  ContainerType,
  ListContainer,
  TextContainer,
} from './container.ts'
import type { Document, DocumentOptions, DocumentStatistics } from './document.ts'
import { EventQueue } from './event-queue.ts'
import type { DocumentEvent, Visible } from './event.ts'
import { Executor } from './executor.ts'
import { Integration } from './integration.ts'
import type { JsonValue } from './json-value.ts'
import { resolveDocumentLimits } from './limits.ts'
import type { Operation } from './operation.ts'
import { chooseReplicaId, compareReplicaIds, replicaId, type ReplicaId } from './replica-id.ts'
import type { Editor } from './state.ts'
import { Transaction } from './transaction.ts'
import { WaitingChanges } from './waiting-changes.ts'

/** One replica of a document: history on one side, containers on the other, and what waits outside. */
export class ReplicaDocument implements Document, Editor {
  readonly replica: ReplicaId
  readonly #now: () => number
  readonly #graph = new CausalGraph()
  readonly #log = new ChangeLog()
  readonly #registry: ContainerRegistry
  readonly #integration: Integration
  readonly #waiting: WaitingChanges
  readonly #events = new EventQueue()
  #transaction: Transaction | undefined
  #version: VersionVector | undefined = VectorClock.zero
  #rejected = 0
  #duplicates = 0

  constructor({ replica, now = () => 0, limits }: DocumentOptions = {}) {
    this.replica = replica === undefined ? chooseReplicaId() : replicaId(replica)
    this.#now = now
    this.#waiting = new WaitingChanges(resolveDocumentLimits(limits))
    this.#registry = new ContainerRegistry(this.#graph, this)
    this.#integration = new Integration(this.#graph, this.#log, this.#registry)
  }

  get version(): VersionVector {
    this.#version ??= VectorClock.from(
      this.#graph.agents.map((replica, agent) => [replica, this.#graph.counts[agent] as number] as const),
    )
    return this.#version
  }

  get frontier(): readonly Dot[] {
    return this.#graph.frontier()
  }

  get statistics(): DocumentStatistics {
    return {
      changes: this.#log.size,
      operations: this.#graph.size,
      waiting: this.#waiting.count,
      rejected: this.#rejected,
      duplicates: this.#duplicates,
    }
  }

  text(name: string): ContainerByType['text'] {
    return this.#root('text', name)
  }

  list(name: string): ContainerByType['list'] {
    return this.#root('list', name)
  }

  map(name: string): ContainerByType['map'] {
    return this.#root('map', name)
  }

  counter(name: string): ContainerByType['counter'] {
    return this.#root('counter', name)
  }

  set(name: string): ContainerByType['set'] {
    return this.#root('set', name)
  }

  register(name: string): ContainerByType['register'] {
    return this.#root('register', name)
  }

  multiValueRegister(name: string): ContainerByType['multi-value-register'] {
    return this.#root('multi-value-register', name)
  }

  tree(name: string): ContainerByType['tree'] {
    return this.#root('tree', name)
  }

  removeWinsSet(name: string): ContainerByType['remove-wins-set'] {
    return this.#root('remove-wins-set', name)
  }

  growOnlyCounter(name: string): ContainerByType['grow-only-counter'] {
    return this.#root('grow-only-counter', name)
  }

  container(id: ContainerId): Container | undefined {
    return this.#registry.find(id)
  }

  nested<Type extends ContainerType>(_type: Type, id: ContainerId): ContainerByType[Type] {
    return this.#registry.find(id) as Container as ContainerByType[Type]
  }

  transact<Result>(work: () => Result): Result {
    if (this.#transaction !== undefined) return work()
    const transaction = this.#begin()
    let result: Result
    let operations: Uint8Array
    let time: number
    try {
      result = work()
      operations = transaction.encode()
      time = labelOf(this.#now())
    } catch (error) {
      transaction.executor.rollBack()
      throw error
    } finally {
      this.#transaction = undefined
    }
    if (transaction.count > 0) this.#commit(transaction, operations, time)
    return result
  }

  perform(operation: Operation): void {
    this.transact(() => this.#transaction?.perform(operation))
  }

  nextDot(): Dot {
    return { replica: this.replica, sequence: this.#graph.countOf(this.replica) + (this.#transaction?.count ?? 0) }
  }

  changesSince(version: VersionVector): Uint8Array<ArrayBuffer> {
    return encodeChanges(this.#log.since((replica) => version.get(replica)))
  }

  encode(): Uint8Array<ArrayBuffer> {
    return encodeChanges(this.#log.since(() => 0))
  }

  merge(bytes: Uint8Array): Visible {
    return this.apply(decodeChanges(bytes))
  }

  apply(changes: Iterable<Change>): Visible {
    return this.integrate(changes, true)
  }

  /** @param recording whether anybody wants to know what became visible */
  integrate(changes: Iterable<Change>, recording: boolean): Visible {
    if (this.#transaction !== undefined) throw new Error('Cannot take in changes: a transaction is open')
    const executor = new Executor(this.#registry, { undoable: false, recording })
    const applied: Change[] = []
    const events: DocumentEvent[] = []
    for (const change of changes) this.#receive(change, executor, applied, events)
    for (const change of this.#waiting.evict()) {
      this.#reject(events, { type: 'rejected', change, reason: 'overflow', message: 'too many changes wait' })
    }
    const visible: Visible = { changes: applied, replicas: authorsOf(applied), deltas: executor.takeDeltas() }
    if (applied.length > 0) events.unshift({ type: 'changed', origin: 'remote', ...visible })
    this.#events.tell(events)
    return visible
  }

  subscribe(listener: (event: DocumentEvent) => void, options: SubscribeOptions = {}): void {
    this.#events.subscribe(listener, options)
  }

  anchor(container: TextContainer | ListContainer, index: number, side: 'before' | 'after'): Anchor {
    const own = this.#registry.find(container.id)
    if (own !== container || (own.type !== 'text' && own.type !== 'list')) {
      throw new TypeError('Cannot anchor in a container that is not of this document')
    }
    own.checkPlace(index)
    const unit = side === 'before' ? index : index - 1
    const character = unit < 0 || unit >= own.length ? undefined : this.#dotOf(own.sequence.operationAt(unit))
    return { container: own.id, side, character }
  }

  resolve({ container, side, character }: Anchor): number | undefined {
    const own = this.#registry.find(container)
    if (own === undefined || (own.type !== 'text' && own.type !== 'list')) return undefined
    if (character === undefined) return side === 'before' ? own.length : 0
    const operation = this.#numberOf(character)
    const place = operation === undefined ? undefined : own.sequence.placeOf(operation)
    if (place === undefined) return undefined
    return side === 'after' && place.visible ? place.index + 1 : place.index
  }

  toJSON(): { [name: string]: JsonValue } {
    return this.#registry.toJSON()
  }

  #root<Type extends ContainerType>(type: Type, name: string): ContainerByType[Type] {
    return this.#registry.root(type, name) as Container as ContainerByType[Type]
  }

  #begin(): Transaction {
    const agent = this.#graph.agentOf(this.replica)
    const from = {
      replica: this.replica,
      agent,
      start: this.#graph.size,
      sequence: this.#graph.counts[agent] as number,
      lamport: this.#graph.nextLamport(),
      continues: this.#graph.continues(agent, this.#graph.heads),
    }
    const executor = new Executor(this.#registry, { undoable: true, recording: true })
    this.#transaction = new Transaction(from, executor)
    return this.#transaction
  }

  #commit(transaction: Transaction, operations: Uint8Array, time: number): void {
    const agent = this.#graph.agentOf(this.replica)
    const change: Change = {
      replica: this.replica,
      sequence: this.#graph.counts[agent] as number,
      count: transaction.count,
      dependencies: this.#graph.frontier().filter(({ replica }) => replica !== this.replica),
      time,
      operations,
    }
    this.#graph.add(agent, change.count, this.#graph.heads)
    this.#log.append(change)
    this.#version = undefined
    const deltas = transaction.executor.takeDeltas()
    this.#events.tell([{ type: 'changed', origin: 'local', changes: [change], replicas: [this.replica], deltas }])
  }

  /** Takes a change in, and then those that were waiting for it. */
  #receive(first: Change, executor: Executor, applied: Change[], events: DocumentEvent[]): void {
    const malformation = findMalformation(first)
    if (malformation !== undefined) {
      this.#reject(events, { type: 'rejected', change: first, reason: 'malformed', message: malformation })
      return
    }
    const ready = [first]
    for (let change = ready.pop(); change !== undefined; change = ready.pop()) {
      const fate = this.#integration.integrate(change, executor)
      if (fate.type === 'waits' && this.#waiting.add(change, fate.missing)) continue
      if (fate.type === 'waits' || fate.type === 'duplicate') {
        this.#duplicates++
        continue
      }
      if (fate.type === 'applied') applied.push(change)
      else this.#reject(events, { type: 'rejected', change, reason: fate.reason, message: fate.message })
      this.#version = undefined
      ready.push(...this.#waiting.release(change.replica, this.#graph.countOf(change.replica)).reverse())
    }
  }

  #reject(events: DocumentEvent[], event: DocumentEvent): void {
    this.#rejected++
    events.push(event)
  }

  #dotOf(operation: number): Dot {
    if (operation < this.#graph.size) return this.#graph.dotOf(operation)
    return { replica: this.replica, sequence: this.#graph.countOf(this.replica) + operation - this.#graph.size }
  }

  /** The local number of an operation, also of one in the open transaction; undefined when it is not here. */
  #numberOf({ replica, sequence }: Dot): number | undefined {
    const count = this.#graph.countOf(replica)
    if (sequence < count) return this.#graph.numberOf(this.#graph.agentOf(replica), sequence)
    const pending = replica === this.replica ? (this.#transaction?.count ?? 0) : 0
    return sequence < count + pending ? this.#graph.size + sequence - count : undefined
  }
}

function authorsOf(changes: readonly Change[]): ReplicaId[] {
  return [...new Set(changes.map(({ replica }) => replica))].sort(compareReplicaIds)
}

/** A clock that tells nonsense must not make changes that others refuse. */
function labelOf(time: number): number {
  return Number.isSafeInteger(Math.round(time)) && time > 0 ? Math.round(time) : 0
}
