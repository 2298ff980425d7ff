import type { PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { Question, Reply } from './messages.ts'
import type { RoundTrips } from './round-trips.ts'

/** Called exactly once: with the reply, or with nothing if none came. */
export type Settle = (reply: Reply | undefined) => void

type Unnumbered<Message> = Message extends { readonly number: number } ? Omit<Message, 'number'> : never

/** Peers that have said good-bye. Beyond, the oldest is asked again like any other. */
const departedLimit = 256

interface Waiting {
  readonly to: PeerId
  readonly question: Question
  readonly settle: Settle
  readonly sentAt: number
  attemptsLeft: number
}

/** Questions that wait for their answer, by number. */
export class Requests {
  readonly #environment: ChordEnvironment
  readonly #timeout: number
  readonly #roundTrips: RoundTrips
  readonly #waiting = new Map<number, Waiting>()
  readonly #departed = new Set<PeerId>()
  #number = 0

  constructor(environment: ChordEnvironment, timeout: number, roundTrips: RoundTrips) {
    this.#environment = environment
    this.#timeout = timeout
    this.#roundTrips = roundTrips
  }

  /** @param attempts how often it is sent before no answer is the answer */
  ask(to: PeerId, question: Unnumbered<Question>, attempts: number, settle: Settle): void {
    const number = ++this.#number
    const numbered = { ...question, number } as Question
    const sentAt = this.#environment.now()
    const isGone = this.#departed.has(to)
    this.#waiting.set(number, { to, question: numbered, settle, sentAt, attemptsLeft: isGone ? 0 : attempts - 1 })
    // Answered by nobody, but not before this has returned.
    if (isGone) this.#environment.schedule({ type: 'request', number }, 1)
    else this.#send(number, to, numbered)
  }

  /** @returns whether somebody had asked that peer */
  replied(reply: Reply, from: PeerId): boolean {
    const waiting = this.#waiting.get(reply.number)
    if (waiting === undefined || waiting.to !== from) return false
    this.#waiting.delete(reply.number)
    this.#roundTrips.measured(from, this.#environment.now() - waiting.sentAt)
    waiting.settle(reply)
    return true
  }

  expire(number: number): void {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    if (waiting.attemptsLeft-- > 0) return this.#send(number, waiting.to, waiting.question)
    this.#waiting.delete(number)
    waiting.settle(undefined)
  }

  /** The peer has said that it will not answer any more. */
  departed(peer: PeerId): void {
    this.#departed.add(peer)
    if (this.#departed.size > departedLimit) {
      const [oldest] = this.#departed
      if (oldest !== undefined) this.#departed.delete(oldest)
    }
    for (const [number, { to, settle }] of this.#waiting) {
      if (to === peer && this.#waiting.delete(number)) settle(undefined)
    }
  }

  /** The peer is here after all, or again. */
  heard(peer: PeerId): void {
    if (this.#departed.size > 0) this.#departed.delete(peer)
  }

  #send(number: number, to: PeerId, question: Question): void {
    this.#environment.send(to, question)
    this.#environment.schedule({ type: 'request', number }, this.#timeout)
  }
}
