import { PeerNumbers, assert, type Codec, type PeerId, type Plane, type Protocol } from '../protocol/index.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import { Stall } from './stall.ts'

type AnyCore = Protocol<unknown, unknown, unknown>

/** A protocol, numbered in the order in which hosts first ran it. */
export interface ProtocolSort {
  readonly name: string
  readonly number: number
  readonly plane: Plane
  readonly codec: Codec<unknown>
}

/**
 * Everybody, by number. What each event asks of a peer stands in columns: in a crowd of a hundred thousand each object on
 * the way to a core is a miss of the processor's cache, and costs more than the rest of the event.
 */
export class Population {
  readonly peers: SimulatedPeer<unknown>[] = []
  readonly protocols: ProtocolSort[] = []
  /** The number of the session that runs, 0 where none does. */
  readonly #sessions: number[] = []
  /** Of those that are suspended or slow: nobody looks for one while there is none. */
  readonly #stalls = new Map<number, Stall>()
  /** By protocol, then by peer. */
  readonly #cores: (AnyCore | undefined)[][] = []
  readonly #numbers = new PeerNumbers()
  #lastId: PeerId | undefined
  #lastIndex = -1

  add(peer: SimulatedPeer<unknown>): void {
    assert(this.#numbers.of(peer.id) === -1, `there is a peer named ${peer.id}`)
    this.#numbers.add(peer.id)
    this.peers.push(peer)
    this.#sessions.push(0)
    for (const cores of this.#cores) cores.push(undefined)
  }

  get ids(): readonly PeerId[] {
    return this.#numbers.peers
  }

  peer(index: number): SimulatedPeer<unknown> {
    const peer = this.peers[index]
    assert(peer !== undefined, `there is no peer ${index}`)
    return peer
  }

  /** @returns its number, or −1 */
  find(id: PeerId): number {
    return id === this.#lastId ? this.#lastIndex : this.#numbers.of(id)
  }

  /** @returns the peer's name; it is remembered, as a core that hears from a peer most often answers it */
  name(index: number): PeerId {
    const id = this.ids[index] as PeerId
    this.#lastId = id
    this.#lastIndex = index
    return id
  }

  begin({ index, session }: SimulatedPeer<unknown>): void {
    this.#sessions[index] = session
  }

  end({ index }: SimulatedPeer<unknown>): void {
    this.#sessions[index] = 0
    this.#stalls.delete(index)
    for (const cores of this.#cores) cores[index] = undefined
  }

  isRunning(peer: number): boolean {
    return this.#sessions[peer] !== 0
  }

  /** Whether that session of the peer is the one that runs. */
  runs(peer: number, session: number): boolean {
    return this.#sessions[peer] === session
  }

  /** What keeps the present session of the peer from its messages, if anything does. */
  stallOf(peer: number): Stall | undefined {
    return this.#stalls.size === 0 ? undefined : this.#stalls.get(peer)
  }

  stall(peer: number): Stall {
    const stall = this.#stalls.get(peer) ?? new Stall()
    this.#stalls.set(peer, stall)
    return stall
  }

  protocol(name: string, plane: Plane, codec: Codec<unknown>): ProtocolSort {
    const known = this.protocols.find((sort) => sort.name === name)
    // A peer may run a protocol otherwise than the first one did: an older codec, say.
    if (known !== undefined) return known.codec === codec && known.plane === plane ? known : { ...known, plane, codec }
    const sort = { name, number: this.protocols.length, plane, codec }
    this.protocols.push(sort)
    this.#cores.push(this.peers.map(() => undefined))
    return sort
  }

  attach(peer: number, protocol: number, core: AnyCore): void {
    const cores = this.#cores[protocol]
    if (cores !== undefined) cores[peer] = core
  }

  /** Tells the peer's cores that the other can be reached, where the other runs the same protocol. */
  connected(peer: number, other: number): void {
    const id = this.ids[other] as PeerId
    for (const cores of this.#cores) if (cores[other] !== undefined) cores[peer]?.connected?.(id)
  }

  disconnected(peer: number, other: number): void {
    const id = this.ids[other] as PeerId
    for (const cores of this.#cores) cores[peer]?.disconnected?.(id)
  }

  /** What the peer runs at the moment. */
  core(peer: number, protocol: number): AnyCore | undefined {
    return this.#cores[protocol]?.[peer]
  }
}
