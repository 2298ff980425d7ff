import { integer, sample, type PeerId } from '../../node/protocol/index.ts'
import type { GossipEnvironment } from './events.ts'
import type { HyParViewMessage } from './messages.ts'
import type { ResolvedGossipOptions } from './options.ts'

type Shuffle = Extract<HyParViewMessage, { readonly type: 'shuffle' }>

export interface ShufflingPorts {
  readonly environment: GossipEnvironment
  readonly active: () => readonly PeerId[]
  readonly passive: () => readonly PeerId[]
  /** Puts the peer into the passive view. @param expendable who makes room first; those that did are taken from it */
  readonly remember: (peer: PeerId, expendable: PeerId[]) => void
}

/** How passive views are mixed (HyParView §4.4): two peers at the ends of a random walk exchange a part of theirs. */
export class Shuffling {
  readonly #ports: ShufflingPorts
  readonly #options: ResolvedGossipOptions
  /** The peers told in the last shuffle: they make room for those it brings. */
  #told: PeerId[] = []

  constructor(ports: ShufflingPorts, options: ResolvedGossipOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** A few of both views, on a walk. */
  begin(): void {
    const { environment, active, passive } = this.#ports
    const target = this.#anyone()
    if (target === undefined) return
    const { activeWalkLength, shuffledActive, shuffledPassive } = this.#options
    const neighbours = active().filter((peer) => peer !== target)
    this.#told = sample(environment.random, passive(), shuffledPassive)
    const peers = [...sample(environment.random, neighbours, shuffledActive), ...this.#told]
    environment.send(target, { type: 'shuffle', origin: environment.self, ttl: activeWalkLength, peers })
  }

  receive(message: Shuffle, from: PeerId): void {
    const { environment, passive } = this.#ports
    const { origin, peers } = message
    if (origin === environment.self) return
    const ttl = Math.min(message.ttl, this.#options.activeWalkLength) - 1
    const next = ttl > 0 ? this.#anyone(from, origin) : undefined
    if (next !== undefined) {
      environment.send(next, { ...message, ttl })
      return
    }
    const answer = sample(environment.random, passive(), peers.length)
    environment.send(origin, { type: 'shuffle-reply', peers: answer })
    this.#integrate([...peers, origin], answer.slice())
  }

  answered(peers: readonly PeerId[]): void {
    this.#integrate(peers, this.#told)
  }

  /** What the other told enters the passive view; what it was told makes room first. */
  #integrate(peers: readonly PeerId[], told: PeerId[]): void {
    const limit = 1 + this.#options.shuffledActive + this.#options.shuffledPassive
    for (const peer of peers.slice(0, limit)) this.#ports.remember(peer, told)
  }

  #anyone(...excepted: readonly PeerId[]): PeerId | undefined {
    const others = this.#ports.active().filter((peer) => !excepted.includes(peer))
    return others.length === 0 ? undefined : others[integer(this.#ports.environment.random, others.length)]
  }
}
