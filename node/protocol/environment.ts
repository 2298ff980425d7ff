import type { Random } from './random.ts'

declare const brand: unique symbol

/** The name of a peer: its libp2p PeerId in base58btc text. Converted once, at the edge. */
export type PeerId = string & { readonly [brand]: 'PeerId' }

/** Integer milliseconds of a monotonic clock. Only differences mean anything. */
export type Instant = number

/** Integer milliseconds. */
export type Duration = number

/** Stands for one asynchronous act of the host (a write, a signature) until it is answered, exactly once. */
export type Ticket = number & { readonly [brand]: 'Ticket' }

/**
 * All that a protocol may ask of the world.
 *
 * No method calls back into the protocol before it returns; a message sent to `self` is queued by the host.
 */
export interface Environment<Message, Timer, Event> {
  readonly self: PeerId
  readonly random: Random
  now(): Instant
  /**
   * Best effort: the message may be lost, duplicated or reordered. The host owns it from here on and the caller must
   * not change it.
   *
   * @returns false when the plane to that peer has no credit left: what is sent before `writable(to)` waits in a
   * bounded queue and is dropped (and counted) beyond it
   */
  send(to: PeerId, message: Message): boolean
  /** Expires exactly once, unless the peer stops or crashes. There is no cancel: a timer carries what makes it stale. */
  schedule(timer: Timer, delay: Duration): void
  emit(event: Event): void
}

/** For what must survive a crash: write, wait for `written`, only then tell others. */
export interface DurableEnvironment<Message, Timer, Event, Entry> extends Environment<Message, Timer, Event> {
  /** Answered once by `written(ticket)`, when the entry would survive a crash. A store that fails stops the host. */
  write(entry: Entry): Ticket
  /**
   * Reads one part of what this protocol wrote, now or in an earlier run: what was not in `restore`. Answered once by
   * `loaded(ticket, entries)`, with all that was written before. What the parts are, the protocol's definition says.
   */
  load(part: string): Ticket
}

/** A claim that the holder of `key` signed `bytes`. Live always Ed25519; in simulation a deterministic keyed hash. */
export interface Signed {
  /** Public key of the author, 32 bytes. */
  readonly key: Uint8Array
  readonly bytes: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Signatures are made and checked at the asynchronous edge; a core holds the matter back until its ticket is answered. */
export interface SigningEnvironment {
  /** Public key of this peer's author, 32 bytes. Not the key behind `self`: two browser tabs are two peers of one author. */
  readonly author: Uint8Array
  /** Signs with the author's key. Answered once by `signed(ticket, signature)`. */
  sign(bytes: Uint8Array): Ticket
  /** Answered once by `verified(ticket, valid)`. */
  verify(claim: Signed): Ticket
}

/** What every host hands to a protocol; a protocol's own type narrows it to what it uses. */
export interface HostEnvironment<Message, Timer, Event, Entry>
  extends DurableEnvironment<Message, Timer, Event, Entry>, SigningEnvironment {}
