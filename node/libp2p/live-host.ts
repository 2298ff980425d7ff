import type { Connection, Libp2pEvents } from '@libp2p/interface'
import {
  assert,
  createRandom,
  Listeners,
  type PeerId,
  type Plane,
  planes,
  type Protocol,
  type ProtocolDefinition,
  type ProtocolName,
  type Random,
  type Roles,
  split,
  type SubscribeOptions,
} from '../protocol/index.ts'
import { PeerStoreAddresses } from './address-book.ts'
import type { AuthorKey } from './author-key.ts'
import { createCounters, type HostCounters, type HostEvent, type MutableCounters } from './events.ts'
import type { EntryStorage, HostOptions, Libp2pHost } from './host.ts'
import { resolveHostLimits, type HostLimits } from './limits.ts'
import { MountedService, type ServiceDefinition } from './mounted-service.ts'
import type { NetworkSecret } from './network.ts'
import { streamProtocol } from './peers.ts'
import { RunningProtocol, type RunnerHost } from './running-protocol.ts'
import { SignatureChecks } from './signatures.ts'
import type { Substrate } from './substrate.ts'
import { Switchboard } from './switchboard.ts'
import { Timers } from './timers.ts'

/** Streams of one plane that one connection may have open. An honest peer has one, and for a moment two. */
const streamLimit = 4
/** How long services may take to stop, and then what was said last to be read by the others. */
const farewell = 1_000

export class LiveHost implements Libp2pHost, RunnerHost {
  readonly self: PeerId
  readonly addresses: PeerStoreAddresses
  readonly timers: Timers = new Timers()
  readonly checks: SignatureChecks
  readonly author: AuthorKey | undefined
  readonly tally: MutableCounters = createCounters()
  readonly #substrate: Substrate
  readonly #switchboard: Switchboard
  readonly #limits: HostLimits
  readonly #random: Random
  readonly #running: RunningProtocol[] = []
  readonly #mounted: MountedService<object>[] = []
  readonly #storages = new Map<ProtocolName, EntryStorage<unknown>>()
  readonly #roles: Partial<Roles> = {}
  readonly #listeners = new Listeners<HostEvent>()
  readonly #onFatal: ((error: Error) => void) | undefined
  #network: NetworkSecret
  #deferred: (() => void)[] = []
  #toSelf = 0
  #state: 'created' | 'started' | 'stopped' = 'created'
  #stopping: Promise<void> | undefined
  #handling: Promise<void> | undefined
  /** Planes whose streams libp2p hands to this host. */
  readonly #handled: Plane[] = []

  constructor(substrate: Substrate, options: Omit<HostOptions, 'node'>) {
    this.#substrate = substrate
    this.self = substrate.peerId.toString() as PeerId
    this.author = options.author
    this.addresses = new PeerStoreAddresses(substrate)
    this.#network = options.network
    this.#onFatal = options.onFatal
    this.#limits = resolveHostLimits(options.limits)
    this.#random = options.random ?? createRandom(globalThis.crypto.getRandomValues(new Uint32Array(4)).join('/'))
    this.checks = new SignatureChecks(this.#limits.signatures)
    this.#switchboard = new Switchboard(
      {
        self: this.self,
        limits: this.#limits,
        timers: this.timers,
        counters: this.tally,
        random: split(this.#random, 'host'),
        network: () => this.#network,
        report: (event) => this.report(event),
      },
      substrate,
    )
  }

  get network(): NetworkSecret {
    return this.#network
  }

  get counters(): HostCounters {
    return structuredClone(this.tally)
  }

  /** Only before the start, when nothing was proved to anybody yet. */
  join(network: NetworkSecret): void {
    assert(this.#state === 'created', 'a host that has started stays on its network')
    this.#network = network
  }

  run<Message, Timer, Event, Core extends Protocol<Message, Timer, Entry>, Needs, Entry>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    listen?: (event: Event) => void,
  ): Core {
    const { name, plane } = definition
    assert(this.#state !== 'stopped', 'a stopped host runs nothing any more')
    assert(this.#running.length < this.#limits.protocols, `a host runs at most ${this.#limits.protocols} protocols`)
    assert(!this.#running.some((other) => other.name === name), `${name} is run once a host`)
    const protocol = new RunningProtocol(
      this,
      definition,
      this.#switchboard.protocols(plane).length + 1,
      split(this.#random, name),
      listen as ((event: unknown) => void) | undefined,
      this.#storages.get(name),
    )
    const core = definition.create(protocol.environment, needs)
    protocol.adopt(core)
    this.#running.push(protocol)
    this.#switchboard.add(protocol)
    if (this.#state === 'started') this.#begin(protocol)
    return core
  }

  offer<Name extends keyof Roles>(name: Name, role: Roles[Name]): void {
    this.#roles[name] ??= role
  }

  role<Name extends keyof Roles>(name: Name): Roles[Name] | undefined {
    return this.#roles[name]
  }

  keep<Entry>(protocol: ProtocolName, storage: EntryStorage<Entry>): void {
    assert(!this.#running.some(({ name }) => name === protocol), `${protocol} runs: its storage comes before it`)
    this.#storages.set(protocol, storage)
  }

  mount<Service extends object>(definition: ServiceDefinition<Service>): Service {
    const { name: protocol } = definition
    assert(this.#state === 'created', `${protocol} is mounted before its host starts`)
    const mounted = new MountedService(
      definition,
      {
        run: (definition, needs, listen) => this.run(definition, needs, listen),
        refused: (peer) => this.#switchboard.refusedService(peer, protocol),
        failed: (cause) => {
          const error = cause instanceof Error ? cause : new Error(`${protocol} failed`, { cause })
          this.report({ type: 'failed', protocol, error, stopped: false })
        },
      },
      this.#substrate,
    )
    this.#mounted.push(mounted)
    return mounted.service
  }

  /** What the mounted services need of libp2p besides. */
  get requires(): string[] {
    return this.#mounted.flatMap((mounted) => mounted.requires)
  }

  connections(protocol: ProtocolName): readonly PeerId[] {
    const found = this.#running.find(({ name }) => name === protocol)
    if (found === undefined) return []
    return [...this.#switchboard.peers.channels(found.plane)]
      .filter(({ wire }) => (wire[found.index] ?? 0) > 0)
      .map(({ peer }) => peer)
  }

  subscribe(listener: (event: HostEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  async start(): Promise<void> {
    if (this.#state !== 'created') return
    this.#state = 'started'
    this.#handling = this.#handle()
    await this.#handling
    if (this.#stopping !== undefined) return
    this.#substrate.listen('connection:open', this.#met)
    this.#substrate.listen('peer:disconnect', this.#parted)
    this.#substrate.listen('peer:update', this.#updated)
    this.#substrate.listen('transport:listening', this.#moved)
    this.#substrate.listen('transport:close', this.#moved)
    this.#substrate.listen('self:peer:update', this.#moved)
    for (const protocol of this.#running) this.#begin(protocol)
    for (const { remotePeer } of this.#substrate.connections()) this.#switchboard.peers.meet(remotePeer)
    await Promise.all(this.#mounted.map((mounted) => mounted.start()))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  send(protocol: RunningProtocol, to: PeerId, message: unknown): boolean {
    if (to !== this.self) return this.#switchboard.send(protocol, to, message)
    if (this.#toSelf >= this.#limits.selfQueue) {
      this.#switchboard.dropped(to, protocol, 'queue-full')
      return true
    }
    this.#toSelf++
    this.defer(() => {
      this.#toSelf--
      protocol.receive(message, to)
    })
    return true
  }

  defer(action: () => void): void {
    if (this.#deferred.push(action) === 1) queueMicrotask(this.#runDeferred)
  }

  settled(): void {
    this.#switchboard.settled()
  }

  /** Told later, so that a listener may call whatever it likes. */
  report(event: HostEvent): void {
    const fatal = event.type === 'failed'
    if (this.#listeners.size === 0 && !fatal) return
    this.defer(() => {
      if (fatal) this.#onFatal?.(event.error)
      if (fatal && this.#onFatal === undefined && this.#listeners.size === 0) throwUncaught(event.error)
      this.#listeners.tell(event)
    })
  }

  /** @throws Error (libp2p's) when another host has the streams of this node */
  async #handle(): Promise<void> {
    const options = { maxInboundStreams: streamLimit, maxOutboundStreams: streamLimit }
    for (const plane of planes) {
      await this.#substrate.handle(
        streamProtocol(plane),
        (stream, connection) => this.#switchboard.peers.accept(plane, stream, connection),
        options,
      )
      this.#handled.push(plane)
    }
  }

  #begin(protocol: RunningProtocol): void {
    protocol.start()
    this.#switchboard.introduce(protocol)
  }

  async #stop(): Promise<void> {
    const started = this.#state === 'started'
    for (const protocol of this.#running.toReversed()) protocol.stop()
    this.#state = 'stopped'
    const channels = this.#switchboard.peers.stop()
    this.timers.stop()
    this.checks.stop()
    if (!started) return
    this.#substrate.unlisten('connection:open', this.#met)
    this.#substrate.unlisten('peer:disconnect', this.#parted)
    this.#substrate.unlisten('peer:update', this.#updated)
    this.#substrate.unlisten('transport:listening', this.#moved)
    this.#substrate.unlisten('transport:close', this.#moved)
    this.#substrate.unlisten('self:peer:update', this.#moved)
    // Before the channels: with its proof a peer loses its place, and what it said last.
    await inTime((signal) => Promise.all(this.#mounted.map((mounted) => mounted.stop(signal))))
    await inTime((signal) => {
      const finished = channels.map((channel) => channel.finish(signal))
      return Promise.all([...finished, ...this.#running.map((protocol) => protocol.flushed())])
    })
    await Promise.allSettled([this.#handling])
    await Promise.all(this.#handled.map((plane) => this.#substrate.unhandle(streamProtocol(plane))))
    this.#switchboard.peers.forgetAll()
  }

  readonly #runDeferred = (): void => {
    const actions = this.#deferred
    this.#deferred = []
    for (const action of actions) {
      try {
        action()
      } catch (error) {
        // A listener of the host's events, or onFatal itself: the others must still hear theirs.
        throwUncaught(error)
      }
    }
  }

  readonly #met = ({ detail }: CustomEvent<Connection>): void => this.#switchboard.peers.meet(detail.remotePeer)

  readonly #parted = ({ detail }: Libp2pEvents['peer:disconnect']): void => this.#switchboard.peers.part(detail)

  readonly #updated = ({ detail: { peer, previous } }: Libp2pEvents['peer:update']): void => {
    for (const plane of planes) {
      const protocol = streamProtocol(plane)
      if (!peer.protocols.includes(protocol) || previous?.protocols.includes(protocol) === true) continue
      this.#switchboard.peers.enlighten(peer.id, plane)
    }
  }

  readonly #moved = (): void => this.addresses.refresh()
}

/** What does not end by itself is told to. */
async function inTime(act: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const ending = new AbortController()
  const late = (): void => ending.abort(new Error('The other side does not take what is left'))
  const timeout = setTimeout(late, farewell)
  try {
    await act(ending.signal)
  } finally {
    clearTimeout(timeout)
  }
}

/** Nobody listens: the process itself must see it. */
function throwUncaught(error: unknown): void {
  setTimeout(() => {
    throw error
  })
}
