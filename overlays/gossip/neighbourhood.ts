import type { Environment, PeerId } from '../../node/protocol/index.ts'
import type { GossipEvent, GossipTimer } from './gossip.ts'
import type { GossipMessage } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'
import { View } from './view.ts'

export interface NeighbourhoodPorts {
  readonly environment: Environment<GossipMessage, GossipTimer, GossipEvent>
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
  readonly gained: (peer: PeerId) => void
}

/**
 * Keeps the view full, alive and symmetric, over a network that loses messages.
 *
 * 1. A peer enters the view when it asked, or granted what was asked; it leaves when it says so, is silent for
 *    `neighbourTimeout`, is disconnected, or must make room. In the last case it is told.
 * 2. Whoever acts as a neighbour without being one is made one, or told that it is none.
 * 3. Nobody is left without neighbours while somebody can be reached: an urgent wish is always granted.
 */
export class Neighbourhood {
  readonly view: View = new View()
  readonly #ports: NeighbourhoodPorts
  readonly #options: ResolvedGossipOptions
  /** Whom it asked since the last look. */
  readonly #asked = new Set<PeerId>()

  constructor(ports: NeighbourhoodPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
  }

  connected(peer: PeerId): void {
    if (peer === this.#ports.environment.self) return
    this.view.meet(peer)
    if (!this.view.has(peer) && this.#isShort()) this.#ask(peer, this.view.size === 0)
  }

  disconnected(peer: PeerId): void {
    this.view.part(peer)
    this.#asked.delete(peer)
    if (this.#drop(peer)) this.#fill()
  }

  /** Every `viewInterval`. */
  lookAfter(): void {
    const now = this.#ports.environment.now()
    this.#asked.clear()
    for (const { peer, heardAt } of this.view.neighbours()) {
      if (now - heardAt >= this.#options.neighbourTimeout) this.#dismiss(peer)
      else if (now - heardAt >= this.#options.viewInterval) this.#ask(peer, false)
    }
    this.#fill()
  }

  /** Every `shuffleInterval`: one link to anybody and one to somebody lost, so that parts find together again. */
  shuffle(): void {
    for (const peer of this.#candidates(1)) this.#ask(peer, true)
    const departed = this.view.departed(this.#ports.environment.random)
    if (departed !== undefined && !this.view.has(departed)) this.#ask(departed, true)
  }

  asked(peer: PeerId, urgent: boolean): void {
    if (this.view.has(peer) || this.#admit(peer, urgent)) this.#send(peer, { type: 'accept' })
    else this.#send(peer, { type: 'disconnect' })
  }

  accepted(peer: PeerId): void {
    const wished = this.#asked.delete(peer)
    if (!this.view.has(peer) && !this.#admit(peer, wished)) this.#send(peer, { type: 'disconnect' })
  }

  refused(peer: PeerId): void {
    this.#asked.delete(peer)
    this.#drop(peer)
  }

  /** @returns whether a peer that acts as a neighbour is one from here on */
  actsAsNeighbour(peer: PeerId): boolean {
    if (this.view.has(peer)) return true
    this.asked(peer, false)
    return this.view.has(peer)
  }

  stop(): void {
    for (const peer of this.view.peers()) this.#send(peer, { type: 'disconnect' })
  }

  #isShort(): boolean {
    return this.view.size + this.#asked.size < this.#options.viewTarget
  }

  #fill(): void {
    const missing = this.#options.viewTarget - this.view.size - this.#asked.size
    if (missing <= 0) return
    const urgent = this.view.size === 0
    for (const peer of this.#candidates(missing)) this.#ask(peer, urgent)
  }

  #candidates(count: number): PeerId[] {
    const { environment, sample } = this.#ports
    const others = sample(this.#options.viewLimit + count).filter((peer) => peer !== environment.self)
    return this.view.candidates(environment.random, others, count)
  }

  #ask(peer: PeerId, urgent: boolean): void {
    if (!this.view.has(peer)) this.#asked.add(peer)
    this.#send(peer, { type: 'neighbour', urgent })
  }

  #admit(peer: PeerId, makeRoom: boolean): boolean {
    if (this.view.size >= this.#options.viewLimit) {
      const other = makeRoom ? this.view.anyone(this.#ports.environment.random) : undefined
      if (other === undefined) return false
      this.#dismiss(other)
    }
    this.view.add(peer, this.#ports.environment.now())
    this.#ports.environment.emit({ type: 'neighbour-up', peer })
    this.#ports.gained(peer)
    return true
  }

  #dismiss(peer: PeerId): void {
    this.#drop(peer)
    this.#send(peer, { type: 'disconnect' })
  }

  #drop(peer: PeerId): boolean {
    const known = this.view.remove(peer)
    if (known) this.#ports.environment.emit({ type: 'neighbour-down', peer })
    return known
  }

  #send(to: PeerId, message: GossipMessage): void {
    this.#ports.environment.send(to, message)
  }
}
