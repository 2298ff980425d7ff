import {
  assert,
  createRandom,
  type EntryParts,
  type Host,
  type Instant,
  type PeerId,
  type Protocol,
  type ProtocolDefinition,
  type Roles,
  type Ticket,
} from '../protocol/index.ts'
import { BulkWindows } from './bulk-windows.ts'
import type { ProtocolSort } from './population.ts'
import { SimulatedEnvironment, type Answer } from './simulated-environment.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { World } from './world.ts'

interface RunningProtocol {
  readonly sort: ProtocolSort
  readonly core: Protocol<unknown, unknown, unknown>
  readonly parts: EntryParts<unknown> | undefined
}

/**
 * The simulator's side of the kernel for one session of a peer, from its start to its crash or stop. It has the same
 * duties as the live host; time, wires and disk are the world's.
 */
export class SimulatedHost implements Host {
  readonly self: PeerId
  readonly peer: SimulatedPeer<unknown>
  readonly session: number
  readonly #world: World
  readonly #protocols: RunningProtocol[] = []
  #roles: Partial<Roles> | undefined
  #bulk: BulkWindows | undefined
  #ticket = 0
  #lastFlush: Instant = 0
  #started = false

  constructor(world: World, peer: SimulatedPeer<unknown>) {
    this.self = peer.id
    this.peer = peer
    this.session = peer.session
    this.#world = world
  }

  run<Message, Timer, Event, Core extends Protocol<Message, Timer, Entry>, Needs, Entry>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    listen?: (event: Event) => void,
  ): Core {
    const { name, plane, codec } = definition
    assert(!this.speaks(name), `${name} already runs on ${this.self}`)
    const sort = this.#world.protocol(name, plane, codec)
    // By name and session, so that one protocol that draws more leaves the chance of the others as it was.
    const random = createRandom(`${this.#world.seed}/${this.self}/${this.session}/${name}`)
    const ear = listen as ((event: unknown) => void) | undefined
    const core = definition.create(new SimulatedEnvironment(this.#world, this, sort, random, ear), needs)
    const parts = definition.parts as EntryParts<unknown> | undefined
    const running = { sort, core: core as unknown as RunningProtocol['core'], parts }
    this.#protocols.push(running)
    this.#world.population.attach(this.peer.index, sort.number, running.core)
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

  start(): void {
    this.#started = true
    for (const running of this.#protocols) this.#startProtocol(running)
  }

  stop(): void {
    for (const { core } of this.#protocols) core.stop?.()
  }

  speaks(name: string): boolean {
    return this.#protocols.some(({ sort }) => sort.name === name)
  }

  /** How this host runs the protocol of that number. */
  sort(number: number): ProtocolSort | undefined {
    return this.#protocols.find(({ sort }) => sort.number === number)?.sort
  }

  answer(protocol: number, ticket: Ticket, answer: Answer): void {
    const core = this.#world.population.core(this.peer.index, protocol)
    if (answer === 'written') {
      this.peer.disk.flushOne()
      core?.written?.(ticket)
    } else if (typeof answer === 'boolean') core?.verified?.(ticket, answer)
    else if (answer instanceof Uint8Array) core?.signed?.(ticket, answer)
    else core?.loaded?.(ticket, this.#partOf(protocol, answer.part))
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
    for (const protocol of this.bulk.arrived(to.index)) {
      this.#world.population.core(this.peer.index, protocol)?.writable?.(to.id)
    }
  }

  // For tests that speak in the other peer's name; no time passes.

  link(other: SimulatedPeer<unknown>): void {
    this.#world.link(this.peer.index, other.index)
  }

  unlink(other: SimulatedPeer<unknown>): void {
    this.#world.unlink(this.peer.index, other.index)
  }

  deliver(protocol: string, message: unknown, from: PeerId): void {
    this.#protocols.find(({ sort }) => sort.name === protocol)?.core.receive(message, from)
  }

  #partOf(protocol: number, part: string): readonly unknown[] {
    const running = this.#protocols.find(({ sort }) => sort.number === protocol)
    if (running?.parts === undefined) return []
    return running.parts.of(part, this.peer.disk.entries(running.sort.name))
  }

  #startProtocol({ core, sort, parts }: RunningProtocol): void {
    const kept = this.peer.disk.entries(sort.name)
    const entries = parts?.first(kept) ?? kept
    if (entries.length > 0) core.restore?.(entries)
    core.start()
  }
}
