import type { Environment, PeerId } from '../../node/protocol/index.ts'
import type { SwimEvent } from './events.ts'
import type { Group } from './group.ts'
import type { LocalHealth } from './health.ts'
import { noUpdates, type MemberUpdate, type SwimMessage } from './messages.ts'
import type { SwimTimer } from './timers.ts'

/** Sends messages, each with this member's incarnation and with what news fits (SWIM §3.2). */
export class Messenger {
  readonly #environment: Environment<SwimMessage, SwimTimer, SwimEvent>
  readonly #group: Group
  readonly #health: LocalHealth

  constructor(environment: Environment<SwimMessage, SwimTimer, SwimEvent>, group: Group, health: LocalHealth) {
    this.#environment = environment
    this.#group = group
    this.#health = health
  }

  ping(to: PeerId, probe: number): void {
    const { incarnation } = this.#group.self
    this.#send(to, {
      type: 'ping',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#group.news.for(to),
    })
  }

  ack(to: PeerId, probe: number): void {
    const { incarnation } = this.#group.self
    this.#send(to, {
      type: 'ack',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#group.news.for(to),
    })
  }

  pingRequest(to: PeerId, probe: number, target: PeerId, nack: boolean): void {
    const { incarnation } = this.#group.self
    const updates = this.#group.news.for(to)
    this.#send(to, { type: 'ping-req', probe, target, nack, incarnation, updates })
  }

  nack(to: PeerId, probe: number): void {
    const { incarnation } = this.#group.self
    this.#send(to, {
      type: 'nack',
      probe,
      health: this.#health.multiplier,
      incarnation,
      updates: this.#group.news.for(to),
    })
  }

  /** Nothing is sent when there is no news. */
  gossip(to: PeerId): void {
    const updates = this.#group.news.for(to)
    if (updates.length === 0) return
    this.#send(to, { type: 'gossip', incarnation: this.#group.self.incarnation, updates })
  }

  digest(to: PeerId, digest: number): void {
    const { incarnation } = this.#group.self
    this.#send(to, { type: 'digest', digest, incarnation, updates: this.#group.news.for(to) })
  }

  push(to: PeerId, pull: boolean, updates: readonly MemberUpdate[]): void {
    this.#send(to, { type: 'push', pull, incarnation: this.#group.self.incarnation, updates })
  }

  /** This member leaves. */
  farewell(to: PeerId): void {
    const { incarnation } = this.#group.self
    this.#send(to, { type: 'gossip', incarnation, leaving: true, updates: this.#group.news.for(to) })
  }

  /** Of a member that has left: to a ping, so that the sender need not wait. */
  leftAck(to: PeerId, probe: number): void {
    const { incarnation } = this.#group.self
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
    const { incarnation } = this.#group.self
    this.#send(to, { type: 'gossip', incarnation, leaving: true, updates: noUpdates })
  }

  #send(to: PeerId, message: SwimMessage): void {
    this.#environment.send(to, this.#group.self.isUnfit ? { ...message, unfit: true } : message)
  }
}
