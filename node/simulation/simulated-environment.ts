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
import type { ProtocolSort } from './population.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { World } from './world.ts'

/** What a ticket is answered with: nothing (written), a part of what is on disk by then, a signature, or whether one is valid. */
export type Answer = 'written' | { readonly part: string } | Uint8Array | boolean

/**
 * What one protocol of one session sees of the world. A class and not an object of closures: a hundred thousand peers
 * have one for each of their protocols.
 */
export class SimulatedEnvironment implements HostEnvironment<unknown, unknown, unknown, unknown> {
  readonly self: PeerId
  readonly random: Random
  readonly #world: World
  readonly #host: SimulatedHost
  readonly #peer: number
  readonly #session: number
  readonly #protocol: ProtocolSort
  readonly #listen: ((event: unknown) => void) | undefined

  constructor(
    world: World,
    host: SimulatedHost,
    protocol: ProtocolSort,
    random: Random,
    listen: ((event: unknown) => void) | undefined,
  ) {
    this.self = host.self
    this.random = random
    this.#world = world
    this.#host = host
    this.#peer = host.peer.index
    this.#session = host.session
    this.#protocol = protocol
    this.#listen = listen
  }

  get author(): Uint8Array {
    return this.#host.peer.author
  }

  now(): Instant {
    return this.#world.now
  }

  send(to: PeerId, message: unknown): boolean {
    const world = this.#world
    if (!world.population.runs(this.#peer, this.#session)) return false
    const receiver = world.population.find(to)
    if (receiver < 0) {
      world.count('unknown-peer')
      return true
    }
    if (this.#protocol.plane === 'bulk' && receiver !== this.#peer) return this.#sendBulk(receiver, message)
    world.carry(this.#peer, receiver, this.#protocol, message)
    return true
  }

  schedule(timer: unknown, delay: Duration): void {
    assert(Number.isInteger(delay) && delay >= 0, 'a timer expires in a whole number of milliseconds')
    if (this.#world.population.runs(this.#peer, this.#session)) this.#later(delay, eventKind.expire, -1, timer)
  }

  emit(event: unknown): void {
    this.#listen?.(event)
    this.#world.emitted(this.self, this.#protocol, event)
  }

  write(entry: unknown): Ticket {
    this.#host.peer.disk.write(this.#protocol.name, entry)
    return this.#issue('written', this.#flushDelay())
  }

  load(part: string): Ticket {
    return this.#issue({ part }, this.#flushDelay())
  }

  sign(bytes: Uint8Array): Ticket {
    return this.#issue(this.#world.signatures.sign(this.author, bytes), this.#edgeDelay())
  }

  verify(claim: Signed): Ticket {
    return this.#issue(this.#world.signatures.verify(claim), this.#edgeDelay())
  }

  #sendBulk(receiver: number, message: unknown): boolean {
    const { bulk } = this.#host
    if (bulk.isFull(receiver)) {
      this.#world.count('queue-full')
      return false
    }
    const arrival = this.#world.carry(this.#peer, receiver, this.#protocol, message)
    this.#later(arrival, eventKind.credit, receiver, undefined)
    return bulk.sent(receiver, this.#protocol.number)
  }

  #issue(answer: Answer, delay: Duration): Ticket {
    const ticket = this.#host.nextTicket()
    this.#later(delay, eventKind.answer, ticket, answer)
    return ticket
  }

  /** Flushes end in the order in which they were asked for. */
  #flushDelay(): Duration {
    const { now } = this.#world
    return this.#host.flushEnd(now + this.#world.flushDelay(this.#peer)) - now
  }

  #edgeDelay(): Duration {
    return integer(this.#world.chance(this.#peer), 3)
  }

  #later(delay: Duration, kind: number, other: number, payload: unknown): void {
    this.#world.schedule(delay, kind, this.#peer, other, this.#session, this.#protocol.number, payload)
  }
}
