import {
  assert,
  integer,
  split,
  type Codec,
  type Duration,
  type Host,
  type HostEnvironment,
  type PeerId,
  type Plane,
  type Protocol,
  type ProtocolDefinition,
  type Random,
  type Roles,
  type Ticket,
} from '../protocol/index.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { Outgoing, World } from './world.ts'

type AnyCore = Protocol<unknown, unknown, unknown>

interface ProtocolSort {
  readonly name: string
  /** The same on every host of the simulation. */
  readonly number: number
  readonly plane: Plane
  readonly codec: Codec<unknown>
}

/** A protocol as one session of a peer runs it. */
interface RunningProtocol extends ProtocolSort {
  readonly core: AnyCore
}

/** What a ticket is answered with: nothing (written), a signature, or whether one is valid. */
export type Answer = 'written' | Uint8Array | boolean

/** Bulk messages under way to one peer before `send` answers false, and before they are dropped. */
const bulkWindow = 64
const bulkQueueLimit = 4 * bulkWindow

/**
 * The simulator's side of the kernel for one session of a peer, from its start to its crash or stop. It has the same
 * duties as the live host; time, wires and disk are the world's.
 */
export class SimulatedHost implements Host {
  readonly self: PeerId
  readonly #peer: SimulatedPeer<unknown>
  readonly #world: World
  readonly #session: number
  readonly #random: Random
  readonly #protocols: RunningProtocol[] = []
  readonly #roles: Partial<Roles> = {}
  readonly #linked = new Set<number>()
  /** Bulk messages under way, by receiver. */
  readonly #underWay = new Map<number, number>()
  readonly #starved = new Set<string>()
  #ticket = 0
  #started = false
  #lastFlush = 0

  constructor(world: World, peer: SimulatedPeer<unknown>, random: Random) {
    this.self = peer.id
    this.#world = world
    this.#peer = peer
    this.#session = peer.session
    this.#random = random
  }

  run<Message, Timer, Event, Core extends Protocol<Message, Timer, Entry>, Needs, Entry>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    listen?: (event: Event) => void,
  ): Core {
    const { name } = definition
    assert(!this.speaks(name), `${name} already runs on ${this.self}`)
    const codec = definition.codec as Codec<unknown>
    const sort = { name, number: this.#world.protocol(name, codec), plane: definition.plane, codec }
    const environment = this.#environment<Message, Timer, Event, Entry>(this.#protocols.length, sort, listen)
    const core = definition.create(environment, needs)
    const running = { ...sort, core: core as unknown as AnyCore }
    this.#protocols.push(running)
    if (this.#started) this.#startProtocol(running)
    return core
  }

  offer<Name extends keyof Roles>(name: Name, role: Roles[Name]): void {
    this.#roles[name] ??= role
  }

  role<Name extends keyof Roles>(name: Name): Roles[Name] | undefined {
    return this.#roles[name]
  }

  /** Whether a session of the peer still is this one. */
  get isCurrent(): boolean {
    return this.#peer.state === 'running' && this.#peer.session === this.#session
  }

  start(): void {
    this.#started = true
    for (const running of this.#protocols) this.#startProtocol(running)
  }

  stop(): void {
    for (const { core } of this.#protocols) core.stop?.()
  }

  speaks(name: string): boolean {
    return this.#protocols.some((running) => running.name === name)
  }

  isLinked(other: number): boolean {
    return this.#linked.has(other)
  }

  get linked(): Iterable<number> {
    return this.#linked
  }

  /** The other can be reached from now on. */
  link(other: SimulatedPeer<unknown>): void {
    if (this.#linked.has(other.index)) return
    this.#linked.add(other.index)
    for (const { core, name } of this.#protocols) if (other.host?.speaks(name) === true) core.connected?.(other.id)
  }

  unlink(other: SimulatedPeer<unknown>): void {
    if (!this.#linked.delete(other.index)) return
    for (const { core } of this.#protocols) core.disconnected?.(other.id)
  }

  /** @throws MalformedMessageError */
  deliver(protocol: number, carried: unknown, from: PeerId): void {
    for (const { number, codec, core } of this.#protocols) {
      if (number !== protocol) continue
      const message = this.#world.open(codec, carried)
      this.#world.delivered(from, this.self, protocol, message)
      core.receive(message, from)
      return
    }
    this.#world.count('unknown-protocol')
  }

  expire(protocol: number, timer: unknown): void {
    this.#protocols[protocol]?.core.expire(timer)
  }

  answer(protocol: number, ticket: Ticket, answer: Answer): void {
    const core = this.#protocols[protocol]?.core
    if (answer === 'written') {
      this.#peer.disk.flushOne()
      core?.written?.(ticket)
    } else if (typeof answer === 'boolean') core?.verified?.(ticket, answer)
    else core?.signed?.(ticket, answer)
  }

  /** A bulk message left the wire, arrived or lost. */
  credit(to: SimulatedPeer<unknown>): void {
    const underWay = (this.#underWay.get(to.index) ?? 1) - 1
    this.#underWay.set(to.index, underWay)
    if (underWay > bulkWindow / 2) return
    for (const [index, { core }] of this.#protocols.entries()) {
      if (this.#starved.delete(`${index}/${to.index}`)) core.writable?.(to.id)
    }
  }

  #startProtocol({ core, name }: RunningProtocol): void {
    const entries = this.#peer.disk.entries(name)
    if (entries.length > 0) core.restore?.(entries)
    core.start()
  }

  #environment<Message, Timer, Event, Entry>(
    index: number,
    sort: ProtocolSort,
    listen: ((event: Event) => void) | undefined,
  ): HostEnvironment<Message, Timer, Event, Entry> {
    const world = this.#world
    return {
      self: this.self,
      random: split(this.#random, sort.name),
      author: this.#peer.author,
      now: () => world.now,
      send: (to, message) => this.#send(index, sort, to, message),
      schedule: (timer, delay) => {
        if (this.isCurrent) this.#later(delay, { kind: 'expire', protocol: index, timer })
      },
      emit: (event) => {
        listen?.(event)
        world.emitted(this.self, sort.number, event)
      },
      write: (entry) => {
        this.#peer.disk.write(sort.name, entry)
        return this.#issue(index, 'written', this.#flushDelay())
      },
      sign: (bytes) => this.#issue(index, world.signatures.sign(this.#peer.author, bytes), this.#edgeDelay()),
      verify: (claim) => this.#issue(index, world.signatures.verify(claim), this.#edgeDelay()),
    }
  }

  #send(index: number, { number, plane, codec }: ProtocolSort, to: PeerId, message: unknown): boolean {
    if (!this.isCurrent) return false
    const receiver = this.#world.find(to)
    if (receiver === undefined) {
      this.#world.count('unknown-peer')
      return true
    }
    const outgoing = { from: this.#peer, protocol: number, codec, message, random: this.#random }
    if (plane === 'bulk' && receiver !== this.#peer) return this.#sendBulk(index, outgoing, receiver)
    this.#world.carry(outgoing, receiver)
    return true
  }

  #sendBulk(index: number, outgoing: Outgoing, receiver: SimulatedPeer<unknown>): boolean {
    const underWay = this.#underWay.get(receiver.index) ?? 0
    if (underWay >= bulkQueueLimit) {
      this.#world.count('queue-full')
      return false
    }
    this.#underWay.set(receiver.index, underWay + 1)
    const arrival = this.#world.carry(outgoing, receiver)
    this.#later(arrival, { kind: 'credit', to: receiver.index })
    if (underWay + 1 < bulkWindow) return true
    this.#starved.add(`${index}/${receiver.index}`)
    return false
  }

  #issue(index: number, answer: Answer, delay: Duration): Ticket {
    const ticket = ++this.#ticket as Ticket
    this.#later(delay, { kind: 'answer', protocol: index, ticket, answer })
    return ticket
  }

  /** Flushes end in the order in which they were asked for. */
  #flushDelay(): Duration {
    const end = Math.max(this.#lastFlush, this.#world.now + this.#world.flushDelay(this.#random))
    this.#lastFlush = end
    return end - this.#world.now
  }

  #edgeDelay(): Duration {
    return integer(this.#random, 3)
  }

  #later(delay: Duration, event: SessionEvent): void {
    this.#world.schedule(delay, { ...event, peer: this.#peer.index, session: this.#session })
  }
}

type SessionEvent =
  | { readonly kind: 'expire'; readonly protocol: number; readonly timer: unknown }
  | { readonly kind: 'answer'; readonly protocol: number; readonly ticket: Ticket; readonly answer: Answer }
  | { readonly kind: 'credit'; readonly to: number }

/** What is due in one session of a peer; void when the session has ended by then. */
export type PeerEvent = SessionEvent & { readonly peer: number; readonly session: number }
