import { VectorClock, type SubscribeOptions, type VersionVector } from '../node/protocol/index.ts'
import type { Anchor } from './anchor.ts'
import { greatestTime, type Change, type Dot } from './change.ts'
import { versionOfBase } from './compaction/base-reader.ts'
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
import { changesOf } from './encoding/stretch-changes.ts'
import { DecodeError, HistoryDroppedError } from './errors.ts'
import { EventTeller } from './event-teller.ts'
import type { DocumentEvent, Visible } from './event.ts'
import { Executor } from './executor.ts'
import { History, type Base } from './history/history.ts'
import { Integration } from './integration.ts'
import type { JsonValue } from './json-value.ts'
import { limits as formatLimits } from './limits.ts'
import { countUnits, type Operation } from './operation.ts'
import { chooseReplicaId, replicaId, type ReplicaId } from './replica-id.ts'
import { Reception } from './reception.ts'
import { FrameReader, type Incoming } from './session/incoming.ts'
import { OutgoingSession, type Outgoing } from './session/outgoing.ts'
import { loadSnapshot } from './snapshot-loading.ts'
import { Stamp } from './stamp.ts'
import type { Editor } from './state.ts'
import { smallText, TextEdits } from './text-edits.ts'
import type { Text } from './containers/text.ts'
import { Transaction } from './transaction.ts'

/** What a document holds, for functions that are no part of it so that who does not call them need not load them. */
export interface Inside {
  readonly history: History
  readonly registry: ContainerRegistry
}

/** One replica of a document: history on one side, containers on the other, and what comes from others. */
export class ReplicaDocument implements Document, Editor {
  readonly replica: ReplicaId
  readonly #now: () => number
  readonly #history = new History()
  readonly #agent: number
  readonly #registry: ContainerRegistry
  readonly #integration: Integration
  readonly #edits: TextEdits
  /** Carries out what somebody may want to know the effect of. */
  readonly #recorder: Executor
  /** Carries out what nobody listens to. */
  readonly #silent: Executor
  readonly #teller: EventTeller
  readonly #reception: Reception
  /** Of the edits of this replica, one after the other. */
  readonly #stamp: Stamp
  #transaction: Transaction | undefined
  #version: VersionVector = VectorClock.zero
  /** Operations in that version: with every other it is another one. */
  #versionSize = 0

  constructor({ replica, now = () => 0, limits }: DocumentOptions = {}) {
    this.replica = replica === undefined ? chooseReplicaId() : replicaId(replica)
    this.#now = now
    this.#agent = this.#history.graph.agentOf(this.replica)
    this.#registry = new ContainerRegistry(this.#history, this)
    this.#integration = new Integration(this.#history, this.#registry)
    this.#edits = new TextEdits(this.#history, this.#registry)
    this.#recorder = new Executor(this.#history, this.#registry, true)
    this.#silent = new Executor(this.#history, this.#registry, false)
    this.#teller = new EventTeller(this.#history, this.#recorder)
    this.#reception = new Reception(
      {
        history: this.#history,
        registry: this.#registry,
        integration: this.#integration,
        edits: this.#edits,
        recorder: this.#recorder,
        teller: this.#teller,
      },
      limits,
    )
    this.#stamp = new Stamp(this.#history.graph, this.#agent, 0, 0, true, [])
  }

  get version(): VersionVector {
    const { graph } = this.#history
    const open = this.#transaction?.count ?? 0
    if (this.#versionSize === graph.size - open) return this.#version
    this.#version = VectorClock.from(
      graph.agents.map((replica, agent) => {
        return [replica, (graph.counts[agent] as number) - (agent === this.#agent ? open : 0)] as const
      }),
    )
    this.#versionSize = graph.size - open
    return this.#version
  }

  get frontier(): readonly Dot[] {
    return this.#history.graph.frontier(this.#transaction?.heads)
  }

  get statistics(): DocumentStatistics {
    return {
      changes: this.#history.bounds.size,
      operations: this.#history.graph.size - (this.#transaction?.count ?? 0),
      waiting: this.#reception.waiting,
      rejected: this.#reception.rejected,
      duplicates: this.#reception.duplicates,
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
      this.#teller.tell('local', transaction.start, 1)
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
    if (this.#teller.isHeard) this.#tellSplice(text, index, inserted)
  }

  deleteText(text: Text, index: number, count: number): void {
    if (this.#transaction !== undefined || !text.written || count > formatLimits.changeOperations) {
      this.perform({ type: 'sequence-delete', container: text.id, index, count })
      return
    }
    this.#edits.delete(this.#agent, text, index, count, labelOf(this.#now()))
    if (this.#teller.isHeard) this.#tellSplice(text, index, count)
  }

  #tellSplice(text: Text, index: number, spliced: string | number): void {
    const start = this.#history.graph.size - (typeof spliced === 'string' ? spliced.length : spliced)
    this.#teller.tellSplice('local', start, text, index, spliced)
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
    return this.#reception.receiveStretches(this.#readStretches(bytes))
  }

  apply(changes: Iterable<Change>): Visible {
    this.#assertSettled('take in changes')
    return this.#reception.receiveChanges(changes)
  }

  openOutgoing(): Outgoing {
    return new OutgoingSession(this.#history, this.#agent, () => this.#transaction?.count ?? 0)
  }

  openIncoming(): Incoming {
    const reader = new FrameReader()
    return {
      receive: (frame) => {
        this.#assertSettled('take in changes')
        return this.#reception.receiveFrame(reader.read(frame))
      },
    }
  }

  receiveTogether(work: () => void): Visible {
    this.#assertSettled('take in changes')
    return this.#reception.receiveTogether(work)
  }

  /** Fills an empty document. @throws DecodeError when the bytes are no whole document */
  load(bytes: Uint8Array): void {
    const reader = openChunk(bytes)
    if (reader.base !== undefined) {
      throw new DecodeError('Cannot load the document: some of its history was dropped; loadCompacted is for these')
    }
    if (!reader.isSnapshot) {
      throw new DecodeError('Cannot load the document: these are changes, which are for merging')
    }
    decoding(() => loadSnapshot(bytes, reader, this.#history, this.#registry, this.#silent))
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
  replay(stretches: Iterable<Stretch>, base?: Base): void {
    base?.fill(this.#history, this.#registry)
    this.#history.base = base
    for (const stretch of stretches) {
      if (this.#integration.integrateStretch(stretch, this.#silent)) continue
      for (const change of changesOf(stretch)) this.#integration.integrate(change, this.#silent)
    }
  }

  /** As `merge`, for what was read already. */
  take(stretches: Iterable<Stretch>): Visible {
    this.#assertSettled('take in changes')
    return this.#reception.receiveStretches(stretches)
  }

  /** @throws HistoryDroppedError where what the bytes were made on is not here, and not in them either */
  openMerge(bytes: Uint8Array): ChunkReader {
    const reader = openChunk(bytes)
    const { base } = reader
    if (base === undefined) return reader
    const dropped = decoding(() => versionOfBase(base))
    if (this.version.includes(dropped)) return reader
    throw new HistoryDroppedError(
      'merge the document',
      'this one lacks some of the history that it has dropped',
      dropped,
    )
  }

  #readStretches(bytes: Uint8Array): Stretch[] {
    const reader = this.openMerge(bytes)
    if (!reader.isSnapshot) return decoding(() => reader.stretches())
    const other = new ReplicaDocument()
    other.load(bytes)
    return this.#readStretches(other.changesSince(VectorClock.zero))
  }

  #assertKept(wish: string, version: VersionVector): void {
    const { base } = this.#history
    if (base === undefined || version.includes(base.version)) return
    throw new HistoryDroppedError(wish, 'some of what it lacks was dropped', base.version)
  }

  #assertSettled(wish: string): void {
    if (this.#transaction !== undefined) throw new Error(`Cannot ${wish}: a transaction is open`)
  }

  subscribe(listener: (event: DocumentEvent) => void, options: SubscribeOptions = {}): void {
    this.#teller.subscribe(listener, options)
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
    const recording = this.#teller.isHeard
    const executor = recording ? this.#recorder : this.#silent
    this.#stamp.moveTo(start, sequence)
    executor.execute(operation, this.#stamp)
    bounds.add(start, units, time)
    if (recording) this.#teller.tell('local', start, 1)
  }
}

/** Whether it fits into a change for certain. */
function isSmall(operation: Operation): boolean {
  if (operation.type === 'text-insert') return operation.text.length <= smallText
  if (operation.type === 'list-insert') return operation.items.length === 1
  return countUnits(operation) <= formatLimits.changeOperations
}

/** A clock that tells nonsense must not make changes that others refuse. */
function labelOf(time: number): number {
  return time > 0 && time < greatestTime ? Math.round(time) : 0
}
