import { assert, type DocumentId, type Ticket } from '../../node/protocol/index.ts'
import type { Change, ReplicaId } from '../index.ts'
import {
  encodeChangeSet,
  hashBody,
  sealChangeSet,
  signingBytes,
  type ChangeSet,
  type Dependency,
  type SealedChangeSet,
} from './change-set.ts'
import { cutIntoPieces, encodeOperations } from './operations.ts'
import { noHash } from './replica-log.ts'

/** Operations and bytes that gather at most while a flush is under way. */
const gatherOperations = 32
const gatherBytes = 16 * 1024

/** Who writes. */
export interface Author {
  /** Ed25519 public key, 32 bytes. */
  readonly key: Uint8Array
  readonly counter: number
  readonly replica: ReplicaId
}

/** What the outbox needs done. Answered by `signed` and `written`. */
export interface OutboxPorts {
  /** Where the author's chain ends, as far as it was written. */
  end(): ChainEnd
  sign(bytes: Uint8Array): Ticket
  write(set: SealedChangeSet): Ticket
  /** Calls `flush` after the gathering time. */
  gather(): void
}

interface Gathered {
  readonly change: Change
  readonly dependencies: readonly Dependency[]
}

interface Unsigned {
  readonly set: ChangeSet
  readonly body: Uint8Array
  readonly hash: Uint8Array
  readonly ticket: Ticket
  sealed: SealedChangeSet | undefined
}

/** Where the chain of this author's replica ends, as far as it is kept. */
export interface ChainEnd {
  readonly sequence: number
  readonly head: Uint8Array
}

/**
 * Local changes of one document on their way out: gathered into sets, chained, signed, written, and only then given
 * back to be told to others. Signatures may come in any order; sets are written in the order of the chain.
 */
export class Outbox {
  readonly #document: DocumentId
  readonly #author: Author
  readonly #ports: OutboxPorts
  readonly #unsigned: Unsigned[] = []
  readonly #writing = new Map<Ticket, SealedChangeSet>()
  #gathered: Gathered[] = []
  #head: Uint8Array = noHash
  #sequence = 0

  constructor(document: DocumentId, author: Author, ports: OutboxPorts) {
    this.#document = document
    this.#author = author
    this.#ports = ports
  }

  /** Operations that are not durable yet. */
  get pending(): number {
    let operations = 0
    for (const { change } of this.#gathered) operations += change.count
    for (const { set } of this.#unsigned) operations += set.count
    for (const { count } of this.#writing.values()) operations += count
    return operations
  }

  /**
   * @param change the next one of this author's replica
   * @param dependencies its own, with the sets that hold them
   * @returns false where it does not follow what is under way: somebody else writes this replica with the author's key, so
   * that the author is about to have two histories
   */
  put(change: Change, dependencies: readonly Dependency[]): boolean {
    assert(change.replica === this.#author.replica, 'only the own replica is written')
    if (!this.#isBusy && this.#gathered.length === 0) this.#goOn()
    const gathered = this.#gathered.reduce((sum, { change: { count } }) => sum + count, 0)
    if (change.sequence !== this.#sequence + gathered) return false
    if (!this.#fits(change)) this.flush()
    this.#gathered.push({ change, dependencies })
    if (!this.#isBusy || this.#isFull) this.flush()
    else if (this.#gathered.length === 1) this.#ports.gather()
    return true
  }

  /** What has gathered goes on its way. */
  flush(): void {
    const [first] = this.#gathered
    if (first === undefined) return
    const changes = this.#gathered.map(({ change }) => change)
    this.#gathered = []
    assert(first.change.sequence === this.#sequence, 'changes are put in without gaps')
    const pieces = cutIntoPieces(encodeOperations(changes), first.dependencies)
    const count = changes.reduce((sum, change) => sum + change.count, 0)
    for (const [fragment, { operations, dependencies }] of pieces.entries()) {
      const continues = fragment < pieces.length - 1
      this.#sign({
        document: this.#document,
        author: this.#author.key,
        counter: this.#author.counter,
        replica: this.#author.replica,
        sequence: first.change.sequence,
        count: continues ? 0 : count,
        fragment,
        continues,
        previous: this.#head,
        dependencies,
        time: Math.max(0, Math.trunc(first.change.time)),
        accessHead: new Uint8Array(),
        keyEpoch: 0,
        operations,
        extensions: [],
      })
    }
    this.#sequence += count
  }

  signed(ticket: Ticket, signature: Uint8Array): void {
    const item = this.#unsigned.find((other) => other.ticket === ticket)
    if (item === undefined) return
    item.sealed = sealChangeSet(item.set, item.body, item.hash, signature)
    for (let first = this.#unsigned[0]; first?.sealed !== undefined; first = this.#unsigned[0]) {
      this.#unsigned.shift()
      this.#writing.set(this.#ports.write(first.sealed), first.sealed)
    }
  }

  /** @returns the set that is durable now and may be told */
  written(ticket: Ticket): SealedChangeSet | undefined {
    const set = this.#writing.get(ticket)
    if (set === undefined) return undefined
    this.#writing.delete(ticket)
    if (!this.#isBusy) this.flush()
    return set
  }

  /** Where the chain ends now: somebody else may have gone on with it. */
  #goOn(): void {
    const { sequence, head } = this.#ports.end()
    this.#sequence = sequence
    this.#head = head
  }

  get #isBusy(): boolean {
    return this.#unsigned.length > 0 || this.#writing.size > 0
  }

  get #isFull(): boolean {
    let operations = 0
    let bytes = 0
    for (const { change } of this.#gathered) {
      operations += change.count
      bytes += change.operations.length
    }
    return operations >= gatherOperations || bytes >= gatherBytes
  }

  /** Only changes that follow one another on the own replica alone share a set: its dependencies are those of the first. */
  #fits(change: Change): boolean {
    return this.#gathered.length === 0 || (change.dependencies.length === 0 && !this.#isFull)
  }

  #sign(set: ChangeSet): void {
    const body = encodeChangeSet(set)
    const hash = hashBody(body)
    this.#head = hash
    this.#unsigned.push({ set, body, hash, ticket: this.#ports.sign(signingBytes(hash)), sealed: undefined })
  }
}
