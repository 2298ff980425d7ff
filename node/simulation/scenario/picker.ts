import { sample, type PeerId, type Random } from '../../protocol/index.ts'
import type { SimulatedPeer } from '../simulated-peer.ts'
import type { PeerChoice } from './peer-choice.ts'

type Peer = SimulatedPeer<unknown>

/** What choices are made from: peers that are there, or names of those that will be. */
interface Pool<Item> {
  readonly all: readonly Item[]
  readonly named: (name: string) => readonly Item[]
  readonly eligible: (item: Item) => boolean
}

/** Turns choices into peers. Groups are drawn once; shares and counts outside of groups each time. */
export class Picker {
  readonly #random: Random
  readonly #peers: () => readonly Peer[]
  readonly #byId = new Map<PeerId, Peer>()
  readonly #groups = new Map<string, readonly PeerId[]>()

  /**
   * @param names of the peers of the start, of which the groups are drawn: some may start later
   * @param peers those that were added so far
   */
  constructor(
    names: readonly PeerId[],
    groups: ReadonlyMap<string, PeerChoice>,
    peers: () => readonly Peer[],
    random: Random,
  ) {
    this.#random = random
    this.#peers = peers
    const named = (name: string): readonly PeerId[] => this.#groups.get(name) ?? [name as PeerId]
    for (const [name, choice] of groups) {
      this.#groups.set(name, this.#pick(choice, { all: names, named, eligible: () => true }))
    }
  }

  find(peer: PeerId): Peer | undefined {
    const all = this.#peers()
    for (let index = this.#byId.size; index < all.length; index++) {
      const added = all[index] as Peer
      this.#byId.set(added.id, added)
    }
    return this.#byId.get(peer)
  }

  /** @param eligible only such peers are chosen; a share stays the share of all of them */
  choose(choice: PeerChoice, eligible: (peer: Peer) => boolean = () => true): readonly Peer[] {
    const named = (name: string): Peer[] => {
      const ids = this.#groups.get(name) ?? [name as PeerId]
      return ids.map((id) => this.find(id)).filter((peer) => peer !== undefined)
    }
    return this.#pick(choice, { all: this.#peers(), named, eligible })
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

  #pick<Item>(choice: PeerChoice, pool: Pool<Item>): readonly Item[] {
    switch (choice.kind) {
      case 'all':
        return pool.all.filter(pool.eligible)
      case 'others':
        return []
      case 'named':
        return pool.named(choice.name).filter(pool.eligible)
      case 'range':
        return pool.all.slice(choice.first, choice.last + 1).filter(pool.eligible)
      case 'several':
        return [...new Set(choice.choices.flatMap((each) => this.#pick(each, pool)))]
      case 'share': {
        const whole = this.#pick(choice.of, { ...pool, eligible: () => true })
        const count = choice.share === 0 ? 0 : Math.max(1, Math.round(choice.share * whole.length))
        return sample(this.#random, whole.filter(pool.eligible), count)
      }
      case 'count':
        return sample(this.#random, this.#pick(choice.of, pool), choice.count)
    }
  }
}
