import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'
import type { PeerCursor } from '../../node/reconciliation/index.ts'

/** Peers with whom it is remembered how far they were compared. */
const cursorLimit = 1000

/** A cursor is written at most so often for each peer: what it saves is bytes, and an older one serves nearly as well. */
const writePause: Duration = 60_000

interface Kept {
  readonly cursor: PeerCursor
  written: Instant | undefined
}

/** How far this peer and others have told each other of their changes, so that a reconnect costs only what is new. */
export class Cursors {
  readonly #cursors = new Map<PeerId, Kept>()
  readonly #write: (peer: PeerId, cursor: PeerCursor | undefined) => void

  /** @param write makes it last; undefined: the peer is forgotten */
  constructor(write: (peer: PeerId, cursor: PeerCursor | undefined) => void) {
    this.#write = write
  }

  get(peer: PeerId): PeerCursor | undefined {
    return this.#cursors.get(peer)?.cursor
  }

  restore(peer: PeerId, cursor: PeerCursor): void {
    this.#cursors.set(peer, { cursor, written: undefined })
  }

  put(peer: PeerId, cursor: PeerCursor, now: Instant): void {
    const known = this.#cursors.get(peer)
    const isNews = known === undefined || !isSame(known.cursor, cursor)
    const isDue = isNews && (known?.written === undefined || now - known.written >= writePause)
    // The order of the map is that of their use.
    this.#cursors.delete(peer)
    this.#cursors.set(peer, { cursor, written: isDue ? now : known?.written })
    if (isDue) this.#write(peer, cursor)
    const [oldest] = this.#cursors.keys()
    if (this.#cursors.size <= cursorLimit || oldest === undefined) return
    this.#cursors.delete(oldest)
    this.#write(oldest, undefined)
  }
}

function isSame(one: PeerCursor, other: PeerCursor): boolean {
  return isSameMark(one.ours, other.ours) && isSameMark(one.theirs, other.theirs)
}

function isSameMark(one: PeerCursor['ours'], other: PeerCursor['ours']): boolean {
  return one.epoch === other.epoch && one.counter === other.counter
}
