import type { Codec } from './codec.ts'
import type { HostEnvironment, PeerId, Ticket } from './environment.ts'

/** `/peerloom/swim/1.0.0`: a namespace, a name and a semantic version. */
export type ProtocolName = `/${string}/${string}/${number}.${number}.${number}`

/**
 * The long-lived stream that carries a protocol: `control` for small messages that must not wait behind large ones,
 * `broadcast` for dissemination, `bulk` (with credits) for whatever may be large.
 */
export type Plane = 'control' | 'broadcast' | 'bulk'

export const planes: readonly Plane[] = Object.freeze(['control', 'broadcast', 'bulk'] as const)

/** A synchronous, deterministic state machine. The host calls it; it acts on the world only through its environment. */
export interface Protocol<Message, Timer, Entry = never> {
  /**
   * Called once, before `start`, by a host that holds entries of an earlier run, in the order they were written: all, or
   * where they have parts what a run begins with.
   */
  restore?(entries: Iterable<Entry>): void
  start(): void
  receive(message: Message, from: PeerId): void
  expire(timer: Timer): void
  /** Advisory: the peer speaks this protocol and can be reached. */
  connected?(peer: PeerId): void
  /** Advisory. */
  disconnected?(peer: PeerId): void
  /** Credits for this peer are back after a `send` that returned false. */
  writable?(peer: PeerId): void
  written?(ticket: Ticket): void
  /** What was asked for by `load`, in the order in which it was written. */
  loaded?(ticket: Ticket, entries: Iterable<Entry>): void
  signed?(ticket: Ticket, signature: Uint8Array): void
  verified?(ticket: Ticket, valid: boolean): void
  /** Last call. The host drops timers and messages from here on. Messages sent from here still go out, best effort. */
  stop?(): void
}

/** How a protocol divides what it keeps, if a run is not to begin with all of it. */
export interface EntryParts<Entry> {
  /** What a run begins with, of all that earlier ones wrote. */
  first(entries: readonly Entry[]): readonly Entry[]
  /** What `load(part)` is answered with. */
  of(part: string, entries: readonly Entry[]): readonly Entry[]
}

export interface ProtocolDefinition<
  Message,
  Timer,
  Event,
  Core extends Protocol<Message, Timer, Entry>,
  Needs = undefined,
  Entry = never,
> {
  readonly name: ProtocolName
  readonly plane: Plane
  readonly codec: Codec<Message>
  /** Left out: each run begins with all that was kept. A storage that keeps entries in another form does the same. */
  readonly parts?: EntryParts<Entry>
  /** @param needs synchronous faces of other roles (who is there, tell everyone) */
  create(environment: HostEnvironment<Message, Timer, Event, Entry>, needs: Needs): Core
}
