import { sample, type PeerId, type Random } from '../../protocol/index.ts'
import type { SimulatedPeer } from '../simulated-peer.ts'
import type { PeerChoice } from './peer-choice.ts'

type Peer = SimulatedPeer<unknown>

/** Turns choices into peers. Groups are drawn once; shares and counts outside of groups each time. */
export class Picker {
  readonly #random: Random
  readonly #peers: () => readonly Peer[]
  readonly #byId = new Map<PeerId, Peer>()
  readonly #groups = new Map<string, readonly Peer[]>()

  constructor(peers: () => readonly Peer[], random: Random) {
    this.#peers = peers
    this.#random = random
  }

  find(peer: PeerId): Peer | undefined {
    const all = this.#peers()
    for (let index = this.#byId.size; index < all.length; index++) {
      const added = all[index] as Peer
      this.#byId.set(added.id, added)
    }
    return this.#byId.get(peer)
  }

  /** Once all peers of the start are there. */
  drawGroups(groups: ReadonlyMap<string, PeerChoice>): void {
    for (const [name, choice] of groups) this.#groups.set(name, this.choose(choice))
  }

  /** @param eligible only such peers are chosen; a share stays the share of all of them */
  choose(choice: PeerChoice, eligible: (peer: Peer) => boolean = () => true): readonly Peer[] {
    switch (choice.kind) {
      case 'all':
        return this.#peers().filter(eligible)
      case 'others':
        return []
      case 'named':
        return this.#named(choice.name).filter(eligible)
      case 'range':
        return this.#peers()
          .slice(choice.first, choice.last + 1)
          .filter(eligible)
      case 'several':
        return [...new Set(choice.choices.flatMap((each) => this.choose(each, eligible)))]
      case 'share': {
        const pool = this.choose(choice.of)
        const count = choice.share === 0 ? 0 : Math.max(1, Math.round(choice.share * pool.length))
        return sample(this.#random, pool.filter(eligible), count)
      }
      case 'count':
        return sample(this.#random, this.choose(choice.of, eligible), choice.count)
    }
  }

  /** `others` are those in none of the other groups. @param except are in no group */
  chooseGroups(choices: readonly PeerChoice[], except?: PeerChoice): readonly (readonly Peer[])[] {
    const taken = new Set<Peer>(except === undefined ? [] : this.choose(except))
    const take = (peers: readonly Peer[]): readonly Peer[] => {
      const free = peers.filter((peer) => !taken.has(peer))
      for (const peer of free) taken.add(peer)
      return free
    }
    const groups = choices.map((choice) => take(this.choose(choice)))
    return choices.map((choice, index) => (choice.kind === 'others' ? take(this.#peers()) : (groups[index] ?? [])))
  }

  #named(name: string): readonly Peer[] {
    const group = this.#groups.get(name)
    if (group !== undefined) return group
    const peer = this.find(name as PeerId)
    return peer === undefined ? [] : [peer]
  }
}
