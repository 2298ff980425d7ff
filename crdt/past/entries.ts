import { VectorClock, type VersionVector } from '../../node/protocol/index.ts'
import type { Dot } from '../change.ts'
import type { Document } from '../document.ts'
import { slicesSince, type Slice } from '../encoding/slices.ts'
import type { Bound } from '../history/change-bounds.ts'
import type { History } from '../history/history.ts'
import type { ReplicaId } from '../replica-id.ts'
import { lookInside } from './checkout.ts'
import { resolveVersion, type PastVersion } from './version.ts'

/** A change as people want to be told of it, or several of one author. */
export interface HistoryEntry {
  readonly replica: ReplicaId
  /** Of the first operation. */
  readonly sequence: number
  /** Operations. */
  readonly count: number
  /** Changes, those without effect among them. */
  readonly changes: number
  /** By the author's clock, in milliseconds since 1970, when the first change was made; 0 where unknown. */
  readonly time: number
  /** When the last one was made. */
  readonly until: number
  /** What the first change was made on, other than the author's own operation before it. */
  readonly dependencies: readonly Dot[]
  /** What its author had then: the last change and all in its past. Found when somebody asks. */
  readonly version: VersionVector
}

export interface HistoryOptions {
  /** @default 'newest' */
  readonly first?: 'newest' | 'oldest'
  /** Leaves out what this version includes. @default nothing, or what was dropped */
  readonly since?: PastVersion
  /** Leaves out what this version does not include. @default the present */
  readonly until?: PastVersion
  /**
   * Tells of changes of one author that follow each other as one, where no more than so many milliseconds lie between
   * one and the next. @default none: one entry a change
   */
  readonly gap?: number
}

/**
 * The changes of a document, as it is now, in an order that is the same on every replica: each stands behind all it
 * depends on, and what an author did one after the other, without others' changes in between, stays together. Entries are
 * made one by one while they are asked for. Read as often as you like.
 *
 * @throws RangeError for a version that is not here, HistoryDroppedError for one that was dropped, as `checkout` does
 * @throws Error while a transaction is open
 */
export function history(
  document: Document,
  { first = 'newest', since, until = document.frontier, gap }: HistoryOptions = {},
): Iterable<HistoryEntry> {
  const { history } = lookInside(document, 'read the history')
  const { graph } = history
  const [from, to] = [since ?? history.base?.version ?? [], until].map((version) => {
    const counts = resolveVersion(history, version)
    return (replica: ReplicaId) => counts[graph.agentOf(replica)] ?? 0
  })
  const slices = slicesSince(history, from as (replica: ReplicaId) => number, to)
  const read = first === 'newest' ? newestFirst : oldestFirst
  return { [Symbol.iterator]: () => entries(history, read(history, slices), gap ?? -1) }
}

function* oldestFirst({ bounds }: History, slices: readonly Slice[]): Generator<Bound> {
  for (const { ranges } of slices) for (const [from, to] of ranges) yield* bounds.between(from, to)
}

function* newestFirst({ bounds }: History, slices: readonly Slice[]): Generator<Bound> {
  for (const { ranges } of slices.toReversed()) {
    for (const [from, to] of ranges.toReversed()) {
      for (let end = to; end > from;) {
        const bound = bounds.of(end - 1)
        yield bound
        end = bound.start
      }
    }
  }
}

function* entries(history: History, bounds: Iterable<Bound>, gap: number): Generator<HistoryEntry> {
  let open: Entry | undefined
  for (const bound of bounds) {
    if (open?.take(bound, gap) === true) continue
    if (open !== undefined) yield open
    open = new Entry(history, bound)
  }
  if (open !== undefined) yield open
}

class Entry implements HistoryEntry {
  readonly replica: ReplicaId
  readonly #history: History
  #first: Bound
  #last: Bound
  count: number
  changes = 1

  constructor(history: History, bound: Bound) {
    this.#history = history
    this.replica = history.graph.dotOf(bound.start).replica
    this.#first = bound
    this.#last = bound
    this.count = bound.count
  }

  /** @returns whether the change is part of the entry now */
  take(bound: Bound, gap: number): boolean {
    const { graph } = this.#history
    const before = bound.start < this.#first.start
    const near = before ? this.#first : this.#last
    if (Math.abs(bound.time - near.time) > gap || graph.dotOf(bound.start).replica !== this.replica) return false
    if (before) this.#first = bound
    else this.#last = bound
    this.count += bound.count
    this.changes++
    return true
  }

  get sequence(): number {
    return this.#history.graph.dotOf(this.#first.start).sequence
  }

  get time(): number {
    return this.#first.time
  }

  get until(): number {
    return this.#last.time
  }

  get dependencies(): readonly Dot[] {
    return this.#history.dependenciesOf(this.#first.start)
  }

  get version(): VersionVector {
    const { graph } = this.#history
    const counts = graph.versionOf([this.#history.lastOf(this.#last.start)])
    return VectorClock.from(graph.agents.map((replica, agent) => [replica, counts[agent] ?? 0] as const))
  }
}
