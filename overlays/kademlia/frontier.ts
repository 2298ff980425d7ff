import type { PeerId as Libp2pPeerId, PeerInfo } from '@libp2p/interface'
import { compareDistance, kadIdOfPeer, type KadId } from './distance.ts'
import type { Standing } from './standing.ts'

/** A peer that a search may ask. */
export interface Candidate {
  readonly id: string
  readonly peer: PeerInfo
  readonly kadId: KadId
  /** Which of the disjoint paths it is on. */
  readonly path: number
  /** Who told of it, unless it is in the routing table, or connected. */
  readonly informant: string | undefined
  /** It is asked only if it is nearer than this, unless all there are must be asked. */
  readonly within: KadId | undefined
}

export interface FrontierOptions {
  readonly target: KadId
  readonly self: Libp2pPeerId
  /** Replicas (k). */
  readonly size: number
  /** Disjoint paths, and peers asked at once on each of them (α). */
  readonly parallelism: number
  /** Whether those that a peer tells of answer, and values of its are valid. */
  readonly words: Standing
  /** Whether a peer answers. */
  readonly voices: Standing
  /** Whether the peer can be asked without a dial. */
  hasMet(peer: Libp2pPeerId): boolean
}

/** Who is known to answer, who is known but has been silent of late, and whom somebody else has told of. */
const lanes = ['sure', 'silent', 'stranger'] as const
type Lane = (typeof lanes)[number]

/** Of one informant in one search: strangers tried in vain until no more are, and such that are under way at once. */
const vainLimit = 2
/** Peers named in one answer that are looked at. Honest ones name k. */
const namedLimit = 256
/** What is not valid nobody says by chance. */
const lieWeight = 2

/**
 * Whom one search asks next. S/Kademlia's disjoint paths (§4.4 there): nobody is asked on two of them, and each goes on until
 * its own k nearest have answered.
 *
 * Deviation: who is known and answers is never kept waiting by others. Strangers, whom somebody has told of, are asked beside
 * it, the nearest of each informant first, and only while there is no reason to doubt the informant.
 */
export class Frontier {
  readonly #options: FrontierOptions
  readonly #seen = new Set<string>()
  /** Not asked yet, the nearest first, by path. */
  readonly #waiting: Candidate[][]
  /** Distances of those that have answered, by path. At most k, the nearest first. */
  readonly #answered: KadId[][]
  readonly #running = new Set<Candidate>()
  readonly #answers = new Map<string, { good: number; vain: number }>()
  #count = 0

  constructor(options: FrontierOptions, known: readonly Libp2pPeerId[]) {
    this.#options = options
    this.#waiting = Array.from({ length: options.parallelism }, () => [])
    this.#answered = this.#waiting.map(() => [])
    this.#seen.add(options.self.toString())
    for (const [index, peer] of known.entries()) {
      this.#add({ id: peer, multiaddrs: [] }, index % options.parallelism)
    }
  }

  /** So many peers have answered. */
  get answers(): number {
    return this.#count
  }

  /** Nobody is waited for who can be counted upon: strangers alone, or nobody at all. */
  get isSure(): boolean {
    return ![...this.#running].some((candidate) => this.#laneOf(candidate) === 'sure')
  }

  /** Somebody is waited for of whom a peer has told whose word has been good so far. */
  get hasTrusted(): boolean {
    return [...this.#running].some(
      ({ informant }) => informant !== undefined && this.#options.words.isTrusted(informant),
    )
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  /** @returns those that are to be asked now, who count as under way from here on */
  next(): readonly Candidate[] {
    const begun: Candidate[] = []
    for (const path of this.#waiting.keys()) {
      for (const lane of lanes) {
        let room = this.#options.parallelism - this.#countRunning(path, lane)
        while (room-- > 0) {
          const candidate = this.#take(path, lane)
          if (candidate === undefined) break
          this.#running.add(candidate)
          begun.push(candidate)
        }
      }
    }
    return begun
  }

  /** @param closer whom it tells of, of which the k nearest are heard */
  answered(candidate: Candidate, closer: readonly PeerInfo[]): void {
    const { target, size, words, voices } = this.#options
    const { id, path, kadId, informant } = candidate
    if (!this.#running.delete(candidate)) return
    this.#count++
    this.#answered[path] = [...(this.#answered[path] ?? []), kadId]
      .sort((left, right) => compareDistance(target, left, right))
      .slice(0, size)
    voices.forgive(id)
    if (informant !== undefined) {
      this.#answersOf(informant).good++
      words.praise(informant)
    }
    const named = closer.slice(0, namedLimit).map((peer) => ({ peer, kadId: kadIdOfPeer(peer.id) }))
    named.sort((left, right) => compareDistance(target, left.kadId, right.kadId))
    for (const { peer } of named.slice(0, size)) this.#add(peer, path, candidate)
  }

  /** @param lied it has answered, but not what is valid */
  failed(candidate: Candidate, lied: boolean): void {
    const { words, voices } = this.#options
    const { id, informant } = candidate
    if (!this.#running.delete(candidate)) return
    if (lied) return words.blame(id, lieWeight)
    if (informant === undefined) return voices.blame(id)
    this.#answersOf(informant).vain++
    words.blame(informant)
  }

  #add(peer: PeerInfo, path: number, from?: Candidate): void {
    const id = peer.id.toString()
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    const informant = this.#options.hasMet(peer.id) ? undefined : from?.id
    const candidate = { id, peer, kadId: kadIdOfPeer(peer.id), path, informant, within: from?.kadId }
    const waiting = this.#waiting[path] ?? []
    const { target } = this.#options
    const at = waiting.findIndex((other) => compareDistance(target, candidate.kadId, other.kadId) < 0)
    waiting.splice(at < 0 ? waiting.length : at, 0, candidate)
  }

  #take(path: number, lane: Lane): Candidate | undefined {
    const waiting = this.#waiting[path] ?? []
    const at = waiting.findIndex((candidate) => this.#laneOf(candidate) === lane && this.#isWanted(candidate))
    return at < 0 ? undefined : waiting.splice(at, 1)[0]
  }

  #isWanted({ path, kadId, within, informant }: Candidate): boolean {
    const { target, size, words } = this.#options
    const isNearer = (than: KadId | undefined): boolean =>
      than === undefined || compareDistance(target, kadId, than) < 0
    if (!isNearer(this.#answered[path]?.[size - 1])) return false
    if (!isNearer(within) && this.#count + this.#running.size >= size) return false
    if (informant === undefined) return true
    if (words.isDoubted(informant)) return false
    const { good, vain } = this.#answersOf(informant)
    const running = [...this.#running].filter((other) => other.informant === informant).length
    return vain < vainLimit && running < Math.min(good + 1, vainLimit)
  }

  #laneOf({ id, informant }: Candidate): Lane {
    if (informant !== undefined) return 'stranger'
    return this.#options.voices.isDoubted(id) ? 'silent' : 'sure'
  }

  #countRunning(path: number, lane: Lane): number {
    return [...this.#running].filter((other) => other.path === path && this.#laneOf(other) === lane).length
  }

  #answersOf(informant: string): { good: number; vain: number } {
    const answers = this.#answers.get(informant) ?? { good: 0, vain: 0 }
    this.#answers.set(informant, answers)
    return answers
  }
}
