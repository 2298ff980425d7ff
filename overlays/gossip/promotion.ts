import { sample, type PeerId } from '../../node/protocol/index.ts'
import type { ActiveView } from './active-view.ts'
import type { GossipEnvironment } from './events.ts'
import type { LostPeers } from './lost-peers.ts'
import type { ResolvedGossipOptions } from './options.ts'
import type { PassiveView } from './passive-view.ts'
import { Wishes, type Wish } from './wishes.ts'

export interface PromotionPorts {
  readonly environment: GossipEnvironment
  readonly active: ActiveView
  readonly passive: PassiveView
  readonly lost: LostPeers
  /** Random peers that another overlay knows, or none. */
  readonly sample: (count: number) => readonly PeerId[]
  readonly admits: (peer: PeerId) => boolean
  readonly remember: (peer: PeerId) => void
}

/** How the active view is repaired from the passive one (HyParView §4.3). */
export class Promotion {
  readonly wishes: Wishes = new Wishes()
  readonly #ports: PromotionPorts
  readonly #options: ResolvedGossipOptions

  constructor(ports: PromotionPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** Lost neighbours are replaced. @param isNewcomer it has had no neighbour yet */
  fill(isNewcomer: boolean): void {
    const { environment, active } = this.#ports
    const missing = active.room - this.wishes.size
    if (missing <= 0) return
    if (this.#candidates().length < missing) {
      for (const peer of this.#ports.sample(this.#options.passiveViewSize)) this.#ports.remember(peer)
    }
    const chosen = sample(environment.random, this.#candidates(), missing)
    if (chosen.length === 0) chosen.push(...this.#lastResort())
    if (chosen.length === 0) return
    // A newcomer needs one contact, and is found others by it.
    if (isNewcomer && active.size === 0) this.#askAll(this.wishes.size === 0 ? chosen.slice(0, 1) : [], 'join')
    else this.#askAll(chosen, this.isInNeed ? 'urgent' : 'low')
  }

  /**
   * Deviation: in the paper only who has no neighbour at all is in need. A few peers that have each other and nobody else
   * were then refused by everybody, and cut off for good.
   */
  get isInNeed(): boolean {
    const { size } = this.#ports.active
    return size === 0 || (this.wishes.wereRefused && 2 * size < this.#options.activeViewSize)
  }

  ask(peer: PeerId, wish: Wish): void {
    this.#askAll([peer], wish)
  }

  /** Who does not answer is gone, and leaves the passive view. @returns whether anybody is */
  expire(peers: readonly PeerId[]): boolean {
    const { environment, passive, lost } = this.#ports
    const silent = this.wishes.giveUp(peers, environment.now() - this.#options.promotionTimeout)
    for (const peer of silent) {
      if (!passive.has(peer)) continue
      passive.remove(peer)
      lost.add(peer)
    }
    return silent.length > 0
  }

  #candidates(): PeerId[] {
    return this.#ports.passive.peers.filter((peer) => this.wishes.mayAsk(peer))
  }

  /** Who is alone, and knows nobody, asks somebody it has lost. */
  #lastResort(): PeerId[] {
    const { environment, active, lost, admits } = this.#ports
    if (active.size > 0 || this.wishes.size > 0) return []
    const peer = lost.any(environment.random)
    return peer !== undefined && admits(peer) ? [peer] : []
  }

  #askAll(peers: readonly PeerId[], wish: Wish): void {
    if (peers.length === 0) return
    const { environment } = this.#ports
    for (const peer of peers) {
      this.wishes.ask(peer, wish, environment.now())
      environment.send(peer, wish === 'join' ? { type: 'join' } : { type: 'neighbour', urgent: wish !== 'low' })
    }
    environment.schedule({ type: 'promotion', peers }, this.#options.promotionTimeout)
  }
}
