import {
  MalformedMessageError,
  VectorClock,
  type SubscribeOptions,
  type VersionVector,
} from '../node/protocol/index.ts'
import type { Anchor } from './anchor.ts'
import { findMalformation, greatestTime, type Change, type Dot } from './change.ts'
import { readBase, versionOfBase } from './compaction/base-reader.ts'
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
import { encodeChanges, encodeCompacted, encodeSnapshot, type ChunkReader, type Stretch } from './encoding/chunk.ts'
import { decoding, openChunk } from './encoding/decoding.ts'
import { changesOf, skipUnits } from './encoding/stretch-changes.ts'
import { DecodeError, HistoryDroppedError } from './errors.ts'
import { EventQueue } from './event-queue.ts'
import type { DocumentEvent, Visible } from './event.ts'
import { Executor } from './executor.ts'
import { History } from './history/history.ts'
import { Integration } from './integration.ts'
import type { JsonValue } from './json-value.ts'
import { limits as formatLimits, resolveDocumentLimits } from './limits.ts'
import { countUnits, type Operation } from './operation.ts'
import { chooseReplicaId, replicaId, type ReplicaId } from './replica-id.ts'
import { Gathering } from './session/gathering.ts'
import { FrameReader, toChange, type Incoming, type SessionChange } from './session/incoming.ts'
import { OutgoingSession, type Outgoing } from './session/outgoing.ts'
import { loadSnapshot } from './snapshot-loading.ts'
import { Stamp } from './stamp.ts'
import type { Editor } from './state.ts'
import { TextEdits } from './text-edits.ts'
import { Text } from './containers/text.ts'
import { Transaction } from './transaction.ts'
import { deltaOf, VisibleChanges } from './visible-changes.ts'
import { WaitingChanges } from './waiting-changes.ts'

/** What a document holds, for functions that are no part of it so that who does not call them need not load them. */
export interface Inside {
  readonly history: History
  readonly registry: ContainerRegistry
}

/** One replica of a document: history on one side, containers on the other, and what waits outside. */
export class ReplicaDocument implements Document, Editor {
  readonly replica: ReplicaId
  readonly #now: () => number
  readonly #history = new History()
  readonly #agent: number
  readonly #registry: ContainerRegistry
  readonly #integration: Integration
  readonly #edits: TextEdits
  readonly #waiting: WaitingChanges
  readonly #events = new EventQueue()
  /** Carries out what somebody may want to know the effect of. */
  readonly #recorder: Executor
  /** Carries out what nobody listens to. */
  readonly #silent: Executor
  /** Of the edits of this replica, one after the other. */
  readonly #stamp: Stamp
  #transaction: Transaction | undefined
  #gathering: Gathering | undefined
  #version: VersionVector | undefined = VectorClock.zero
  #rejected = 0
  #duplicates = 0

  constructor({ replica, now = () => 0, limits }: DocumentOptions = {}) {
    this.replica = replica === undefined ? chooseReplicaId() : replicaId(replica)
    this.#now = now
    this.#waiting = new WaitingChanges(resolveDocumentLimits(limits))
    this.#agent = this.#history.graph.agentOf(this.replica)
    this.#registry = new ContainerRegistry(this.#history, this)
    this.#integration = new Integration(this.#history, this.#registry)
    this.#edits = new TextEdits(this.#history, this.#registry)
    this.#recorder = new Executor(this.#history, this.#registry, true)
    this.#silent = new Executor(this.#history, this.#registry, false)
    this.#stamp = new Stamp(this.#history.graph, this.#agent, 0, 0, true, [])
  }

  get version(): VersionVector {
    if (this.#version !== undefined) return this.#version
    const { graph } = this.#history
    this.#version = VectorClock.from(
      graph.agents.map((replica, agent) => {
        const open = agent === this.#agent ? (this.#transaction?.count ?? 0) : 0
        return [replica, (graph.counts[agent] as number) - open] as const
      }),
    )
    return this.#version
  }

  get frontier(): readonly Dot[] {
    return this.#history.graph.frontier(this.#transaction?.heads)
  }

  get statistics(): DocumentStatistics {
    return {
      changes: this.#history.bounds.size,
      operations: this.#history.graph.size - (this.#transaction?.count ?? 0),
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
    const transaction = new Transaction(this.#history, this.#agent, this.#recorder)
    this.#transaction = transaction
    let result: Result
    let time: number
    try {
      result = work()
      transaction.check()
      time = labelOf(this.#now())
      transaction.settle()
    } catch (error) {
      transaction.rollBack()
      throw error
    } finally {
      this.#transaction = undefined
    }
    if (transaction.count > 0) {
      this.#history.bounds.add(transaction.start, transaction.count, time)
      this.#version = undefined
      this.#tell('local', transaction.start, 1)
    }
    return result
  }

  perform(operation: Operation): void {
    if (this.#registry.find(operation.container) === undefined) {
      throw new Error('Cannot edit the container: the transaction in which it was created was rolled back')
    }
    if (this.#transaction !== undefined) this.#transaction.perform(operation)
    else if (isSmall(operation)) this.#performAlone(operation)
    else this.transact(() => this.perform(operation))
  }

  insertText(text: Text, index: number, inserted: string): void {
    // What was never written to may be of a transaction that was rolled back.
    if (this.#transaction !== undefined || !text.written || inserted.length > smallText) {
      this.perform({ type: 'text-insert', container: text.id, index, text: inserted })
      return
    }
    this.#edits.insert(this.#agent, text, index, inserted, labelOf(this.#now()))
    this.#version = undefined
    if (this.#events.size > 0) this.#tellSplice(text, index, inserted)
  }

  deleteText(text: Text, index: number, count: number): void {
    if (this.#transaction !== undefined || !text.written || count > formatLimits.changeOperations) {
      this.perform({ type: 'sequence-delete', container: text.id, index, count })
      return
    }
    this.#edits.delete(this.#agent, text, index, count, labelOf(this.#now()))
    this.#version = undefined
    if (this.#events.size > 0) this.#tellSplice(text, index, count)
  }

  nextDot(): Dot {
    return { replica: this.replica, sequence: this.#history.graph.counts[this.#agent] as number }
  }

  changesSince(version: VersionVector): Uint8Array<ArrayBuffer> {
    this.#assertSettled('encode')
    this.#assertKept('tell the changes since the version', version)
    return encodeChanges(this.#history, (replica) => version.get(replica))
  }

  encode(): Uint8Array<ArrayBuffer> {
    this.#assertSettled('encode')
    const { base } = this.#history
    return base !== undefined
      ? encodeCompacted(this.#history, base)
      : encodeSnapshot(this.#history, this.#registry.shownTexts())
  }

  merge(bytes: Uint8Array): Visible {
    this.#assertSettled('take in changes')
    return this.#integrate((events) => this.#mergeChunk(bytes, events))
  }

  apply(changes: Iterable<Change>): Visible {
    this.#assertSettled('take in changes')
    return this.#integrate((events) => {
      let applied = 0
      for (const change of changes) applied += this.#receive(change, events)
      return applied
    })
  }

  openOutgoing(): Outgoing {
    return new OutgoingSession(this.#history, this.#agent, () => this.#transaction?.count ?? 0)
  }

  openIncoming(): Incoming {
    const reader = new FrameReader()
    return {
      receive: (frame) => {
        this.#assertSettled('take in changes')
        const changes = reader.read(frame)
        if (this.#gathering !== undefined) {
          for (const change of changes) this.#gathering.add(change)
          return nothing
        }
        const plain = changes.length === 1 ? this.#receiveEdit(changes[0] as SessionChange) : undefined
        if (plain !== undefined) return plain
        return this.#integrate((events) => {
          let applied = 0
          for (const change of changes) applied += this.#receiveSession(change, events)
          return applied
        })
      },
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
      return this.#integration.integrateEdit(change, this.#recorder) ? this.#tell('remote', start, 1) : undefined
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
      return this.#tellReceived(start, text, operation.index, operation.text)
    }
    if (operation.type !== 'sequence-delete' || operation.index + operation.count > text.length) return undefined
    this.#edits.delete(agent, text, operation.index, operation.count, time)
    return this.#tellReceived(start, text, operation.index, operation.count)
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
      return at === undefined ? undefined : this.#tellReceived(start, text, at, operation.text)
    }
    if (operation.type !== 'sequence-delete') return undefined
    const removals = this.#edits.deleteAt(agent, text, operation.index, operation.count, time, parents)
    if (removals === undefined) return undefined
    const [removal] = removals
    if (removals.length === 1 && removal !== undefined)
      return this.#tellReceived(start, text, removal.index, removal.count)
    const deltas = removals.length === 0 ? [] : [{ type: 'text', container: text, delta: deltaOf(removals) } as const]
    return this.#tellVisible(new VisibleChanges(this.#history, 'remote', start, this.#history.graph.size, deltas))
  }

  #tellReceived(start: number, text: Text, index: number, spliced: string | number): Visible {
    const { graph } = this.#history
    return this.#tellVisible(
      new VisibleChanges(this.#history, 'remote', start, graph.size, undefined, text, index, spliced),
    )
  }

  #tellVisible(visible: VisibleChanges): Visible {
    this.#version = undefined
    if (this.#events.size > 0) this.#events.tellOne(visible)
    return visible
  }

  #tellSplice(text: Text, index: number, spliced: string | number): void {
    const { graph } = this.#history
    const start = graph.size - (typeof spliced === 'string' ? spliced.length : spliced)
    this.#events.tellOne(new VisibleChanges(this.#history, 'local', start, graph.size, undefined, text, index, spliced))
  }

  receiveTogether(work: () => void): Visible {
    this.#assertSettled('take in changes')
    if (this.#gathering !== undefined) throw new Error('Cannot take in changes together: that is being done already')
    const gathering = new Gathering()
    this.#gathering = gathering
    let visible: Visible = nothing
    try {
      work()
    } finally {
      // Also where `work` throws: the sessions will not tell again what they have told.
      this.#gathering = undefined
      visible = this.#integrate((events) => {
        let applied = 0
        for (const item of gathering.take()) {
          applied += 'slice' in item ? this.#take(item, events) : this.#receiveSession(item, events)
        }
        return applied
      })
    }
    return visible
  }

  #receiveSession(change: SessionChange, events: DocumentEvent[]): number {
    if (this.#waiting.concerns(change.replica) || !this.#integration.integrateEdit(change, this.#recorder)) {
      return this.#receive(toChange(change), events)
    }
    this.#version = undefined
    return 1
  }

  /** Fills an empty document. @throws DecodeError when the bytes are no whole document */
  load(bytes: Uint8Array): void {
    const reader = openChunk(bytes)
    const { base } = reader
    if (base !== undefined) {
      decoding(() => this.#loadCompacted(reader, base))
      return
    }
    if (!reader.isSnapshot) {
      throw new DecodeError('Cannot load the document: these are changes, which are for merging')
    }
    decoding(() => loadSnapshot(bytes, reader, this.#history, this.#registry, this.#silent))
    this.#version = undefined
  }

  #loadCompacted(reader: ChunkReader, base: Uint8Array): void {
    this.replay(reader.stretches(), base)
    for (const { replica, sequence, count } of reader.head.slices) {
      if (this.#history.graph.countOf(replica) < sequence + count) {
        throw new MalformedMessageError('Changes that were not made on what is kept')
      }
    }
  }

  /** What functions beside this class work on. @param wish of one that has to wait for the end of a transaction */
  inside(wish?: string): Inside {
    if (wish !== undefined) this.#assertSettled(wish)
    return { history: this.#history, registry: this.#registry }
  }

  /**
   * Fills an empty document with what another holds, each stretch behind all it depends on.
   *
   * @param base what they were made on, where it is not everything. @throws MalformedMessageError where it is none
   */
  replay(stretches: Iterable<Stretch>, base?: Uint8Array): void {
    if (base !== undefined) readBase(base, this.#history, this.#registry)
    for (const stretch of stretches) {
      if (this.#integration.integrateStretch(stretch, this.#silent)) continue
      for (const change of changesOf(stretch)) this.#integration.integrate(change, this.#silent)
    }
    this.#version = undefined
  }

  /** As `merge`, for what was read already. */
  take(stretches: Iterable<Stretch>): Visible {
    this.#assertSettled('take in changes')
    return this.#integrate((events) => {
      let applied = 0
      for (const stretch of stretches) applied += this.#take(stretch, events)
      return applied
    })
  }

  /** @param take takes in what came and tells how many changes took effect */
  #integrate(take: (events: DocumentEvent[]) => number): Visible {
    const start = this.#history.graph.size
    const events: DocumentEvent[] = []
    const applied = take(events)
    if (this.#waiting.count > 0) this.#evict(events)
    return this.#tell('remote', start, applied, events)
  }

  #evict(events: DocumentEvent[]): void {
    for (const change of this.#waiting.evict()) {
      this.#reject(events, { type: 'rejected', change, reason: 'overflow', message: 'too many changes wait' })
    }
  }

  /** @throws HistoryDroppedError where what the bytes were made on is not here, and not in them either */
  openMerge(bytes: Uint8Array): ChunkReader {
    const reader = openChunk(bytes)
    const { base } = reader
    if (base === undefined) return reader
    const dropped = decoding(() => versionOfBase(base))
    if (!includesAll(this.version, dropped)) throw new HistoryDroppedError('merge the document', dropped)
    return reader
  }

  #mergeChunk(bytes: Uint8Array, events: DocumentEvent[]): number {
    const reader = this.openMerge(bytes)
    if (reader.isSnapshot) {
      const other = new ReplicaDocument()
      other.load(bytes)
      return this.#mergeChunk(other.changesSince(VectorClock.zero), events)
    }
    let applied = 0
    for (const stretch of decoding(() => reader.stretches())) applied += this.#take(stretch, events)
    return applied
  }

  /** Takes in a stretch at once where it can be, else change by change. */
  #take(stretch: Stretch, events: DocumentEvent[]): number {
    if (!this.#waiting.concerns(stretch.slice.replica) && this.#integration.integrateStretch(stretch, this.#recorder)) {
      this.#version = undefined
      return 1
    }
    const { slice } = stretch
    const known = Math.min(slice.count, this.#history.graph.countOf(slice.replica) - slice.sequence)
    const duplicates = known > 0 ? this.#history.holdsAll(slice, known) : 0
    const rest = duplicates > 0 && known < slice.count ? skipUnits(stretch, known) : undefined
    if (duplicates > 0 && (known === slice.count || rest !== undefined)) {
      this.#duplicates += duplicates
      return rest === undefined ? 0 : this.#take(rest, events)
    }
    let applied = 0
    for (const change of changesOf(stretch)) applied += this.#receive(change, events)
    return applied
  }

  #assertKept(wish: string, version: VersionVector): void {
    const { base } = this.#history
    if (base !== undefined && !includesAll(version, base.version)) throw new HistoryDroppedError(wish, base.version)
  }

  #assertSettled(wish: string): void {
    if (this.#transaction !== undefined) throw new Error(`Cannot ${wish}: a transaction is open`)
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
    const character = unit < 0 || unit >= own.length ? undefined : this.#history.graph.dotOf(own.unitAt(unit))
    return { container: own.id, side, character }
  }

  resolve({ container, side, character }: Anchor): number | undefined {
    const own = this.#registry.find(container)
    if (own === undefined || (own.type !== 'text' && own.type !== 'list')) return undefined
    if (character === undefined) return side === 'before' ? own.length : 0
    const operation = this.#history.numberOf(character)
    const place = operation === undefined ? undefined : own.placeOf(operation)
    if (place === undefined) return undefined
    return side === 'after' && place.visible ? place.index + 1 : place.index
  }

  toJSON(): { [name: string]: JsonValue } {
    return this.#registry.toJSON()
  }

  #root<Type extends ContainerType>(type: Type, name: string): ContainerByType[Type] {
    return this.#registry.root(type, name) as Container as ContainerByType[Type]
  }

  /** One edit as a transaction of its own: it was checked, so that nothing has to be taken back. */
  #performAlone(operation: Operation): void {
    const { graph, bounds } = this.#history
    const time = labelOf(this.#now())
    const units = countUnits(operation)
    const sequence = graph.counts[this.#agent] as number
    const start = graph.append(this.#agent, units)
    const recording = this.#events.size > 0
    const executor = recording ? this.#recorder : this.#silent
    this.#stamp.moveTo(start, sequence)
    executor.execute(operation, this.#stamp)
    bounds.add(start, units, time)
    this.#version = undefined
    if (recording) this.#tell('local', start, 1)
  }

  #tell(origin: 'local' | 'remote', start: number, applied: number, events?: DocumentEvent[]): VisibleChanges {
    const { graph } = this.#history
    const visible = new VisibleChanges(this.#history, origin, start, graph.size, this.#recorder.takeDeltas())
    if (this.#events.size === 0) return visible
    if (events === undefined || events.length === 0) {
      if (applied > 0) this.#events.tellOne(visible)
      return visible
    }
    if (applied > 0) events.unshift(visible)
    this.#events.tell(events)
    return visible
  }

  /** Takes a change in, and then those that were waiting for it. @returns how many took effect */
  #receive(first: Change, events: DocumentEvent[]): number {
    const malformation = findMalformation(first)
    if (malformation !== undefined) {
      this.#reject(events, { type: 'rejected', change: first, reason: 'malformed', message: malformation })
      return 0
    }
    let applied = 0
    const ready = [first]
    for (let change = ready.pop(); change !== undefined; change = ready.pop()) {
      const fate = this.#integration.integrate(change, this.#recorder)
      if (fate.type === 'waits' && this.#waiting.add(change, fate.missing)) continue
      if (fate.type === 'waits' || fate.type === 'duplicate') {
        this.#duplicates++
        continue
      }
      if (fate.type === 'applied') applied++
      else this.#reject(events, { type: 'rejected', change, reason: fate.reason, message: fate.message })
      this.#version = undefined
      if (this.#waiting.count === 0) continue
      ready.push(...this.#waiting.release(change.replica, this.#history.graph.countOf(change.replica)).reverse())
    }
    return applied
  }

  #reject(events: DocumentEvent[], event: DocumentEvent): void {
    this.#rejected++
    events.push(event)
  }
}

/** Text of which so many units fit into a change for certain. */
const smallText = formatLimits.changeBytes / 4

/** Whether it fits into a change for certain. */
function isSmall(operation: Operation): boolean {
  if (operation.type === 'text-insert') return operation.text.length <= smallText
  if (operation.type === 'list-insert') return operation.items.length === 1
  return countUnits(operation) <= formatLimits.changeOperations
}

function includesAll(version: VersionVector, other: VersionVector): boolean {
  return [...other].every(([replica, count]) => version.get(replica) >= count)
}

/** A clock that tells nonsense must not make changes that others refuse. */
function labelOf(time: number): number {
  return time > 0 && time < greatestTime ? Math.round(time) : 0
}

const nothing: Visible = Object.freeze({ changes: [], replicas: [], deltas: [] })
