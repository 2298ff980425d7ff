import type { Dot } from './change.ts'
import { MaxHeap } from './max-heap.ts'
import { compareReplicaIds, type ReplicaId } from './replica-id.ts'

/**
 * For each agent (by number) how many of its operations are included. Missing means none. Since an agent's operations
 * are in a row, membership is one comparison.
 */
export type Version = readonly number[]

/** A run of operations of one agent, each made on exactly the one before it. */
interface Entry {
  readonly start: number
  end: number
  readonly agent: number
  readonly sequence: number
  readonly lamport: number
  readonly parents: readonly number[]
  /** Everything numbered below any of its operations is in the past of that operation. */
  readonly linear: boolean
}

/** Where a new change came to stand. */
export interface Placement {
  /** Local number of its first operation. */
  readonly start: number
  readonly lamport: number
  /** Made on everything that was here before. */
  readonly linear: boolean
  /** The last critical version below it: all operations numbered higher have it in their past. −1: the start. */
  readonly base: number
}

/**
 * The happened-before relation of all operations, as in eg-walker (Gentle & Kleppmann 2024, §2.2 and §3.5): operations
 * get local numbers in the order they arrive, which is a topological one, and an entry is stored only where history is
 * not linear. Agents are replicas, numbered as they are met.
 */
export class CausalGraph {
  readonly #entries: Entry[] = []
  readonly #agents: ReplicaId[] = []
  readonly #numbers = new Map<ReplicaId, number>()
  readonly #counts: number[] = []
  readonly #entriesOf: Entry[][] = []
  /** Local numbers of operations that nothing here has in its past, ascending. */
  #heads: readonly number[] = []
  /** Ranges [start, end) of critical versions, ascending. */
  readonly #critical: { readonly start: number; end: number }[] = []
  /** For an agent the version that includes its latest operation; forgotten when it takes too much room. */
  readonly #latest = new Map<number, { readonly at: number; readonly version: Version }>()

  /** How many operations are here: the local number of the next one. */
  get size(): number {
    return this.#entries.at(-1)?.end ?? 0
  }

  get heads(): readonly number[] {
    return this.#heads
  }

  get counts(): Version {
    return this.#counts
  }

  get agents(): readonly ReplicaId[] {
    return this.#agents
  }

  agentOf(replica: ReplicaId): number {
    const known = this.#numbers.get(replica)
    if (known !== undefined) return known
    const agent = this.#agents.length
    this.#agents.push(replica)
    this.#numbers.set(replica, agent)
    this.#counts.push(0)
    this.#entriesOf.push([])
    return agent
  }

  countOf(replica: ReplicaId): number {
    const agent = this.#numbers.get(replica)
    return agent === undefined ? 0 : (this.#counts[agent] as number)
  }

  /** @returns the local number of an operation that is here */
  numberOf(agent: number, sequence: number): number {
    const entries = this.#entriesOf[agent] as Entry[]
    let low = 0
    let high = entries.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((entries[middle] as Entry).sequence <= sequence) low = middle
      else high = middle - 1
    }
    const entry = entries[low] as Entry
    return entry.start + sequence - entry.sequence
  }

  dotOf(number: number): Dot {
    const entry = this.#entryOf(number)
    return { replica: this.#agents[entry.agent] as ReplicaId, sequence: entry.sequence + number - entry.start }
  }

  /** The heads as dots, ordered by replica. */
  frontier(): Dot[] {
    return this.#heads
      .map((head) => this.dotOf(head))
      .sort((left, right) => compareReplicaIds(left.replica, right.replica))
  }

  /** Lamport's time for an operation made on everything that is here. */
  nextLamport(): number {
    return this.#lamportAfter(this.#heads)
  }

  /** Whether an operation of the agent on these parents is made on exactly the one numbered before it, also its own. */
  continues(agent: number, parents: readonly number[]): boolean {
    return parents.length === 1 && parents[0] === this.size - 1 && this.#entries.at(-1)?.agent === agent
  }

  /** @param parents minimal, ascending */
  add(agent: number, count: number, parents: readonly number[]): Placement {
    const start = this.size
    const linear = sameNumbers(parents, this.#heads)
    const lamport = this.#lamportAfter(parents)
    this.#extend({
      start,
      end: start + count,
      agent,
      sequence: this.#counts[agent] as number,
      lamport,
      parents,
      linear,
    })
    this.#counts[agent] = (this.#counts[agent] as number) + count
    this.#heads = linear
      ? [start + count - 1]
      : [...this.#heads.filter((head) => !parents.includes(head)), start + count - 1]
    const base = this.#cutCritical(parents[0] ?? -1)
    if (linear) this.#addCritical(start, start + count)
    return { start, lamport, linear, base }
  }

  /** @returns those of the numbers that none of the others has in its past, ascending */
  minimal(numbers: readonly number[]): readonly number[] {
    const given = [...new Set(numbers)].sort((left, right) => left - right)
    if (given.length < 2 || given.every((number) => this.#heads.includes(number))) return given
    return given.length <= 3 ? this.#minimalByVersions(given) : this.#minimalByWalk(given)
  }

  /** Only a later one can have an earlier in its past. */
  #minimalByVersions(given: readonly number[]): readonly number[] {
    const later = given.slice(1).map((number) => ({ number, version: this.#versionWith(number) }))
    return given.filter((number) => {
      const { agent, start, sequence } = this.#entryOf(number)
      return !later.some((other) => other.number > number && includes(other.version, agent, sequence + number - start))
    })
  }

  #minimalByWalk(given: readonly number[]): readonly number[] {
    const kept: number[] = []
    const heap = new MaxHeap()
    // A given number is queued as odd, one that was reached as somebody's past as even.
    for (const number of given) heap.push(number * 2 + 1)
    let left = given.length
    while (left > 0) {
      const number = Math.floor(heap.peek() / 2)
      let reached = false
      let asked = false
      while (heap.size > 0 && Math.floor(heap.peek() / 2) === number) {
        if (heap.pop() % 2 === 1) asked = true
        else reached = true
      }
      if (asked) left--
      if (asked && !reached) kept.push(number)
      const entry = this.#entryOf(number)
      while (heap.size > 0 && Math.floor(heap.peek() / 2) >= entry.start) if (heap.pop() % 2 === 1) left--
      for (const parent of entry.parents) heap.push(parent * 2)
    }
    return kept.reverse()
  }

  /** The version that has the parents as heads. */
  versionOf(parents: readonly number[]): number[] {
    const missed: number[] = []
    const merged: number[] = []
    for (const parent of parents) {
      const latest = this.#latest.get(this.#entryOf(parent).agent)
      if (latest?.at === parent) raise(merged, latest.version)
      else missed.push(parent)
    }
    if (missed.length === 0) return merged
    const version = this.#fromMissing(missed)
    raise(version, merged)
    return version
  }

  #versionWith(number: number): Version {
    const latest = this.#latest.get(this.#entryOf(number).agent)
    return latest?.at === number ? latest.version : this.#fromMissing([number])
  }

  /** The version on which an operation that is here was made. */
  versionBefore(number: number): number[] {
    const entry = this.#entryOf(number)
    return this.versionOf(number > entry.start ? [number - 1] : entry.parents)
  }

  /** Keeps the version that includes the agent's latest operation, which its next change most often depends on. */
  remember(agent: number, version: readonly number[]): void {
    const inclusive = version.slice()
    while (inclusive.length <= agent) inclusive.push(0)
    inclusive[agent] = this.#counts[agent] as number
    if ((this.#latest.size + 1) * this.#agents.length > 1_000_000) this.#latest.clear()
    this.#latest.set(agent, { at: this.numberOf(agent, (this.#counts[agent] as number) - 1), version: inclusive })
  }

  /** Starts from everything and takes away what the parents do not have in their past, from the newest down. */
  #fromMissing(parents: readonly number[]): number[] {
    const version = this.#counts.slice()
    const heap = new MaxHeap()
    for (const parent of parents) heap.push(parent)
    let top = this.size
    while (heap.size > 0) {
      const number = heap.pop()
      this.#exclude(version, number + 1, top)
      const entry = this.#entryOf(number)
      top = entry.start
      while (heap.size > 0 && heap.peek() >= top) heap.pop()
      if (heap.size === 0 && entry.linear) return version
      for (const parent of entry.parents) heap.push(parent)
    }
    this.#exclude(version, 0, top)
    return version
  }

  #exclude(version: number[], from: number, to: number): void {
    if (from >= to) return
    for (let index = this.#indexOf(to - 1); index >= 0; index--) {
      const { start, end, agent, sequence } = this.#entries[index] as Entry
      if (end <= from) return
      const first = sequence + Math.max(from, start) - start
      if (first < (version[agent] as number)) version[agent] = first
    }
  }

  #extend(entry: Entry): void {
    const last = this.#entries.at(-1)
    const [parent] = entry.parents
    if (last?.agent === entry.agent && entry.parents.length === 1 && parent === entry.start - 1) {
      last.end = entry.end
      return
    }
    this.#entries.push(entry)
    this.#entriesOf[entry.agent]?.push(entry)
  }

  #lamportAfter(parents: readonly number[]): number {
    let greatest = 0
    for (const parent of parents) {
      const entry = this.#entryOf(parent)
      greatest = Math.max(greatest, entry.lamport + parent - entry.start)
    }
    return greatest + 1
  }

  /** A change made on an older version ends the criticality of everything above that. */
  #cutCritical(lowest: number): number {
    for (let last = this.#critical.at(-1); last !== undefined; last = this.#critical.at(-1)) {
      if (last.start <= lowest) {
        last.end = Math.min(last.end, lowest + 1)
        return last.end - 1
      }
      this.#critical.pop()
    }
    return -1
  }

  #addCritical(start: number, end: number): void {
    const last = this.#critical.at(-1)
    if (last?.end === start) last.end = end
    else this.#critical.push({ start, end })
  }

  #entryOf(number: number): Entry {
    return this.#entries[this.#indexOf(number)] as Entry
  }

  #indexOf(number: number): number {
    let low = 0
    let high = this.#entries.length - 1
    if (number >= (this.#entries[high]?.start ?? 0)) return high
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#entries[middle] as Entry).start <= number) low = middle
      else high = middle - 1
    }
    return low
  }
}

export function includes(version: Version, agent: number, sequence: number): boolean {
  return sequence < (version[agent] ?? 0)
}

function raise(version: number[], other: Version): void {
  for (let agent = 0; agent < other.length; agent++) {
    const count = other[agent] as number
    if (agent >= version.length) version.push(count)
    else if (count > (version[agent] as number)) version[agent] = count
  }
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((number, index) => number === right[index])
}
