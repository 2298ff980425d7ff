import { equals } from 'uint8arrays'
import { assert } from '../../node/protocol/index.ts'
import type { Dot, ReplicaId } from '../index.ts'
import { compareDependencies, type Dependency, type SealedChangeSet } from './change-set.ts'
import type { Naming } from './naming.ts'
import { comparePlaces, ReplicaLog, type Place } from './replica-log.ts'

/** A chain, and a place in it from its start on. */
export interface ChainPlace extends Place {
  readonly name: ReplicaId
}

export interface Renaming {
  /** Whether what was believed before still is, in its place. */
  readonly isExtension: boolean
  /** What was not believed before. */
  readonly added: readonly SealedChangeSet[]
  /** What is still to be put, in this order. */
  readonly unput: readonly SealedChangeSet[]
}

/** The sets of a document that are believed: in one order, in which each comes after what it depends on, and chain by chain. */
export class Chains {
  /** One a replica, and more of one that has two histories. */
  readonly #logs = new Map<ReplicaId, ReplicaLog>()
  #order: SealedChangeSet[] = []
  #bytes = 0
  /** Of a contested document. */
  #naming: Naming | undefined

  /** In the order of their acceptance. */
  get sets(): readonly SealedChangeSet[] {
    return this.#order
  }

  get bytes(): number {
    return this.#bytes
  }

  /** By the names of the chains. */
  get logs(): ReadonlyMap<ReplicaId, ReplicaLog> {
    return this.#logs
  }

  /** What the chains are called; undefined until something was decided, while each is called like its replica. */
  get naming(): Naming | undefined {
    return this.#naming
  }

  /** The chain of that name; an empty one where nothing was written. */
  log(name: ReplicaId): ReplicaLog {
    return this.#logs.get(name) ?? new ReplicaLog()
  }

  /** The chain that a set is in, or would go on. */
  logFor(set: SealedChangeSet): ReplicaLog {
    return this.log(this.#naming?.nextChain(set) ?? set.replica)
  }

  /** @param set one that is here */
  placeOf(set: SealedChangeSet): ChainPlace {
    const { sequence, fragment } = set
    if (this.#naming === undefined) return { name: set.replica, sequence, fragment }
    const { name, start } = this.#naming.chainOf(set.hash)
    return { name, sequence: sequence - start.sequence, fragment }
  }

  /** @param dots operations that are here, in any order. @returns what a set says that is made on them */
  references(dots: readonly Dot[]): Dependency[] {
    return dots.map((dot) => this.#reference(dot)).sort(compareDependencies)
  }

  /** @returns the hash of the first set it depends on that is not believed here */
  missing({ dependencies }: SealedChangeSet): Uint8Array | undefined {
    return dependencies.find(({ replica, sequence, hash }) => {
      const chain = this.#naming?.find(hash)
      if (chain !== undefined && chain.replica !== replica) return true
      const holder = this.log(chain?.name ?? replica).holder(sequence)
      return holder === undefined || !equals(holder.hash, hash)
    })?.hash
  }

  /** @param set the next of its chain; everything that it depends on is here. @returns its chain */
  append(set: SealedChangeSet): ReplicaLog {
    this.#naming?.add(set)
    return this.put(set)
  }

  /** @param set as in `append`, and named already. @returns its chain */
  put(set: SealedChangeSet): ReplicaLog {
    const { name, start } = this.#naming?.chainOf(set.hash) ?? { name: set.replica, start: undefined }
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = new ReplicaLog(start)
      this.#logs.set(name, log)
    }
    log.append(set)
    this.#order.push(set)
    this.#bytes += set.bytes.length
    return log
  }

  /**
   * From now on this is believed, under these names. If what is here keeps its place, the rest is still to be put; or else
   * nothing is here any more, and all of it is.
   */
  rename(naming: Naming, believed: readonly SealedChangeSet[]): Renaming {
    const former = new Map(this.#order.map((set) => [set, this.placeOf(set)] as const))
    this.#naming = naming
    const isInPlace = (set: SealedChangeSet): boolean => {
      const before = former.get(set)
      const now = this.placeOf(set)
      return before === undefined || (before.name === now.name && comparePlaces(before, now) === 0)
    }
    const added = believed.filter((set) => !former.has(set))
    const isExtension = believed.length - added.length === former.size && believed.every(isInPlace)
    if (!isExtension) this.#clear()
    return { isExtension, added, unput: isExtension ? added : believed }
  }

  #clear(): void {
    this.#logs.clear()
    // A new one: transfers see by it that what is believed has another order.
    this.#order = []
    this.#bytes = 0
  }

  #reference({ replica, sequence }: Dot): Dependency {
    const log = this.log(replica)
    const absolute = sequence + log.start.sequence
    const holder = log.holder(absolute)
    assert(holder !== undefined, 'a change is made on operations that are here')
    return { replica: holder.replica, sequence: absolute, hash: holder.hash }
  }
}
