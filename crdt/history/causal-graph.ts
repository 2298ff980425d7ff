import type { Dot } from '../change.ts'
import { MaxHeap } from './max-heap.ts'
import { compareReplicaIds, type ReplicaId } from '../replica-id.ts'

/**
 * For each agent (by number) how many of its operations are included. Missing means none. Since an agent's operations
 * are in a row, membership is one comparison.
 */
export type Version = readonly number[]

/** A run of operations of one agent, each made on exactly the one before it. */
export interface Entry {
  readonly start: number
  end: number
  readonly agent: number
  readonly sequence: number
  readonly lamport: number
  readonly parents: readonly number[]
  /** Everything numbered below any of its operations is in the past of that operation. */
  readonly linear: boolean
}

/** What a graph was before operations were added that may be taken back. */
export interface GraphMark {
  readonly entries: number
  readonly end: number
  readonly heads: readonly number[]
  readonly critical: number
  readonly criticalEnd: number
}

/**
 * The happened-before relation of all operations, as in eg-walker (Gentle & Kleppmann 2024, §2.2 and §3.5): operations
 * get local numbers in the order they arrive, which is a topological one, and an entry is stored only where history is
 * not linear. Agents are replicas, numbered as they are met.
 */
export class CausalGraph {
  readonly #entries: Entry[] = []
  /** The last of them, which most questions are about. */
  #last: Entry = nothing
  readonly #agents: ReplicaId[] = []
  readonly #numbers = new Map<ReplicaId, number>()
  readonly #counts: number[] = []
  readonly #entriesOf: Entry[][] = []
  /** Local numbers of operations that nothing here has in its past, ascending. */
  #heads: number[] = []
  #size = 0
  /** Operations numbered below are known by who made them; all above were made on all of them. */
  base = 0
  /** Whether what was added last was made on exactly the operation before it, by the same agent. */
  goesOn = false
  /** Ranges [start, end) of critical versions, ascending. */
  readonly #critical: { readonly start: number; end: number }[] = []
  /** For the walks, which are many and mostly short. */
  readonly #heap = new MaxHeap()

  /** How many operations are here: the local number of the next one. */
  get size(): number {
    return this.#size
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
    let high = entries.length - 1
    let low = high
    // Most are asked for while they are new: from the end in steps that double, then by halves.
    for (let step = 1; low > 0 && (entries[low] as Entry).sequence > sequence; step *= 2) {
      high = low - 1
      low = Math.max(0, low - step)
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((entries[middle] as Entry).sequence <= sequence) low = middle
      else high = middle - 1
    }
    const entry = entries[low] as Entry
    return entry.start + sequence - entry.sequence
  }

  dotOf(number: number): Dot {
    const entry = this.entryOf(number)
    return { replica: this.#agents[entry.agent] as ReplicaId, sequence: entry.sequence + number - entry.start }
  }

  /** The heads as dots, ordered by replica. */
  frontier(heads: readonly number[] = this.#heads): Dot[] {
    return heads.map((head) => this.dotOf(head)).sort((left, right) => compareReplicaIds(left.replica, right.replica))
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  /** Those of one agent. */
  entriesOf(agent: number): readonly Entry[] {
    return this.#entriesOf[agent] as Entry[]
  }

  /** Lamport's time of an operation. */
  lamportOf(number: number): number {
    const entry = this.entryOf(number)
    return entry.lamport + number - entry.start
  }

  /** The last critical version up to a number: all operations numbered higher have it in their past. −1: the start. */
  criticalBelow(number: number): number {
    for (let at = this.#critical.length - 1; at >= 0; at--) {
      const { start, end } = this.#critical[at] as { readonly start: number; readonly end: number }
      if (start <= number) return Math.min(end - 1, number)
    }
    return -1
  }

  /** Whether this is all that is here. @param heads ascending */
  isNow(heads: readonly number[]): boolean {
    return sameNumbers(heads, this.#heads)
  }

  /** Whether the agent's newest operation, or nothing where it has none, is all that is here. */
  isAlone(agent: number): boolean {
    const heads = this.#heads
    return heads.length === 0 || (heads.length === 1 && this.#last.agent === agent)
  }

  /** The number of an agent; undefined for one that nobody has named yet. */
  knownAgent(replica: ReplicaId): number | undefined {
    return this.#numbers.get(replica)
  }

  /** The newest operation of an agent; −1 where there is none. */
  lastOf(agent: number): number {
    const entry = this.#entriesOf[agent]?.at(-1)
    return entry === undefined ? -1 : entry.end - 1
  }

  /** Adds operations made on everything that is here. @returns the number of the first */
  append(agent: number, count: number): number {
    const start = this.#size
    const last = this.#last
    const heads = this.#heads
    if (last.agent === agent && heads.length === 1 && last.linear) {
      this.#goOn(last, count)
      ;(this.#critical[this.#critical.length - 1] as { end: number }).end = last.end
    } else this.#insert(agent, count, heads, true)
    return start
  }

  /** Adds operations of which nothing else is known any more, before all others. @param lamport of the first */
  addBase(agent: number, count: number, lamport: number): void {
    const start = this.#size
    const parents = start === 0 ? [] : [start - 1]
    const sequence = this.#counts[agent] as number
    const entry = { start, end: start + count, agent, sequence, lamport, parents, linear: false }
    this.#last = entry
    this.#entries.push(entry)
    this.#entriesOf[agent]?.push(entry)
    ;(this.#counts[agent] as number) += count
    this.#size = this.base = entry.end
    this.#heads = [entry.end - 1]
    this.#critical.splice(0, Infinity, { start: entry.end - 1, end: entry.end })
  }

  /** The last critical version below a number, or at it, that is accepted; −1 where there is none. @param accepts true for all below one it is true for */
  lastCritical(accepts: (number: number) => boolean): number {
    for (let at = this.#critical.length - 1; at >= 0; at--) {
      const { start, end } = this.#critical[at] as { readonly start: number; readonly end: number }
      if (!accepts(start)) continue
      let low = start
      let high = end - 1
      while (low < high) {
        const middle = (low + high + 1) >>> 1
        if (accepts(middle)) low = middle
        else high = middle - 1
      }
      return low
    }
    return -1
  }

  /**
   * @param parents minimal, ascending
   * @returns the number of the first
   */
  add(agent: number, count: number, parents: readonly number[]): number {
    const start = this.#size
    if (sameNumbers(parents, this.#heads)) return this.append(agent, count)
    const last = this.#last
    // What was critical lies below a branch, and stays so when the branch goes on.
    if (last.agent === agent && parents.length === 1 && parents[0] === start - 1) this.#goOn(last, count)
    else this.#insert(agent, count, parents, false)
    return start
  }

  /** The last entry, whose end is the last of the heads, becomes longer. */
  #goOn(last: Entry, count: number): void {
    const heads = this.#heads
    last.end += count
    heads[heads.length - 1] = last.end - 1
    ;(this.#counts[last.agent] as number) += count
    this.#size += count
    this.goesOn = true
  }

  mark(): GraphMark {
    return {
      entries: this.#entries.length,
      end: this.#size,
      heads: this.#heads.slice(),
      critical: this.#critical.length,
      criticalEnd: this.#critical.at(-1)?.end ?? 0,
    }
  }

  /** Takes back what `append` has added for one agent since the mark. */
  restore({ entries, end, heads, critical, criticalEnd }: GraphMark, agent: number): void {
    ;(this.#counts[agent] as number) -= this.#size - end
    if (this.#entries.length > entries) {
      this.#entries.length = entries
      this.#entriesOf[agent]?.pop()
    } else if (entries > 0) (this.#entries.at(-1) as Entry).end = end
    this.#last = this.#entries.at(-1) ?? nothing
    this.#heads = heads.slice()
    this.#size = end
    this.#critical.length = critical
    if (critical > 0) (this.#critical.at(-1) as { end: number }).end = criticalEnd
  }

  #insert(agent: number, count: number, parents: readonly number[], linear: boolean): void {
    const start = this.#size
    const end = start + count
    const last = this.#last
    this.goesOn = last.agent === agent && parents.length === 1 && parents[0] === start - 1 && start !== this.base
    if (this.goesOn) last.end = end
    else {
      const sequence = this.#counts[agent] as number
      const lamport = this.#lamportAfter(parents)
      // The heads that were are nobody else's from now on.
      this.#last = { start, end, agent, sequence, lamport, parents: linear ? parents : parents.slice(), linear }
      this.#entries.push(this.#last)
      this.#entriesOf[agent]?.push(this.#last)
    }
    ;(this.#counts[agent] as number) += count
    this.#size = end
    this.#cutCritical(parents[0] ?? -1)
    if (linear) {
      this.#heads = [end - 1]
      this.#addCritical(start, end)
    } else this.#replaceHeads(parents, end - 1)
  }

  /** Both are ascending, and what is new comes behind all heads. */
  #replaceHeads(parents: readonly number[], newest: number): void {
    const heads = this.#heads
    let kept = 0
    let parent = 0
    for (let at = 0; at < heads.length; at++) {
      const head = heads[at] as number
      while (parent < parents.length && (parents[parent] as number) < head) parent++
      if (parents[parent] !== head) heads[kept++] = head
    }
    heads[kept++] = newest
    heads.length = kept
  }

  /** @returns those of the numbers that none of the others has in its past, ascending */
  minimal(numbers: readonly number[]): readonly number[] {
    if (numbers.length === 1) return numbers
    const [head] = this.#heads
    if (head !== undefined && this.#heads.length === 1 && numbers.includes(head)) return [head]
    if (numbers.length === 2) return this.#minimalOfTwo(numbers[0] as number, numbers[1] as number)
    const given = [...new Set(numbers)].sort((left, right) => left - right)
    if (given.length < 2) return given
    const heads = new Set(this.#heads)
    if (given.every((number) => heads.has(number))) return given
    return this.#minimalByWalk(given)
  }

  /** What nearly all are: an author's own operation, and one of somebody else that came in between. */
  #minimalOfTwo(one: number, other: number): readonly number[] {
    const low = Math.min(one, other)
    const high = Math.max(one, other)
    return low === high || this.#isPast(low, high) ? [high] : [low, high]
  }

  /** Whether an operation is in the past of another, which is numbered higher. */
  #isPast(low: number, high: number): boolean {
    const heap = this.#heap
    heap.clear()
    heap.push(high)
    while (heap.size > 0) {
      const { start, linear, parents } = this.entryOf(heap.pop())
      if (low >= start || linear) return true
      while (heap.size > 0 && heap.peek() >= start) heap.pop()
      for (const parent of parents) if (parent >= low) heap.push(parent)
    }
    return false
  }

  #minimalByWalk(given: readonly number[]): readonly number[] {
    const kept: number[] = []
    const heap = this.#heap
    heap.clear()
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
      const entry = this.entryOf(number)
      while (heap.size > 0 && Math.floor(heap.peek() / 2) >= entry.start) if (heap.pop() % 2 === 1) left--
      for (const parent of entry.parents) heap.push(parent * 2)
    }
    return kept.reverse()
  }

  /** On what an operation that is here was made. */
  parentsOf(number: number): readonly number[] {
    const entry = this.entryOf(number)
    return number > entry.start ? [number - 1] : entry.parents
  }

  /**
   * Visits the operations that only one of two versions includes, from the newest down, in ranges of one agent.
   *
   * @param visit told whether the left one includes them, and the range [from, to); returns false where that is enough.
   *   It asks this graph for nothing that takes another walk
   */
  diff(
    left: readonly number[],
    right: readonly number[],
    visit: (inLeft: boolean, from: number, to: number, entry: Entry) => boolean,
  ): void {
    // A number is queued with two bits: reached from the left, from the right. Numbers reached from both are shared.
    const heap = this.#heap
    heap.clear()
    for (const number of left) heap.push(number * 4 + 1)
    for (const number of right) heap.push(number * 4 + 2)
    let single = heap.size
    while (single > 0) {
      const item = heap.pop()
      const number = Math.floor(item / 4)
      let side = item % 4
      if (side !== 3) single--
      const entry = this.entryOf(number)
      let from = entry.start
      while (heap.size > 0 && heap.peek() >= entry.start * 4) {
        const next = heap.peek()
        if (Math.floor(next / 4) < number && side !== 3 && ((next % 4) | side) !== side) {
          from = Math.floor(next / 4) + 1
          break
        }
        heap.pop()
        if (next % 4 !== 3) single--
        side |= next % 4
      }
      if (side !== 3 && !visit(side === 1, from, number + 1, entry)) return
      if (from > entry.start) {
        const next = heap.pop()
        if (next % 4 !== 3) single--
        heap.push(from * 4 - 1)
      } else {
        for (const parent of entry.parents) heap.push(parent * 4 + side)
        if (side !== 3) single += entry.parents.length
      }
    }
  }

  /** The version that has these as heads. */
  versionOf(heads: readonly number[]): number[] {
    return this.#fromMissing(heads)
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
      const entry = this.entryOf(number)
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

  #lamportAfter(parents: readonly number[]): number {
    let greatest = 0
    for (const parent of parents) {
      const entry = this.entryOf(parent)
      greatest = Math.max(greatest, entry.lamport + parent - entry.start)
    }
    return greatest + 1
  }

  /** A change made on an older version ends the criticality of everything above that. */
  #cutCritical(lowest: number): void {
    for (let last = this.#critical.at(-1); last !== undefined; last = this.#critical.at(-1)) {
      if (last.start <= lowest) {
        last.end = Math.min(last.end, lowest + 1)
        return
      }
      this.#critical.pop()
    }
  }

  #addCritical(start: number, end: number): void {
    const last = this.#critical.at(-1)
    if (last?.end === start) last.end = end
    else this.#critical.push({ start, end })
  }

  entryOf(number: number): Entry {
    return number >= this.#last.start ? this.#last : (this.#entries[this.#indexOf(number)] as Entry)
  }

  #indexOf(number: number): number {
    const entries = this.#entries
    let high = entries.length - 1
    let low = high
    // As in `numberOf`.
    for (let step = 1; low > 0 && (entries[low] as Entry).start > number; step *= 2) {
      high = low - 1
      low = Math.max(0, low - step)
    }
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((entries[middle] as Entry).start <= number) low = middle
      else high = middle - 1
    }
    return low
  }
}

export function includes(version: Version, agent: number, sequence: number): boolean {
  return sequence < (version[agent] ?? 0)
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false
  return true
}

/** In the place of the last entry where there is none. */
const nothing: Entry = { start: 0, end: 0, agent: -1, sequence: 0, lamport: 0, parents: [], linear: false }
