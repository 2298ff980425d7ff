import type { Environment, PeerId } from '../../node/protocol/index.ts'
import type { SwimEvent } from './events.ts'
import type { LocalHealth } from './health.ts'
import type { MemberRecord } from './members.ts'
import { noUpdates, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { News } from './news.ts'
import type { Self } from './self.ts'
import type { SwimTimer } from './timers.ts'

/** Sends messages, each with this member's incarnation and with what news fits (SWIM §3.2). */
export class Messenger {
  readonly #environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly #self: Self
  readonly #news: News
  readonly #health: LocalHealth

  constructor(
    environment: Environment<SwimMessage, SwimTimer, SwimEvent>,
    { self, news }: { readonly self: Self; readonly news: News },
    health: LocalHealth,
  ) {
    this.#environment = environment
    this.#self = self
    this.#news = news
    this.#health = health
  }

  /** @param record of the receiver, if the sender has it at hand */
  ping(to: PeerId, probe: number, record?: MemberRecord): void {
    const { incarnation } = this.#self
    this.#send(to, {
      type: 'ping',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#news.for(to, record),
    })
  }

  ack(to: PeerId, probe: number): void {
    const { incarnation } = this.#self
    this.#send(to, {
      type: 'ack',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#news.for(to),
    })
  }

  pingRequest(to: PeerId, probe: number, target: PeerId, nack: boolean): void {
    const { incarnation } = this.#self
    const updates = this.#news.for(to)
    this.#send(to, { type: 'ping-req', probe, target, nack, incarnation, updates })
  }

  nack(to: PeerId, probe: number): void {
    const { incarnation } = this.#self
    this.#send(to, {
      type: 'nack',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#news.for(to),
    })
  }

  /** Nothing is sent when there is no news. @param record of the receiver, if the sender has it at hand */
  gossip(to: PeerId, record?: MemberRecord): void {
    const updates = this.#news.for(to, record)
    if (updates.length === 0) return
    this.#send(to, { type: 'gossip', incarnation: this.#self.incarnation, updates })
  }

  digest(to: PeerId, digest: number): void {
    const { incarnation } = this.#self
    this.#send(to, { type: 'digest', digest, incarnation, updates: this.#news.for(to) })
  }

  push(to: PeerId, pull: boolean, updates: readonly MemberUpdate[]): void {
    this.#send(to, { type: 'push', pull, incarnation: this.#self.incarnation, updates })
  }

  /** This member leaves. */
  farewell(to: PeerId): void {
    const { incarnation } = this.#self
    this.#send(to, { type: 'gossip', incarnation, leaving: true, updates: this.#news.for(to) })
  }

  /** Of a member that has left: to a ping, so that the sender need not wait. */
  leftAck(to: PeerId, probe: number): void {
    const { incarnation } = this.#self
    this.#send(to, {
      type: 'ack',
      probe,
      health: this.#health.multiplier,
      incarnation,
      leaving: true,
      updates: noUpdates,
    })
  }

  /** Of a member that has left: to anything else. */
  left(to: PeerId): void {
    const { incarnation } = this.#self
    this.#send(to, { type: 'gossip', incarnation, leaving: true, updates: noUpdates })
  }

  #send(to: PeerId, message: SwimMessage): void {
    this.#environment.send(to, this.#self.isUnfit ? { ...message, unfit: true } : message)
  }
}
