import type { Duration } from '../protocol/index.ts'
import type { Agenda } from './agenda.ts'
import type { Partition } from './cuts.ts'
import { eventKind, type HeldEvent } from './events.ts'
import { Links } from './links.ts'
import type { Network } from './network.ts'
import type { Population } from './population.ts'
import type { WireChance } from './wire-chance.ts'

interface Surroundings {
  readonly agenda: Agenda
  readonly population: Population
  readonly network: Network
  readonly chance: WireChance
}

export interface ConnectionOptions {
  /** How long a cut wire takes to be noticed. */
  readonly linkTimeout: Duration
  /** Whether messages make links. */
  readonly links: boolean
}

/** What `connected` and `disconnected` tell of: links come with messages, and go with peers and wires. */
export class Connections {
  readonly #agenda: Agenda
  readonly #population: Population
  readonly #network: Network
  readonly #chance: WireChance
  readonly #timeout: Duration
  readonly #byMessages: boolean
  readonly #links = new Links()

  constructor({ agenda, population, network, chance }: Surroundings, { linkTimeout, links }: ConnectionOptions) {
    this.#agenda = agenda
    this.#population = population
    this.#network = network
    this.#chance = chance
    this.#timeout = linkTimeout
    this.#byMessages = links
  }

  /** Both hear of it after one latency. */
  connect(left: number, right: number): void {
    const delay = this.#network.latency(this.#chance.of(left), left, right)
    this.#agenda.after(delay, eventKind.link, left, right, 0, 0, undefined)
    this.#agenda.after(delay, eventKind.link, right, left, 0, 0, undefined)
  }

  /** A message of `from` arrives, the first one as far as the peer knows: so there is a link, at both ends. */
  reached(peer: number, from: number): void {
    if (!this.#byMessages || this.#links.has(peer, from) || from === peer || !this.#population.isRunning(from)) return
    this.link(peer, from)
    this.established(from, peer)
  }

  /** The peer can reach the other, unless it is gone by now or the wire is cut. */
  established(peer: number, other: number): void {
    if (!this.#population.isRunning(peer) || !this.#population.isRunning(other)) return
    if (this.#network.passes(peer, other) && this.#network.passes(other, peer)) this.link(peer, other)
  }

  link(peer: number, other: number): void {
    if (this.#holds(peer, other, eventKind.link) || !this.#links.add(peer, other)) return
    this.#population.connected(peer, other)
  }

  unlink(peer: number, other: number): void {
    if (!this.#population.isRunning(peer) || this.#holds(peer, other, eventKind.unlink)) return
    if (this.#links.delete(peer, other)) this.#population.disconnected(peer, other)
  }

  /** The peer is gone: it knows of no links any more, and the other ends hear of it after one latency. */
  cutLinks(peer: number): void {
    const { peers } = this.#population
    for (const other of this.#links.of(peer, peers.length)) {
      this.#links.delete(peer, other)
      const delay = this.#network.latency(this.#chance.of(peer), peer, other)
      const { session } = this.#population.peer(other)
      this.#agenda.after(delay, eventKind.unlink, other, peer, session, 0, undefined)
    }
  }

  block(from: number, to: number): void {
    this.#network.cuts.block(from, to, this.#agenda.now)
    this.#agenda.after(this.#timeout, eventKind.linkTimeout, from, to, 0, 0, undefined)
  }

  part(partition: Partition): void {
    this.#network.cuts.part(partition)
    this.#agenda.after(this.#timeout, eventKind.partitionTimeout, -1, -1, 0, 0, partition)
  }

  /** A wire was cut a time-out ago. */
  pairTimedOut(peer: number, other: number): void {
    const since = this.#network.cuts.blockedSince(peer, other)
    if (since === undefined || this.#agenda.now - since < this.#timeout) return
    this.unlink(peer, other)
    this.unlink(other, peer)
  }

  /** A partition began a time-out ago. */
  partitionTimedOut(partition: Partition): void {
    if (!this.#network.cuts.stands(partition)) return
    const apart = this.#links.where(
      (peer, other) => partition.separates(peer, other) || partition.separates(other, peer),
    )
    for (const [peer, other] of apart) {
      this.unlink(peer, other)
      this.unlink(other, peer)
    }
  }

  /** A peer that stands still hears of its links when it goes on. */
  #holds(peer: number, other: number, kind: number): boolean {
    const stall = this.#population.stallOf(peer)
    if (stall?.suspended !== 'everything') return false
    const { session } = this.#population.peer(peer)
    const event: HeldEvent = { kind, peer, other, session, protocol: 0, payload: undefined }
    stall.hold(event)
    return true
  }
}
