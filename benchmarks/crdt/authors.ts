import { nameReplicas } from '../../tests/traces/replica-names.ts'
import { TraceGraph } from '../../tests/traces/trace-graph.ts'
import type { ConcurrentTrace } from '../../tests/traces/trace.ts'
import { VersionWalk } from '../../tests/traces/version-walk.ts'
import { fitted, write, type Library, type Replica, type Update } from './library.ts'

/** Up to so many replicas start empty and hear everything, as live ones do. More copy what others have, as clones do. */
const liveMost = 16
/** Who lacks more transactions takes a copy of what another has, if that is nearer. */
const lackingMost = 200
/** Transactions in all open documents of a trace of many replicas: what is beyond is closed and kept encoded. */
const openTransactions = 2_000_000

/** The tip of an empty document. */
const none = -1

interface Author {
  readonly replica: number
  /** The last transaction written here: what it had seen is what is in the document. */
  tip: number
  open: Replica | undefined
  saved: Uint8Array | undefined
}

/** For each transaction with patches, in the order of the trace, what its replica put on the wire. */
export function writeTrace(trace: ConcurrentTrace, library: Library): Update[] {
  return new Authors(trace, library).write()
}

/**
 * The replicas that wrote a trace: before each transaction, its replica takes in what it had seen when it was written,
 * and nothing else. In traces made from git an agent has concurrent branches: each is a replica.
 */
class Authors {
  readonly #trace: ConcurrentTrace
  readonly #library: Library
  readonly #graph = new TraceGraph()
  readonly #walk = new VersionWalk(this.#graph)
  /** The replica of each transaction, numbered in the order of their names. */
  readonly #replicas: readonly (number | undefined)[]
  readonly #isLive: boolean
  readonly #openMost: number
  readonly #authors = new Map<number, Author>()
  /** Those with an open document, the one used last behind. */
  readonly #open = new Set<Author>()
  readonly #updates: (Update | undefined)[] = []
  /** For whoever did not hear a session from its start. */
  readonly #alone: (Update | undefined)[] = []

  constructor(trace: ConcurrentTrace, library: Library) {
    this.#trace = trace
    this.#library = library
    const names = nameReplicas(trace.txns)
    const ordered = [...new Set(names)].filter((name) => name !== undefined).sort()
    const numbers = new Map(ordered.map((name, number) => [name, number]))
    this.#replicas = names.map((name) => (name === undefined ? undefined : numbers.get(name)))
    this.#isLive = ordered.length <= liveMost
    this.#openMost = Math.max(8, Math.floor(openTransactions / trace.txns.length))
  }

  write(): Update[] {
    for (const [index, { parents, patches }] of this.#trace.txns.entries()) {
      this.#graph.add(parents)
      const number = this.#replicas[index]
      if (number === undefined) continue
      const author = this.#authorOf(number)
      let lacking = this.#lacking(author, parents)
      if (!this.#isLive && lacking.length > lackingMost && this.#copyNearest(author, parents)) {
        lacking = this.#lacking(author, parents)
      }
      const replica = this.#opened(author)
      for (const earlier of lacking) this.#hear(replica, earlier)
      write(replica, fitted(patches, replica.length))
      author.tip = index
      this.#updates[index] = replica.take()
      if (!this.#isLive) this.#alone[index] = replica.takenAlone?.() ?? this.#updates[index]
    }
    for (const { open } of this.#authors.values()) open?.free?.()
    return this.#updates.filter((update) => update !== undefined)
  }

  #authorOf(replica: number): Author {
    let author = this.#authors.get(replica)
    if (author === undefined) {
      author = { replica, tip: none, open: undefined, saved: undefined }
      this.#authors.set(replica, author)
    }
    return author
  }

  /** Transactions of a version that are not in a document, earliest first. */
  #lacking({ tip }: Author, heads: readonly number[]): readonly number[] {
    const walk = tip === none ? new VersionWalk(this.#graph) : this.#walk
    if (tip !== none) walk.stepTo(tip)
    return walk.moveTo(heads).done
  }

  /**
   * Takes the document that holds nothing that is not in the version, all that the author wrote, and probably the most.
   *
   * @returns whether there is one
   */
  #copyNearest(author: Author, heads: readonly number[]): boolean {
    const latest = [...this.#authors.values()].sort((left, right) => right.tip - left.tip)
    const base = latest.find(
      ({ tip }) =>
        tip > author.tip &&
        this.#graph.includes(heads, tip) &&
        (author.tip === none || this.#graph.includes([tip], author.tip)),
    )
    if (base === undefined) return false
    this.#discard(author)
    author.tip = base.tip
    author.saved = base.saved ?? base.open?.encode()
    return true
  }

  #opened(author: Author): Replica {
    this.#open.delete(author)
    this.#open.add(author)
    if (author.open !== undefined) return author.open
    const { replica, saved } = author
    author.open = saved === undefined ? this.#library.create(replica) : this.#library.load(saved, replica)
    author.saved = undefined
    author.open.track(!this.#isLive)
    if (!this.#isLive && this.#open.size > this.#openMost) this.#close()
    return author.open
  }

  #close(): void {
    const [author] = this.#open
    if (author === undefined) return
    author.saved = author.open?.encode()
    this.#discard(author)
  }

  #discard(author: Author): void {
    author.open?.free?.()
    author.open = undefined
    this.#open.delete(author)
  }

  #hear(replica: Replica, index: number): void {
    const update = (this.#isLive ? this.#updates : this.#alone)[index]
    if (update !== undefined) replica.receive(update)
  }
}
