import type { Document, DocumentId, PeerDocuments, PeerId } from 'peerloom'
import type { Change } from 'peerloom/crdt'

const prefix = 'peerloom-notes/confirmed/'
const firstPause = 300
const nextPause = 1500

/**
 * How many operations written in this browser no peer is known to have. A peer that compares equal has everything; which
 * of a tab's own operations were in the last such comparison is kept, so that a reload while no peer is there forgets
 * nothing. Another tab's replica is counted as well, once its operations have come here.
 */
export class Confirmation {
  readonly #documents: PeerDocuments
  readonly #document: Document
  readonly #id: DocumentId
  readonly #changed: () => void
  readonly #end = new AbortController()
  #asked: ReadonlyMap<string, number> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(documents: PeerDocuments, document: Document, changed: () => void) {
    this.#documents = documents
    this.#document = document
    this.#id = documents.idOf(document)
    this.#changed = changed
    const { signal } = this.#end
    document.subscribe(
      (event) => {
        if (event.type === 'changed' && event.origin === 'local') this.#wrote(event.changes)
      },
      { signal },
    )
    documents.subscribe(
      (event) => {
        if (event.type === 'compared' && event.isAnswer) this.#compared(event.peer, event.differing)
        else if (event.type === 'saved') this.#askLater(firstPause)
      },
      { signal },
    )
    this.#tidy()
    this.#askLater(firstPause)
  }

  /** Operations that only this browser is known to have. */
  get unconfirmed(): number {
    let count = 0
    for (const [replica, confirmed] of this.#kept()) {
      count += Math.max(0, this.#document.version.get(replica) - confirmed)
    }
    return count
  }

  close(): void {
    this.#end.abort()
    clearTimeout(this.#timer)
  }

  #wrote([first]: readonly Change[]): void {
    const key = this.#key(this.#document.replica)
    if (first !== undefined && localStorage.getItem(key) === null) localStorage.setItem(key, String(first.sequence))
  }

  #compared(peer: PeerId, differing: readonly DocumentId[]): void {
    if (differing.includes(this.#id) || this.#asked === undefined) return
    // A peer that does not carry the note has nothing of it.
    if (this.#documents.isFollowedBy(peer, this.#id) !== true) return
    // Only what was there when the question was put: more may have been written before the answer came.
    for (const [replica, count] of this.#asked) {
      const key = this.#key(replica)
      if (count > Number(localStorage.getItem(key))) localStorage.setItem(key, String(count))
    }
    this.#asked = undefined
    this.#changed()
    this.#askLater(firstPause)
  }

  /** What sessions that have ended wrote, and a peer has, needs no remembering. */
  #tidy(): void {
    for (const [replica, confirmed] of this.#kept()) {
      if (this.#document.version.get(replica) === confirmed) localStorage.removeItem(this.#key(replica))
    }
  }

  #askLater(pause: number): void {
    if (this.#timer !== undefined || this.#end.signal.aborted || this.unconfirmed === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#ask()
    }, pause)
  }

  #ask(): void {
    if (this.unconfirmed === 0) return
    if (this.#documents.connections().length > 0 && this.#documents.pending(this.#document) === 0) {
      this.#asked = new Map(Array.from(this.#kept(), ([replica]) => [replica, this.#document.version.get(replica)]))
      this.#documents.synchronise()
    }
    this.#askLater(nextPause)
  }

  /** What was confirmed of each replica of this browser that has written here. */
  #kept(): ReadonlyMap<string, number> {
    const found = new Map<string, number>()
    const start = this.#key('')
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(start)) found.set(key.slice(start.length), Number(localStorage.getItem(key)))
    }
    return found
  }

  #key(replica: string): string {
    return `${prefix}${this.#id}/${replica}`
  }
}
