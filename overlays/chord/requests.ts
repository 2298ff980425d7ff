import type { Duration, Instant, PeerId } from '../../node/protocol/index.ts'

interface Numbered {
  readonly number: number
}

/** Without its number, which is given when it is asked. */
export type Unnumbered<Message> = Message extends Numbered ? Omit<Message, 'number'> : never

export interface RequestsPorts<Question> {
  now(): Instant
  send(to: PeerId, question: Question): void
  /** `expire(number)` is to be called after that time. */
  schedule(number: number, delay: Duration): void
  /** A peer has answered. @param roundTrip how long it took; undefined where the question was sent more than once */
  answered?(peer: PeerId, roundTrip: Duration | undefined): void
}

/** Peers that have said good-bye. Beyond, the oldest is asked again like any other. */
const departedLimit = 256

interface Waiting<Question, Reply> {
  readonly to: PeerId
  readonly question: Question
  readonly settle: (reply: Reply | undefined) => void
  readonly sentAt: Instant
  attemptsLeft: number
  isRepeated: boolean
}

/** Questions that wait for their answer, by number. */
export class Requests<Question extends Numbered, Reply extends Numbered> {
  readonly #ports: RequestsPorts<Question>
  readonly #timeout: Duration
  readonly #waiting = new Map<number, Waiting<Question, Reply>>()
  readonly #pauses = new Map<number, () => void>()
  readonly #departed = new Set<PeerId>()
  #number = 0

  constructor(ports: RequestsPorts<Question>, timeout: Duration) {
    this.#ports = ports
    this.#timeout = timeout
  }

  /**
   * @param attempts how often it is sent before no answer is the answer
   * @param settle called exactly once, later: with the reply, or with nothing if none came
   */
  ask(to: PeerId, question: Unnumbered<Question>, attempts: number, settle: (reply: Reply | undefined) => void): void {
    const number = ++this.#number
    const numbered = { ...question, number } as unknown as Question
    const sentAt = this.#ports.now()
    const isGone = this.#departed.has(to)
    const attemptsLeft = isGone ? 0 : attempts - 1
    this.#waiting.set(number, { to, question: numbered, settle, sentAt, attemptsLeft, isRepeated: false })
    // Answered by nobody, but not before this has returned.
    if (isGone) this.#ports.schedule(number, 1)
    else this.#send(number, to, numbered)
  }

  /** Acts after so long; the timer is one of those of the requests. */
  after(delay: Duration, act: () => void): void {
    const number = ++this.#number
    this.#pauses.set(number, act)
    this.#ports.schedule(number, delay)
  }

  /** @returns whether somebody had asked that peer */
  replied(reply: Reply, from: PeerId): boolean {
    const waiting = this.#waiting.get(reply.number)
    if (waiting === undefined || waiting.to !== from) return false
    this.#waiting.delete(reply.number)
    // Nobody can tell which of several sendings is answered (Karn's rule).
    this.#ports.answered?.(from, waiting.isRepeated ? undefined : this.#ports.now() - waiting.sentAt)
    waiting.settle(reply)
    return true
  }

  expire(number: number): void {
    const act = this.#pauses.get(number)
    if (this.#pauses.delete(number)) return act?.()
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    if (waiting.attemptsLeft-- > 0) {
      waiting.isRepeated = true
      return this.#send(number, waiting.to, waiting.question)
    }
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
    const asked = [...this.#waiting].filter(([, { to }]) => to === peer)
    for (const [number, { settle }] of asked) if (this.#waiting.delete(number)) settle(undefined)
  }

  /** The peer is here after all, or again. */
  heard(peer: PeerId): void {
    if (this.#departed.size > 0) this.#departed.delete(peer)
  }

  #send(number: number, to: PeerId, question: Question): void {
    this.#ports.send(to, question)
    this.#ports.schedule(number, this.#timeout)
  }
}
