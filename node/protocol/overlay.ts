import type { Dht, Router } from './dht/roles.ts'
import type { Duration, Instant, PeerId } from './environment.ts'
import type { Protocol, ProtocolDefinition } from './protocol.ts'
import type { SubscribeOptions } from './subscription.ts'

/** What a member is to this peer. `failed` and `left` members are remembered for a while and then forgotten. */
export type MemberState = 'alive' | 'suspected' | 'failed' | 'left'

/** What a member says of itself: small texts by name. */
export type Tags = Readonly<Record<string, string>>

export interface Member {
  readonly peer: PeerId
  readonly state: MemberState
  /** Raised only by the member itself (SWIM §4.2). */
  readonly incarnation: number
  /** When this peer learnt of the state. */
  readonly since: Instant
  /** Smoothed round trip of the probes, once one was answered. */
  readonly roundTrip?: Duration
  /** Absent where the overlay has none, or the member never set any. */
  readonly tags?: Tags
}

export interface MembershipEvent {
  /** `updated`: the member has other tags. */
  readonly type: 'joined' | 'suspected' | 'alive' | 'failed' | 'left' | 'updated'
  readonly peer: PeerId
  readonly incarnation: number
}

/** Who is there. */
export interface Membership {
  /** Every member that is known, this peer included. */
  members(): readonly Member[]
  /** Up to `count` distinct members that are not known to be gone, never this peer itself. */
  sample(count: number): readonly PeerId[]
  subscribe(listener: (event: MembershipEvent) => void, options?: SubscribeOptions): void
}

export interface BroadcastMessage {
  readonly topic: string
  readonly bytes: Uint8Array
  /** Who published it, as far as the overlay tells; unsigned, so a claim. */
  readonly publisher: PeerId
  /** The neighbour that handed it on; `self` for an own message. */
  readonly from: PeerId
}

/** A way to tell everyone who subscribed to a topic, this peer excepted. */
export interface Broadcast {
  /** @throws RangeError when the topic or the bytes exceed the overlay's limits */
  publish(topic: string, bytes: Uint8Array): void
  subscribe(topic: string, listener: (message: BroadcastMessage) => void, options?: SubscribeOptions): void
}

/** The roles that overlays offer each other. */
export interface Roles {
  membership: Membership
  broadcast: Broadcast
  router: Router
  dht: Dht
}

/** Addresses at which peers are reached, where the host has such a thing. Text in the host's own notation. */
export interface AddressBook {
  own(): readonly string[]
  learn(peer: PeerId, addresses: readonly string[]): void
}

/** What an overlay is attached to: a live libp2p node or a simulated peer. */
export interface Host {
  readonly self: PeerId
  /** Absent where peers are reached by name alone. */
  readonly addresses?: AddressBook
  /**
   * Creates the core of a protocol, starts it with the host, and carries its messages from then on.
   *
   * @param listen hears what the core emits
   */
  run<Message, Timer, Event, Core extends Protocol<Message, Timer, Entry>, Needs, Entry>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    listen?: (event: Event) => void,
  ): Core
  /** Offers a role to the other overlays of this host. The first to offer it keeps it. */
  offer<Name extends keyof Roles>(name: Name, role: Roles[Name]): void
  /** Looked up when it is needed, not when attached: overlays may be attached in any order. */
  role<Name extends keyof Roles>(name: Name): Roles[Name] | undefined
}

/** A factory's product: what `createPeer`, `asService` and the simulator attach to a host. */
export interface Overlay<Api, in RequiredHost extends Host = Host> {
  attach(host: RequiredHost): Api
}
