import {
  type ByteReader,
  type Codec,
  type HostEnvironment,
  type PeerId,
  type Plane,
  type Protocol,
  type ProtocolName,
  type Random,
  type Signed,
  type Ticket,
  assert,
} from '../protocol/index.ts'
import type { AuthorKey } from './author-key.ts'
import type { HostEvent, MutableCounters } from './events.ts'
import type { EntryStorage } from './host.ts'
import type { SignatureChecks } from './signatures.ts'
import { monotonicNow, type Timers } from './timers.ts'

type Core = Protocol<unknown, unknown, unknown>

/** A host that was not told where to keep entries is a peer in memory: they last as long as it. */
const forgetful: Pick<EntryStorage<unknown>, 'append'> = { append: () => Promise.resolve() }

/** What a host does for the protocols it runs. */
export interface RunnerHost {
  readonly self: PeerId
  readonly timers: Timers
  readonly checks: SignatureChecks
  readonly author: AuthorKey | undefined
  readonly tally: MutableCounters
  send(runner: RunningProtocol, to: PeerId, message: unknown): boolean
  /** Calls later, in this turn of the event loop, in order. */
  defer(action: () => void): void
  /** A ticket was answered: credit that was held back may be given. */
  settled(): void
  report(event: HostEvent): void
}

/**
 * One protocol on this host: its core, its environment, and the tickets it waits for. Whatever the core throws ends
 * here: the protocol is stopped, the host and its other protocols go on.
 */
export class RunningProtocol {
  readonly name: ProtocolName
  readonly plane: Plane
  readonly codec: Codec<unknown>
  /** Place in the list that this host announces on the plane, from 1. */
  readonly index: number
  readonly environment: HostEnvironment<unknown, unknown, unknown, unknown>
  readonly #host: RunnerHost
  readonly #listen: ((event: unknown) => void) | undefined
  readonly #storage: EntryStorage<unknown> | undefined
  #core: Core | undefined
  #state: 'created' | 'running' | 'stopped' = 'created'
  #ticket = 0
  #open = 0
  #unwritten: unknown[] = []
  #unwrittenTickets: Ticket[] = []
  #appending: Promise<void> | undefined

  constructor(
    host: RunnerHost,
    definition: { readonly name: ProtocolName; readonly plane: Plane; readonly codec: Codec<unknown> },
    index: number,
    random: Random,
    listen: ((event: unknown) => void) | undefined,
    storage: EntryStorage<unknown> | undefined,
  ) {
    this.#host = host
    this.name = definition.name
    this.plane = definition.plane
    this.codec = definition.codec
    this.index = index
    this.#listen = listen
    this.#storage = storage
    this.environment = this.#createEnvironment(random)
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  /** Tickets that wait for their answer; none of a protocol that was stopped, which answers to nobody. */
  get openTickets(): number {
    return this.#state === 'stopped' ? 0 : this.#open
  }

  adopt(core: Core): void {
    this.#core = core
  }

  start(): void {
    if (this.#state !== 'created') return
    this.#state = 'running'
    this.#call((core) => {
      if (this.#storage !== undefined) core.restore?.(this.#storage.entries())
      core.start()
    })
  }

  /** Messages that the core sends from `stop` still go out. */
  stop(): void {
    if (this.#state === 'running') this.#call((core) => core.stop?.())
    this.#state = 'stopped'
  }

  /** What was handed to the storage is kept, or has failed. */
  async flushed(): Promise<void> {
    await this.#appending
  }

  /** @throws whatever the codec throws, MalformedMessageError above all */
  decode(reader: ByteReader): unknown {
    const message = this.codec.decode(reader)
    reader.finish()
    return message
  }

  receive(message: unknown, from: PeerId): void {
    if (this.#state !== 'running') return
    // Written out, without #call: this is the hot path, and a closure for each message shows.
    try {
      ;(this.#core as Core).receive(message, from)
    } catch (error) {
      this.fail(error)
    }
  }

  connected(peer: PeerId): void {
    this.#call((core) => core.connected?.(peer))
  }

  disconnected(peer: PeerId): void {
    this.#call((core) => core.disconnected?.(peer))
  }

  writable(peer: PeerId): void {
    this.#call((core) => core.writable?.(peer))
  }

  /** The core, its codec or its disk failed: its state cannot be trusted any more. */
  fail(error: unknown): void {
    if (this.#state === 'stopped') return
    this.#state = 'stopped'
    this.#host.settled()
    this.#host.report({ type: 'failed', protocol: this.name, error: asError(error), stopped: true })
  }

  #createEnvironment(random: Random): HostEnvironment<unknown, unknown, unknown, unknown> {
    const host = this.#host
    return {
      self: host.self,
      random,
      get author(): Uint8Array {
        assert(host.author !== undefined, 'a host that signs is created with an author key')
        return host.author.publicKey
      },
      now: monotonicNow,
      send: (to, message) => (this.#state === 'running' ? host.send(this, to, message) : true),
      schedule: (timer, delay) => host.timers.set(this.#expire, timer, delay),
      emit: (event) => this.#emit(event),
      write: (entry) => this.#write(entry),
      load: (part) => this.#load(part),
      sign: (bytes) => this.#sign(bytes),
      verify: (claim) => this.#verify(claim),
    }
  }

  readonly #expire = (timer: unknown): void => {
    if (this.#state !== 'running') return
    try {
      ;(this.#core as Core).expire(timer)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Listeners may call the core, so they hear of an event only once the core has returned. */
  #emit(event: unknown): void {
    const listen = this.#listen
    if (listen === undefined) return
    this.#host.defer(() => {
      try {
        listen(event)
      } catch (error) {
        this.#host.report({ type: 'failed', protocol: this.name, error: asError(error), stopped: false })
      }
    })
  }

  #sign(bytes: Uint8Array): Ticket {
    const { author } = this.#host
    assert(author !== undefined, 'a host that signs is created with an author key')
    const ticket = this.#issue()
    author.sign(bytes).then(
      (signature) => this.#settle((core) => core.signed?.(ticket, signature)),
      (error: unknown) => this.fail(error),
    )
    return ticket
  }

  #verify(claim: Signed): Ticket {
    const ticket = this.#issue()
    this.#host.checks.verify(
      claim,
      (valid) => {
        if (valid) this.#host.tally.signaturesVerified++
        else this.#host.tally.signaturesRefused++
        this.#settle((core) => core.verified?.(ticket, valid))
      },
      (error) => this.fail(error),
    )
    return ticket
  }

  #write(entry: unknown): Ticket {
    const ticket = this.#issue()
    this.#unwritten.push(entry)
    this.#unwrittenTickets.push(ticket)
    this.#appending ??= Promise.resolve().then(() => this.#append())
    return ticket
  }

  /** Behind what was written before. */
  #load(part: string): Ticket {
    const ticket = this.#issue()
    const read = async (): Promise<readonly unknown[]> => {
      await this.#appending
      return (await this.#storage?.load?.(part)) ?? []
    }
    read().then(
      (entries) => this.#settle((core) => core.loaded?.(ticket, entries)),
      (error: unknown) => this.fail(error),
    )
    return ticket
  }

  /** Whatever was written while an append was under way goes with the next one, so that they share a flush. */
  async #append(): Promise<void> {
    const storage = this.#storage ?? forgetful
    while (this.#unwritten.length > 0) {
      const entries = this.#unwritten
      const tickets = this.#unwrittenTickets
      this.#unwritten = []
      this.#unwrittenTickets = []
      try {
        await storage.append(entries)
      } catch (error) {
        this.fail(error)
        return
      }
      this.#host.tally.entriesWritten += entries.length
      for (const ticket of tickets) this.#settle((core) => core.written?.(ticket))
    }
    this.#appending = undefined
  }

  #issue(): Ticket {
    this.#open++
    return ++this.#ticket as Ticket
  }

  #settle(answer: (core: Core) => void): void {
    this.#open--
    this.#call(answer)
    this.#host.settled()
  }

  #call(action: (core: Core) => void): void {
    if (this.#state !== 'running') return
    try {
      action(this.#core as Core)
    } catch (error) {
      this.fail(error)
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
