import {
  assert,
  integer,
  type Duration,
  type HostEnvironment,
  type Instant,
  type PeerId,
  type Random,
  type Signed,
  type Ticket,
} from '../protocol/index.ts'
import { eventKind } from './events.ts'
import type { RunningProtocol } from './running-protocol.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { World } from './world.ts'

/** What a ticket is answered with: nothing (written), a signature, or whether one is valid. */
export type Answer = 'written' | Uint8Array | boolean

/**
 * What one protocol of one session sees of the world. A class and not an object of closures: a hundred thousand peers
 * have one for each of their protocols.
 */
export class SimulatedEnvironment implements HostEnvironment<unknown, unknown, unknown, unknown> {
  readonly self: PeerId
  readonly random: Random
  readonly #world: World
  readonly #host: SimulatedHost
  readonly #peer: SimulatedPeer<unknown>
  readonly #protocol: Omit<RunningProtocol, 'core'>
  readonly #listen: ((event: unknown) => void) | undefined

  constructor(
    world: World,
    host: SimulatedHost,
    protocol: Omit<RunningProtocol, 'core'>,
    random: Random,
    listen: ((event: unknown) => void) | undefined,
  ) {
    this.self = host.self
    this.random = random
    this.#world = world
    this.#host = host
    this.#peer = host.peer
    this.#protocol = protocol
    this.#listen = listen
  }

  get author(): Uint8Array {
    return this.#peer.author
  }

  now(): Instant {
    return this.#world.now
  }

  send(to: PeerId, message: unknown): boolean {
    const host = this.#host
    if (!host.isCurrent) return false
    const receiver = this.#world.find(to)
    if (receiver === undefined) {
      this.#world.count('unknown-peer')
      return true
    }
    if (this.#protocol.plane === 'bulk' && receiver !== this.#peer) return this.#sendBulk(receiver, message)
    this.#world.carry(this.#peer, receiver, this.#protocol, message, host.random)
    return true
  }

  schedule(timer: unknown, delay: Duration): void {
    if (this.#host.isCurrent) this.#later(delay, eventKind.expire, 0, timer)
  }

  emit(event: unknown): void {
    this.#listen?.(event)
    this.#world.emitted(this.self, this.#protocol.number, event)
  }

  write(entry: unknown): Ticket {
    this.#peer.disk.write(this.#protocol.name, entry)
    return this.#issue('written', this.#flushDelay())
  }

  sign(bytes: Uint8Array): Ticket {
    return this.#issue(this.#world.signatures.sign(this.author, bytes), this.#edgeDelay())
  }

  verify(claim: Signed): Ticket {
    return this.#issue(this.#world.signatures.verify(claim), this.#edgeDelay())
  }

  #sendBulk(receiver: SimulatedPeer<unknown>, message: unknown): boolean {
    const { bulk, random } = this.#host
    if (bulk.isFull(receiver.index)) {
      this.#world.count('queue-full')
      return false
    }
    const arrival = this.#world.carry(this.#peer, receiver, this.#protocol, message, random)
    this.#later(arrival, eventKind.credit, receiver.index, undefined)
    return bulk.sent(receiver.index, this.#protocol.index)
  }

  #issue(answer: Answer, delay: Duration): Ticket {
    const ticket = this.#host.nextTicket()
    this.#later(delay, eventKind.answer, ticket, answer)
    return ticket
  }

  /** Flushes end in the order in which they were asked for. */
  #flushDelay(): Duration {
    const { now } = this.#world
    return this.#host.flushEnd(now + this.#world.flushDelay(this.#host.random)) - now
  }

  #edgeDelay(): Duration {
    return integer(this.#host.random, 3)
  }

  #later(delay: Duration, kind: number, other: number, payload: unknown): void {
    assert(Number.isInteger(delay) && delay >= 0, `a delay is a whole number of milliseconds, not ${delay}`)
    this.#world.schedule(delay, kind, this.#peer, other, this.#protocol.index, payload)
  }
}
