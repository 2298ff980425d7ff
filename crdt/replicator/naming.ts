import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromString, toString } from 'uint8arrays'
import { assert } from '../../node/protocol/index.ts'
import { renameReplicas, type Change, type Dot, type ReplicaId } from '../index.ts'
import { hashKey, replicaBytes, type HashKey, type SealedChangeSet } from './change-set.ts'
import { dots } from './operations.ts'
import { noHash, type ChainStart } from './replica-log.ts'

const branchDomain = fromString('peerloom/branch/v1')

/** Sets of one replica that go on in one name. */
interface Chain {
  readonly name: ReplicaId
  /** Whose sets are in it. */
  readonly replica: ReplicaId
  readonly start: ChainStart
  /** The chain that it goes on from. */
  readonly parent: Chain | undefined
  /** Operations of whole transactions in it. */
  length: number
  /** The chains behind its end, where there are several, by the hash of their first set. */
  readonly branches: Map<HashKey, Chain>
}

/**
 * Where an author wrote two histories, both may be believed, and their operations have the same numbers. So each history
 * goes on under a name made of its first set and is counted from the fork on; documents take each for a replica of its own.
 *
 * An author names the operations of others as they were called in what it had seen; where only one history was known, that
 * was the name before the fork. What a set means by a name is therefore read in its own past, and told in the names of today.
 */
export class Naming {
  readonly #chains = new Map<ReplicaId, Chain>()
  readonly #chainOf = new Map<HashKey, Chain>()
  /** First sets of branches among what a set comes after, itself included; left out where there are none. */
  readonly #seen = new Map<HashKey, ReadonlySet<HashKey>>()

  /** @param believed each after what it depends on */
  constructor(believed: readonly SealedChangeSet[]) {
    const continuations = new Map<string, number>()
    for (const set of believed) {
      const origin = originOf(set)
      continuations.set(origin, (continuations.get(origin) ?? 0) + 1)
    }
    for (const set of believed) {
      if (continuations.get(originOf(set)) === 1) this.add(set)
      else this.#branch(set)
    }
  }

  /** Chains that begin at a fork. */
  get isBranched(): boolean {
    return this.#seen.size > 0
  }

  /** @param set continues a chain that nothing else continues, or is its replica's first */
  add(set: SealedChangeSet): void {
    const chain = this.#chainOf.get(hashKey(set.previous)) ?? this.#chain(set.replica, set.replica, noStart, undefined)
    this.#put(set, chain, this.#seenBefore(set))
  }

  /** @throws AssertionError for a set that is not believed */
  chainOf(set: Uint8Array): { readonly name: ReplicaId; readonly start: ChainStart } {
    const chain = this.#chainOf.get(hashKey(set))
    assert(chain !== undefined, 'only a set that is believed has a name')
    return chain
  }

  find(set: Uint8Array): { readonly name: ReplicaId; readonly replica: ReplicaId } | undefined {
    return this.#chainOf.get(hashKey(set))
  }

  /** The chain that a set would continue, whether or not something else does. */
  nextChain({ previous, replica, sequence, fragment }: SealedChangeSet): ReplicaId {
    if (sequence === 0 && fragment === 0) return replica
    const chain = this.#chainOf.get(hashKey(previous))
    // Nobody goes on with a chain of another.
    return chain?.replica === replica ? chain.name : replica
  }

  /** @param set that holds the change: of several fragments the last */
  tell(change: Change, set: SealedChangeSet, isFirst: boolean, fragments: readonly SealedChangeSet[]): Change {
    const chain = this.#chainOf.get(hashKey(set.hash)) as Chain
    const { name, start } = chain
    const seen = this.#seen.get(hashKey(set.hash)) ?? none
    const dependencies = isFirst ? dots([...this.#origin(chain, change), ...this.#dependencies(fragments)]) : []
    const operations = renameReplicas(change.operations, change.replica, name, (dot) => this.#resolve(dot, seen))
    return { ...change, replica: name, sequence: change.sequence - start.sequence, dependencies, operations }
  }

  #dependencies(sets: readonly SealedChangeSet[]): Dot[] {
    return sets.flatMap(({ dependencies }) =>
      dependencies.map(({ hash, sequence }) => {
        const { name, start } = this.chainOf(hash)
        return { replica: name, sequence: sequence - start.sequence }
      }),
    )
  }

  /** What the first change of a branch follows: the end of the chain before the fork. */
  #origin({ start, parent }: Chain, { sequence }: Change): Dot[] {
    if (sequence !== start.sequence) return []
    let before = parent
    while (before?.length === 0) before = before.parent
    return before === undefined ? [] : [{ replica: before.name, sequence: before.length - 1 }]
  }

  /** What a set that has seen those branches means by a dot. A dot that means nothing stays as it is, and says nothing. */
  #resolve(dot: Dot, seen: ReadonlySet<HashKey>): Dot {
    let chain = this.#chains.get(dot.replica)
    let { sequence } = dot
    while (chain !== undefined && chain.branches.size > 0 && sequence >= chain.length) {
      sequence -= chain.length
      const known: Chain[] = []
      for (const [first, branch] of chain.branches) if (seen.has(first)) known.push(branch)
      chain = known.length === 1 ? known[0] : undefined
    }
    return chain === undefined ? dot : { replica: chain.name, sequence }
  }

  #branch(set: SealedChangeSet): void {
    const parent = this.#chainOf.get(hashKey(set.previous)) ?? this.#chain(set.replica, set.replica, noStart, undefined)
    const first = hashKey(set.hash)
    const start = { sequence: set.sequence, fragment: set.fragment, head: set.previous }
    const chain = this.#chain(branchName(parent.name, set.hash), set.replica, start, parent)
    parent.branches.set(first, chain)
    this.#put(set, chain, new Set([...this.#seenBefore(set), first]))
  }

  #put(set: SealedChangeSet, chain: Chain, seen: ReadonlySet<HashKey>): void {
    const hash = hashKey(set.hash)
    this.#chainOf.set(hash, chain)
    if (seen.size > 0) this.#seen.set(hash, seen)
    chain.length += set.count
  }

  /** Sets that have seen the same share one set of branches. */
  #seenBefore(set: SealedChangeSet): ReadonlySet<HashKey> {
    let seen = this.#seen.get(hashKey(set.previous)) ?? none
    for (const { hash } of set.dependencies) {
      const other = this.#seen.get(hashKey(hash)) ?? none
      if (other !== seen) seen = union(seen, other)
    }
    return seen
  }

  #chain(name: ReplicaId, replica: ReplicaId, start: ChainStart, parent: Chain | undefined): Chain {
    let chain = this.#chains.get(name)
    if (chain === undefined) {
      chain = { name, replica, start, parent, length: 0, branches: new Map() }
      this.#chains.set(name, chain)
    }
    return chain
  }
}

/** One of the two where it holds the other. */
function union(one: ReadonlySet<HashKey>, other: ReadonlySet<HashKey>): ReadonlySet<HashKey> {
  const [small, large] = one.size < other.size ? [one, other] : [other, one]
  const missing = [...small].filter((hash) => !large.has(hash))
  return missing.length === 0 ? large : new Set([...large, ...missing])
}

const noStart: ChainStart = { sequence: 0, fragment: 0, head: noHash }

const none: ReadonlySet<HashKey> = new Set()

/** What two continuations have in common: the set they follow, or that they are the first of one replica. */
export function originOf({ previous, replica, sequence, fragment }: SealedChangeSet): string {
  return sequence === 0 && fragment === 0 ? replica : `${replica} ${hashKey(previous)}`
}

/** 128 bits, as a ReplicaId has. */
function branchName(parent: ReplicaId, first: Uint8Array): ReplicaId {
  const hash = sha256(concat([branchDomain, replicaBytes(parent), first]))
  return toString(hash.subarray(0, 16), 'base64url') as ReplicaId
}
