import {
  assert,
  split,
  type Codec,
  type Host,
  type Instant,
  type PeerId,
  type Protocol,
  type ProtocolDefinition,
  type Random,
  type Roles,
  type Ticket,
} from '../protocol/index.ts'
import { BulkWindows } from './bulk-windows.ts'
import { IndexSet } from './index-set.ts'
import type { RunningProtocol } from './running-protocol.ts'
import { SimulatedEnvironment, type Answer } from './simulated-environment.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { World } from './world.ts'

/**
 * The simulator's side of the kernel for one session of a peer, from its start to its crash or stop. It has the same
 * duties as the live host; time, wires and disk are the world's.
 */
export class SimulatedHost implements Host {
  readonly self: PeerId
  readonly peer: SimulatedPeer<unknown>
  /** The session's own chance: wires, disk and signatures draw from it, and each protocol has one of its own. */
  readonly random: Random
  readonly #world: World
  readonly #session: number
  readonly #protocols: RunningProtocol[] = []
  readonly #linked = new IndexSet()
  #roles: Partial<Roles> | undefined
  #bulk: BulkWindows | undefined
  #ticket = 0
  #lastFlush: Instant = 0
  #started = false

  constructor(world: World, peer: SimulatedPeer<unknown>, random: Random) {
    this.self = peer.id
    this.#world = world
    this.peer = peer
    this.#session = peer.session
    this.random = random
  }

  run<Message, Timer, Event, Core extends Protocol<Message, Timer, Entry>, Needs, Entry>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    listen?: (event: Event) => void,
  ): Core {
    const { name, plane } = definition
    assert(!this.speaks(name), `${name} already runs on ${this.self}`)
    const codec = definition.codec as Codec<unknown>
    const sort = { name, number: this.#world.protocol(name, codec), index: this.#protocols.length, plane, codec }
    const ear = listen as ((event: unknown) => void) | undefined
    const environment = new SimulatedEnvironment(this.#world, this, sort, split(this.random, name), ear)
    const core = definition.create(environment, needs)
    const running = { ...sort, core: core as unknown as Protocol<unknown, unknown, unknown> }
    this.#protocols.push(running)
    if (this.#started) this.#startProtocol(running)
    return core
  }

  offer<Name extends keyof Roles>(name: Name, role: Roles[Name]): void {
    this.#roles ??= {}
    this.#roles[name] ??= role
  }

  role<Name extends keyof Roles>(name: Name): Roles[Name] | undefined {
    return this.#roles?.[name]
  }

  /** Whether a session of the peer still is this one. */
  get isCurrent(): boolean {
    return this.peer.state === 'running' && this.peer.session === this.#session
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

  /** Who can be reached, by number. */
  get linked(): readonly number[] {
    return this.#linked.values()
  }

  /** The other can be reached from now on. */
  link(other: SimulatedPeer<unknown>): void {
    if (!this.#linked.add(other.index)) return
    for (const { core, name } of this.#protocols) if (other.host?.speaks(name) === true) core.connected?.(other.id)
  }

  unlink(other: SimulatedPeer<unknown>): void {
    if (!this.#linked.delete(other.index)) return
    for (const { core } of this.#protocols) core.disconnected?.(other.id)
  }

  /** A message from the wire. @param protocol its number @throws MalformedMessageError */
  receive(protocol: number, carried: unknown, from: PeerId): void {
    for (const { number, codec, core } of this.#protocols) {
      if (number !== protocol) continue
      const message = this.#world.open(codec, carried)
      this.#world.delivered(from, this.self, protocol, message)
      core.receive(message, from)
      return
    }
    this.#world.count('unknown-protocol')
  }

  /** As if the message had come over the wire, at once: for tests that speak in another peer's name. */
  deliver(protocol: string, message: unknown, from: PeerId): void {
    this.#protocols.find(({ name }) => name === protocol)?.core.receive(message, from)
  }

  expire(index: number, timer: unknown): void {
    this.#protocols[index]?.core.expire(timer)
  }

  answer(index: number, ticket: Ticket, answer: Answer): void {
    const core = this.#protocols[index]?.core
    if (answer === 'written') {
      this.peer.disk.flushOne()
      core?.written?.(ticket)
    } else if (typeof answer === 'boolean') core?.verified?.(ticket, answer)
    else core?.signed?.(ticket, answer)
  }

  nextTicket(): Ticket {
    return ++this.#ticket as Ticket
  }

  /** A flush ends at that time, or with the one before it if that is later. */
  flushEnd(end: Instant): Instant {
    this.#lastFlush = Math.max(this.#lastFlush, end)
    return this.#lastFlush
  }

  /** Bulk messages under way. */
  get bulk(): BulkWindows {
    return (this.#bulk ??= new BulkWindows())
  }

  /** A bulk message left the wire, arrived or lost. */
  credit(to: SimulatedPeer<unknown>): void {
    for (const index of this.bulk.arrived(to.index)) this.#protocols[index]?.core.writable?.(to.id)
  }

  #startProtocol({ core, name }: RunningProtocol): void {
    const entries = this.peer.disk.entries(name)
    if (entries.length > 0) core.restore?.(entries)
    core.start()
  }
}
