import type { Duration, PeerId, Random } from '../../node/protocol/index.ts'
import {
  StoreReconciliation,
  type HeadIndex,
  type PeerCursor,
  type StoreMessage,
  type StoreOutcome,
  type StoreStep,
} from '../../node/reconciliation/index.ts'

/** How long a session waits for the other side. */
const patience: Duration = 10_000

/**
 * Of two peers that are connected both have heard of most changes since they were last compared, so that a sketch costs
 * less than naming more of them than this.
 */
const connectedFeedLimit = 16

/** What one side of a session says to the other. */
export interface SessionMessage {
  /** Whether the sender has begun the session. */
  readonly isOwn: boolean
  /** Given by whoever has begun it. */
  readonly session: number
  /** With the first message: digest of the sender's interests, so that it shows when the receiver has missed some. */
  readonly interests?: number
  readonly message: StoreMessage
}

export interface SessionsPorts {
  readonly random: Random
  send(peer: PeerId, message: SessionMessage): void
  /** Calls `expire(peer, isOwn, session)` after the delay. */
  later(peer: PeerId, isOwn: boolean, session: number, delay: Duration): void
  /** What is compared with the peer; undefined while it has not said what it wants. */
  shared(peer: PeerId): HeadIndex | undefined
  cursor(peer: PeerId): PeerCursor | undefined
  /** Whether the stores were compared since the peer connected. */
  isCompared(peer: PeerId): boolean
  /** Digest of this peer's interests. */
  interests(): number
  /** What a message has shown. @param isOwn whether the session was begun here */
  found(peer: PeerId, step: StoreStep, isOwn: boolean): void
  /** @param generation that of its beginning */
  ended(peer: PeerId, outcome: StoreOutcome, isOwn: boolean, generation: number): void
  /** Counts up whenever somebody asks how things stand now. */
  generation(): number
}

interface Session {
  readonly number: number
  readonly generation: number
  readonly reconciliation: StoreReconciliation
}

/** Sessions in which stores are compared: with each peer at most one that was begun here, and one that was begun there. */
export class Sessions {
  readonly #ports: SessionsPorts
  readonly #own = new Map<PeerId, Session>()
  readonly #theirs = new Map<PeerId, Session>()
  #last = 0

  constructor(ports: SessionsPorts) {
    this.#ports = ports
  }

  /**
   * No effect while one that was begun here goes on.
   *
   * @param feeds whether both have likely changed since they were last compared: what has is told at once
   * @returns false where it is not known what to compare
   */
  begin(peer: PeerId, feeds: boolean): boolean {
    if (this.#own.has(peer)) return true
    const session = this.#open(peer, ++this.#last)
    if (session === undefined) return false
    this.#own.set(peer, session)
    this.#send(peer, true, session, session.reconciliation.begin({ feeds }))
    this.#ports.later(peer, true, session.number, patience)
    return true
  }

  receive(peer: PeerId, { isOwn: isTheirs, session: number, message }: SessionMessage): void {
    const sessions = isTheirs ? this.#theirs : this.#own
    if (isTheirs && message.kind === 'open') this.#answer(peer, number)
    const session = sessions.get(peer)
    if (session?.number !== number) return
    const { reply, ...step } = session.reconciliation.receive(message)
    const { outcome } = session.reconciliation
    if (outcome !== undefined) sessions.delete(peer)
    if (reply !== undefined) this.#send(peer, !isTheirs, session, reply)
    if (step.carried.length + step.lacked.length > 0) this.#ports.found(peer, step, !isTheirs)
    if (outcome !== undefined) this.#ports.ended(peer, outcome, !isTheirs, session.generation)
  }

  expire(peer: PeerId, isOwn: boolean, number: number): void {
    const sessions = isOwn ? this.#own : this.#theirs
    if (sessions.get(peer)?.number === number) this.#close(peer, sessions, isOwn)
  }

  /** Ends the session that was begun here, without a word. */
  giveUp(peer: PeerId): void {
    this.#own.get(peer)?.reconciliation.close()
    this.#own.delete(peer)
  }

  disconnected(peer: PeerId): void {
    for (const sessions of [this.#own, this.#theirs]) {
      sessions.get(peer)?.reconciliation.close()
      sessions.delete(peer)
    }
  }

  #answer(peer: PeerId, number: number): void {
    const present = this.#theirs.get(peer)
    // The first message once more.
    if (present?.number === number) return
    present?.reconciliation.close()
    this.#theirs.delete(peer)
    const session = this.#open(peer, number)
    if (session === undefined) return
    this.#theirs.set(peer, session)
    this.#ports.later(peer, false, number, patience)
  }

  #open(peer: PeerId, number: number): Session | undefined {
    const index = this.#ports.shared(peer)
    if (index === undefined) return undefined
    const { random } = this.#ports
    const generation = this.#ports.generation()
    const cursor = this.#ports.cursor(peer)
    const limits = this.#ports.isCompared(peer) ? { feedLimit: connectedFeedLimit } : {}
    return { number, generation, reconciliation: new StoreReconciliation(index, random, { cursor, ...limits }) }
  }

  #close(peer: PeerId, sessions: Map<PeerId, Session>, isOwn: boolean): void {
    const session = sessions.get(peer)
    if (session === undefined) return
    sessions.delete(peer)
    session.reconciliation.close()
    const { outcome } = session.reconciliation
    if (outcome !== undefined) this.#ports.ended(peer, outcome, isOwn, session.generation)
  }

  #send(peer: PeerId, isOwn: boolean, { number }: Session, message: StoreMessage): void {
    const interests = message.kind === 'open' ? { interests: this.#ports.interests() } : {}
    this.#ports.send(peer, { isOwn, session: number, ...interests, message })
  }
}
