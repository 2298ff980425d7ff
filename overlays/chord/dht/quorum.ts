import type { PeerId } from '../../../node/protocol/index.ts'

/** What one replica has said: an answer that counts, none, or one that others must not outvote. */
type Vote = 'yes' | 'no' | 'veto'

export interface QuorumPorts {
  /** Asks one replica; `voted` is called exactly once. */
  ask(peer: PeerId, voted: (vote: Vote) => void): void
  /** Enough have said yes; called at most once. */
  reached(): void
  /** Too few are left who could, or one has a veto; called at most once, and never after `reached`. */
  missed(yes: number): void
  /** Calls back when those that were asked at once have had their time. Left out where all of the N are. */
  patience?(isOver: () => void): void
  /** All that were asked have answered, or will not. Called once, last. */
  finished?(): void
}

export interface QuorumSize {
  /** N: how many peers in the order of the ring should have what is asked for. */
  readonly replicas: number
  /** So many have to say yes; all peers where there are fewer. */
  readonly wanted: number
  /** So many are asked at once, the others of the N when `patience` says so. */
  readonly atOnce: number
}

/**
 * Asks some of the replicas of a key. The first N are asked, at once or after a while; for each that does not answer the next one along the ring
 * is, so that a write does not fail where a replica has (Dynamo's sloppy quorum, §4.6). What was left with a substitute
 * finds its way home by itself: whoever holds a record that others should hold gives it to them (repair.ts).
 *
 * @param peers in the order of the ring from the key on
 */
export function askQuorum(
  peers: readonly PeerId[],
  { replicas, wanted, atOnce }: QuorumSize,
  ports: QuorumPorts,
): void {
  new Quorum(peers, Math.min(wanted, peers.length), ports).begin(replicas, atOnce)
}

class Quorum {
  readonly #ports: QuorumPorts
  readonly #wanted: number
  readonly #spare: PeerId[]
  #yes = 0
  #open = 0
  #isSettled = false

  constructor(peers: readonly PeerId[], wanted: number, ports: QuorumPorts) {
    this.#spare = [...peers]
    this.#wanted = wanted
    this.#ports = ports
  }

  begin(replicas: number, atOnce: number): void {
    const first = this.#spare.splice(0, Math.min(replicas, atOnce))
    this.#open = first.length
    if (first.length === 0) this.#end()
    for (const peer of first) this.#ask(peer)
    if (atOnce >= replicas) return
    this.#ports.patience?.(() => {
      for (let asked = atOnce; asked < replicas && !this.#isSettled; asked++) this.#replace()
    })
  }

  #ask(peer: PeerId): void {
    this.#ports.ask(peer, (vote) => {
      this.#open--
      if (vote === 'yes') this.#yes++
      if (vote === 'yes' && this.#yes === this.#wanted) this.#reach()
      if (vote === 'no') this.#replace()
      if (vote === 'veto') this.#miss()
      if (this.#open === 0) this.#end()
    })
  }

  #replace(): void {
    const next = this.#isSettled ? undefined : this.#spare.shift()
    if (next === undefined) return
    this.#open++
    this.#ask(next)
  }

  #reach(): void {
    this.#isSettled = true
    this.#ports.reached()
  }

  #end(): void {
    this.#miss()
    this.#ports.finished?.()
  }

  #miss(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#ports.missed(this.#yes)
  }
}
