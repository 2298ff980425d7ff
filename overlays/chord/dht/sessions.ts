import type { Instant, PeerId } from '../../../node/protocol/index.ts'
import { Reconciliation, type Arc, type Item, type ReconciliationMessage } from '../../../node/reconciliation/index.ts'
import type { DhtRequests } from './coordinator.ts'
import type { DhtEnvironment } from './events.ts'
import type { RecordTable } from './record-table.ts'

/** What two peers do not share of an arc. */
export interface Unshared {
  readonly have: readonly Item[]
  readonly need: readonly Item[]
  /** False when the session broke off: there may be more. */
  readonly isWhole: boolean
}

interface Answering {
  readonly session: Reconciliation
  until: Instant
}

/** Sessions of others that this peer answers at a time. */
const answeringLimit = 256
/** Of one peer: its oldest gives way, so that nobody takes the room of others. */
const answeringEach = 4
/** How long the next message of a session is waited for. */
const patience = 10_000

/** Reconciliations of this peer with others, as the one that asks and as the one that answers. */
export class Sessions {
  readonly #environment: DhtEnvironment
  readonly #requests: DhtRequests
  readonly #table: RecordTable
  /** By their own numbers, the oldest first. */
  readonly #answering = new Map<PeerId, Map<number, Answering>>()
  #count = 0
  #number = 0

  constructor(environment: DhtEnvironment, requests: DhtRequests, table: RecordTable) {
    this.#environment = environment
    this.#requests = requests
    this.#table = table
  }

  /** @param settle called exactly once */
  begin(peer: PeerId, arc: Arc, settle: (unshared: Unshared) => void): void {
    const session = new Reconciliation(this.#table.items, arc)
    const number = ++this.#number
    const have: Item[] = []
    const need: Item[] = []
    const send = (message: ReconciliationMessage): void =>
      this.#requests.ask(peer, { type: 'reconcile', session: number, ...arc, message }, 1, (reply) => {
        if (reply?.type !== 'reconciled' || reply.message === undefined) {
          return settle({ have, need, isWhole: reply?.type === 'reconciled' })
        }
        const step = session.receive(reply.message)
        have.push(...step.have)
        need.push(...step.need)
        if (step.reply === undefined) settle({ have, need, isWhole: session.outcome?.kind === 'complete' })
        else send(step.reply)
      })
    send(session.begin(this.#environment.random))
  }

  /** @returns undefined when there is no such session, or no room for it */
  answer(
    peer: PeerId,
    number: number,
    arc: Arc,
    message: ReconciliationMessage,
  ): { readonly message: ReconciliationMessage | undefined } | undefined {
    const known = message.round === 0 ? this.#open(peer, number, arc) : this.#answering.get(peer)?.get(number)
    if (known === undefined) return undefined
    known.until = this.#environment.now() + patience
    const { reply } = known.session.receive(message)
    if (known.session.outcome !== undefined) this.#close(peer, number)
    return { message: reply }
  }

  tidy(): void {
    const now = this.#environment.now()
    for (const [peer, sessions] of this.#answering) {
      for (const [number, { until }] of sessions) if (until <= now) this.#close(peer, number)
    }
  }

  #open(peer: PeerId, number: number, { from, to }: Arc): Answering | undefined {
    const [oldest] = this.#answering.get(peer)?.keys() ?? []
    this.#close(peer, number)
    if (oldest !== undefined && this.#answering.get(peer)?.size === answeringEach) this.#close(peer, oldest)
    if (this.#count >= answeringLimit) this.tidy()
    if (this.#count >= answeringLimit) return undefined
    const opened = { session: new Reconciliation(this.#table.items, { from, to }), until: 0 }
    const sessions = this.#answering.get(peer) ?? new Map<number, Answering>()
    this.#answering.set(peer, sessions.set(number, opened))
    this.#count++
    return opened
  }

  #close(peer: PeerId, number: number): void {
    const sessions = this.#answering.get(peer)
    if (sessions?.delete(number) !== true) return
    this.#count--
    if (sessions.size === 0) this.#answering.delete(peer)
  }
}
