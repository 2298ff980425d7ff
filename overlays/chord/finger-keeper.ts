import { jitter, type PeerId } from '../../node/protocol/index.ts'
import type { ChordEnvironment } from './events.ts'
import type { Lookups } from './lookups.ts'
import type { ResolvedChordOptions } from './options.ts'
import type { RingRequests } from './ring-requests.ts'
import type { RingNode } from './ring-node.ts'
import type { RoundTrips } from './round-trips.ts'
import type { VirtualNode } from './virtual-node.ts'

export interface FingerKeeperPorts {
  readonly environment: ChordEnvironment
  readonly requests: RingRequests
  readonly roundTrips: RoundTrips
  readonly lookups: Lookups
}

/** A newcomer looks for its first fingers so many times as often. */
const hurry = 10

/** fix_fingers (Stoica et al., Figure 6), with a choice of the nearest among those that can serve (Dabek et al., NSDI 2004). */
export class FingerKeeper {
  readonly #ports: FingerKeeperPorts
  readonly #options: ResolvedChordOptions
  readonly #nodes: readonly VirtualNode[]
  /** The finger that is next, of each node. */
  readonly #next: number[]
  /** In which life each node has looked for all its fingers once. */
  readonly #complete: number[]

  constructor(nodes: readonly VirtualNode[], ports: FingerKeeperPorts, options: ResolvedChordOptions) {
    this.#nodes = nodes
    this.#ports = ports
    this.#options = options
    this.#next = nodes.map(() => 0)
    this.#complete = nodes.map(() => -1)
  }

  round(): void {
    const { environment } = this.#ports
    let isHurried = false
    for (const node of this.#nodes) {
      if (!node.isMember) continue
      this.#fix(node)
      isHurried ||= this.#complete[node.self.index] !== node.life
    }
    const interval = isHurried ? Math.ceil(this.#options.fingerInterval / hurry) : this.#options.fingerInterval
    environment.schedule({ type: 'fingers' }, jitter(environment.random, interval, 0.2))
  }

  silent(peer: PeerId): void {
    for (const node of this.#nodes) if (node.fingers.drop((finger) => finger.peer === peer)) node.refillTable()
  }

  #fix(node: VirtualNode): void {
    const { index } = node.self
    const [head] = node.successors
    let number = this.#next[index] ?? 0
    if (head === undefined) return
    if (!node.fingers.isBeyond(number, head)) {
      this.#complete[index] = node.life
      node.fingers.cut(number)
      number = 0
      if (!node.fingers.isBeyond(number, head)) return
    }
    this.#next[index] = number + 1
    const { life } = node
    this.#ports.lookups.look(node.fingers.target(number), (outcome) => {
      if (outcome.type === 'failed' || life !== node.life) return
      const serving = outcome.successors.filter((found) => node.fingers.isInArc(number, found))
      this.#choose(node, number, serving.slice(0, this.#options.proximityCandidates))
    })
  }

  #choose(node: VirtualNode, number: number, candidates: readonly RingNode[]): void {
    const { roundTrips, requests } = this.#ports
    if (candidates.length < 2) return this.#set(node, number, candidates[0])
    const { life } = node
    let waiting = 1
    const answered = (): void => {
      if (--waiting > 0 || life !== node.life) return
      const measured = candidates.filter(({ peer }) => roundTrips.of(peer) !== undefined)
      this.#set(node, number, nearest(measured, roundTrips) ?? candidates[0])
    }
    for (const { peer, index: at } of candidates) {
      if (roundTrips.of(peer) !== undefined) continue
      waiting++
      requests.ask(peer, { type: 'ping', at }, 1, answered)
    }
    answered()
  }

  #set(node: VirtualNode, number: number, finger: RingNode | undefined): void {
    if (node.fingers.get(number) === finger) return
    node.fingers.set(number, finger)
    node.refillTable()
  }
}

function nearest(nodes: readonly RingNode[], roundTrips: RoundTrips): RingNode | undefined {
  let best: RingNode | undefined
  let least = Number.POSITIVE_INFINITY
  for (const node of nodes) {
    const roundTrip = roundTrips.of(node.peer) ?? Number.POSITIVE_INFINITY
    if (roundTrip < least) [best, least] = [node, roundTrip]
  }
  return best
}
