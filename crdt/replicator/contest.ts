import { compare, equals } from 'uint8arrays'
import { hashKey, replicaBytes, type HashKey, type SealedChangeSet } from './change-set.ts'
import { findEquivocation, type Equivocation } from './equivocation.ts'
import { Naming, originOf } from './naming.ts'
import { readChanges } from './operations.ts'
import { comparePlaces } from './replica-log.ts'

/** Sets of quarantined authors from after their forks that are kept without being believed, in bytes. */
const heldBytesLimit = 16 * 1024 * 1024

/** What is believed of a document. */
export interface Verdict {
  /** Each after all that it follows and depends on. */
  readonly believed: readonly SealedChangeSet[]
  readonly naming: Naming
}

/**
 * A document in which an author has written two histories. What such an author wrote is believed up to the fork, and
 * beyond it only where somebody else has built on it; everyone else's sets are believed as before. So whoever has the
 * same sets and the same proofs believes the same, whatever came first, and nobody's work is lost because it was built on
 * one of the two histories.
 *
 * Where several continuations of a set are believed, each goes on under a name of its own (`Naming`).
 */
export class Contest {
  /** Every verified set that is known, believed or not. */
  readonly #sets = new Map<HashKey, SealedChangeSet>()
  readonly #proofs = new Map<string, Equivocation>()
  /** Of several sets that follow the same one, one. */
  readonly #successors = new Map<string, SealedChangeSet>()
  #heldBytes = 0

  /** @param believed so far, each after what it depends on */
  constructor(believed: Iterable<SealedChangeSet>) {
    for (const set of believed) this.#put(set)
  }

  /** One of each quarantined author. */
  get proofs(): readonly Equivocation[] {
    return [...this.#proofs.values()]
  }

  get sets(): ReadonlyMap<HashKey, SealedChangeSet> {
    return this.#sets
  }

  has(hash: Uint8Array): boolean {
    return this.#sets.has(hashKey(hash))
  }

  isQuarantined(author: Uint8Array): boolean {
    return this.#proofs.has(hashKey(author))
  }

  /**
   * Of several proofs against an author all peers keep one of the earliest fork: it says how far the author is believed
   * without a witness.
   *
   * @returns false when this proof, or one before it, was known
   */
  prove(equivocation: Equivocation): boolean {
    const author = hashKey(equivocation.first.author)
    const known = this.#proofs.get(author)
    if (known !== undefined && compareProofs(known, equivocation) <= 0) return false
    this.#proofs.set(author, equivocation)
    return true
  }

  /** Sets of the proofs that follow that set: they come up again when it is there. */
  provenBehind(hash: Uint8Array): SealedChangeSet[] {
    const behind: SealedChangeSet[] = []
    for (const { first, second } of this.#proofs.values()) if (equals(first.previous, hash)) behind.push(first, second)
    return behind.filter((set) => !this.has(set.hash))
  }

  /** What shows that the author of a set wrote two histories; undefined where nothing does, or where it is known. */
  findEquivocation(set: SealedChangeSet): Equivocation | undefined {
    if (this.isQuarantined(set.author)) return undefined
    const other = this.#successors.get(originOf(set))
    return other && findEquivocation(other, set)
  }

  /** Whether its author is quarantined, it is from after the fork, and too much of that kind is kept already. */
  isFull(set: SealedChangeSet): boolean {
    return this.isBeyondFork(set) && this.#heldBytes + set.bytes.length > heldBytesLimit
  }

  /** @param isWanted somebody else has built on it @returns false when nothing more of a quarantined author is kept */
  add(set: SealedChangeSet, isWanted: boolean): boolean {
    if (!isWanted && this.isFull(set)) return false
    if (this.isBeyondFork(set)) this.#heldBytes += set.bytes.length
    this.#put(set)
    return true
  }

  #put(set: SealedChangeSet): void {
    this.#sets.set(hashKey(set.hash), set)
    const origin = originOf(set)
    if (!this.#successors.has(origin)) this.#successors.set(origin, set)
  }

  /** Whether its author is quarantined, and believed before it at the most. */
  isBeyondFork(set: SealedChangeSet): boolean {
    const proof = this.#proofs.get(hashKey(set.author))
    if (proof === undefined) return false
    return set.replica !== proof.first.replica || comparePlaces(set, proof.first) >= 0
  }

  /** The sets that a set follows and depends on directly. */
  parents(set: SealedChangeSet): readonly Uint8Array[] {
    return parentsOf(set)
  }

  judge(): Verdict {
    const acceptable = this.#acceptable()
    const wanted = new Set<HashKey>()
    for (const { first } of this.#proofs.values()) wanted.add(hashKey(first.previous))
    const believed: SealedChangeSet[] = []
    for (const set of acceptable.toReversed()) {
      const hash = hashKey(set.hash)
      if (!wanted.has(hash) && this.isQuarantined(set.author)) continue
      for (const parent of parentsOf(set)) wanted.add(hashKey(parent))
      believed.push(set)
    }
    believed.reverse()
    this.#countHeld(believed)
    return { believed, naming: new Naming(believed) }
  }

  /** Those that nothing speaks against but who wrote them, each after what it depends on. */
  #acceptable(): SealedChangeSet[] {
    const spoiled = new Set<HashKey>()
    const accepted = new Map<HashKey, SealedChangeSet>()
    for (const set of inOrder(this.#sets)) {
      const previous = accepted.get(hashKey(set.previous))
      const fits = isFirst(set) || (previous !== undefined && follows(set, previous))
      if (!fits || spoiled.has(hashKey(set.previous))) continue
      if (!set.dependencies.every((dot) => holds(accepted.get(hashKey(dot.hash)), dot))) continue
      accepted.set(hashKey(set.hash), set)
      if (!set.continues && readChanges(transaction(set, accepted)).length === 0) spoiled.add(hashKey(set.hash))
    }
    return [...accepted.values()]
  }

  #countHeld(believed: readonly SealedChangeSet[]): void {
    const hashes = new Set(believed.map(({ hash }) => hashKey(hash)))
    this.#heldBytes = 0
    for (const [hash, set] of this.#sets) {
      if (!hashes.has(hash) && this.isBeyondFork(set)) this.#heldBytes += set.bytes.length
    }
  }
}

/** The sets of a transaction, by its last one. */
export function transaction(
  last: SealedChangeSet,
  sets: { get(hash: HashKey): SealedChangeSet | undefined },
): SealedChangeSet[] {
  const fragments = [last]
  for (let set: SealedChangeSet | undefined = last; set !== undefined && set.fragment > 0;) {
    set = sets.get(hashKey(set.previous))
    if (set !== undefined) fragments.push(set)
  }
  return fragments.reverse()
}

function isFirst({ sequence, fragment, previous }: SealedChangeSet): boolean {
  return sequence === 0 && fragment === 0 && previous.every((byte) => byte === 0)
}

function follows(set: SealedChangeSet, previous: SealedChangeSet): boolean {
  if (set.replica !== previous.replica) return false
  if (previous.continues) return set.sequence === previous.sequence && set.fragment === previous.fragment + 1
  return set.sequence === previous.sequence + previous.count && set.fragment === 0
}

/** Whether a set is the end of a transaction that holds the operation. */
function holds(
  set: SealedChangeSet | undefined,
  dot: { readonly replica: string; readonly sequence: number },
): boolean {
  if (set === undefined || set.continues || set.replica !== dot.replica) return false
  return dot.sequence >= set.sequence && dot.sequence < set.sequence + set.count
}

function parentsOf(set: SealedChangeSet): readonly Uint8Array[] {
  const hashes = set.dependencies.map(({ hash }) => hash)
  return isFirst(set) ? hashes : [set.previous, ...hashes]
}

/** Topological order (Kahn), as near to the order of the map as that allows; sets that lack something are left out. */
function inOrder(sets: ReadonlyMap<HashKey, SealedChangeSet>): SealedChangeSet[] {
  const missing = new Map<HashKey, number>()
  const children = new Map<HashKey, HashKey[]>()
  const ordered: SealedChangeSet[] = []
  for (const [hash, set] of sets) {
    const parents = parentsOf(set)
    missing.set(hash, parents.length)
    for (const parent of parents) {
      const key = hashKey(parent)
      const siblings = children.get(key)
      if (siblings === undefined) children.set(key, [hash])
      else siblings.push(hash)
    }
    if (parents.length === 0) ordered.push(set)
  }
  for (const set of ordered) {
    for (const child of children.get(hashKey(set.hash)) ?? []) {
      const left = (missing.get(child) as number) - 1
      missing.set(child, left)
      if (left === 0) ordered.push(sets.get(child) as SealedChangeSet)
    }
  }
  return ordered
}

function compareProofs({ first: one }: Equivocation, { first: other }: Equivocation): number {
  return (
    one.sequence - other.sequence ||
    one.fragment - other.fragment ||
    compare(replicaBytes(one.replica), replicaBytes(other.replica)) ||
    compare(one.previous, other.previous)
  )
}
