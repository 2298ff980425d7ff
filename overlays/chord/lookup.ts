import type { Instant, LookupContact, PeerId } from '../../node/protocol/index.ts'
import { arcIn, type Arc } from './arc.ts'
import { avoidLimit, closerLimit, type Following, type Reply } from './messages.ts'
import type { ResolvedChordOptions } from './options.ts'
import { isPlausible, type Said } from './plausibility.ts'
import { clockwise, distance, ringNode, type RingNode, type RingPoint } from './ring-node.ts'

/** How a lookup has ended. */
export type LookupOutcome = LookupSuccess | LookupFailure

export interface LookupSuccess extends Arc {
  readonly type: 'found'
  /** Whether the predecessor itself has said so, not somebody who has it in its list. */
  readonly isFirstHand: boolean
  /** As in `LookupTrace`: up to and including whoever gave the answer, most often the predecessor of the key. */
  readonly hops: number
  /** Who was asked, in that order. */
  readonly contacts: readonly LookupContact[]
}

interface LookupFailure {
  readonly type: 'failed'
  readonly reason: string
  readonly hops: number
  readonly contacts: readonly LookupContact[]
}

/** What is looked for, and who may say where it is. */
export interface Sought {
  readonly key: RingPoint
  readonly following: Following
  /** The same once an answer has been doubted. */
  readonly inDoubt: Following
}

export interface LookupPorts {
  readonly self: PeerId
  now(): Instant
  /** What this peer itself knows, as if those to avoid were not there. */
  own(following: Following, avoid: ReadonlySet<PeerId>): OwnAnswer
  /** Asks once for the next step. */
  ask(peer: PeerId, following: Following, avoid: readonly PeerId[], settle: (reply: Reply | undefined) => void): void
  /** How far neighbours are from each other, as a share of the ring; undefined where that cannot be told. */
  spacing(): number | undefined
  /** That peer did not answer. */
  silent(peer: PeerId): void
  /** It told nonsense. */
  disordered(peer: PeerId): void
  /** Called exactly once. */
  settle(outcome: LookupOutcome): void
}

/** What this peer itself knows of a key. */
export type OwnAnswer =
  /** The list of that node, one of its places on the ring, covers the key. */
  | ({ readonly type: 'found' } & Said)
  /** These are nearer, the nearest first; perhaps none. */
  | { readonly type: 'closer'; readonly nodes: readonly RingNode[] }
  /** It is on no ring. */
  | { readonly type: 'outside' }

/** An answer, and who gave it. */
interface Found extends Said {
  readonly candidate: Candidate
}

/**
 * Once an answer is in doubt so many more peers are asked, as one reply names. Among members that lie that finds the right
 * one as often as asking as many as `contactLimit` does, and an honest answer that only seems wrong costs no more than that.
 */
const doubtLimit = 8

interface Candidate {
  readonly node: RingNode
  /** Peers one after another up to and including this one. */
  readonly depth: number
}

/**
 * One iterative lookup (Stoica et al., ToN 2003, §VI-B): whoever is nearest before the key is asked for somebody nearer,
 * until one knows that the key belongs to its successor. Replies name several, so that a dead one costs one time-out and
 * nobody has to be asked twice.
 */
export class IterativeLookup {
  readonly key: RingPoint
  #following: Following
  readonly #inDoubt: Following
  readonly #ports: LookupPorts
  readonly #options: ResolvedChordOptions
  readonly #begun: Instant
  /** Not yet asked, the nearest to the key first. */
  #candidates: Candidate[] = []
  readonly #contacts: LookupContact[] = []
  readonly #asked = new Set<PeerId>()
  /** Silent in this lookup. */
  readonly #dead = new Set<PeerId>()
  /** The same, the nearest to the key first. */
  #deadByNearness: RingNode[] = []
  /** Those that have answered, the nearest to the key last, with how many were dead when they were asked. */
  #answering: { readonly candidate: Candidate; deadThen: number }[] = []
  /** When this peer last asked itself; not since the beginning, at first. */
  #deadAtFirst = -1
  /** Answers that claim much of the ring. */
  readonly #doubtful: Found[] = []
  /** Most peers to ask. */
  #limit: number
  #underWay = 0
  #deepest = 0
  #isSettled = false

  constructor({ key, following, inDoubt }: Sought, ports: LookupPorts, options: ResolvedChordOptions) {
    this.key = key
    this.#following = following
    this.#inDoubt = inDoubt
    this.#ports = ports
    this.#options = options
    this.#limit = options.contactLimit
    this.#begun = ports.now()
  }

  begin(nodes: readonly RingNode[]): void {
    this.#add(nodes, 1)
    this.#advance()
  }

  /** Ends with the best of the answers that were doubted, if there is one. */
  fail(reason: string): void {
    // Nobody can make up a node that is nearer to the key than the one that owns it.
    const distanceOf = (found: Found): number => distance(this.key, headOf(found).point)
    const [best] = this.#doubtful.sort((left, right) => distanceOf(left) - distanceOf(right))
    if (best !== undefined) this.#found(best)
    else this.end(reason)
  }

  /** Has failed, whatever has been answered. */
  end(reason: string): void {
    this.#settle({ type: 'failed', reason, hops: this.#deepest, contacts: this.#contacts })
  }

  #advance(): void {
    while (!this.#isSettled && this.#underWay < this.#options.parallelism) {
      const next = this.#next()
      if (next === undefined) break
      if (this.#asked.size >= this.#limit) return this.fail('too many peers were asked')
      this.#ask(next)
    }
    if (this.#underWay === 0 && !this.#isSettled) this.#goBack()
  }

  /** The nearest to be asked. Nobody behind the nearest that has answered, as long as that one has more to say. */
  #next(): Candidate | undefined {
    const isSpent = ({ node: { peer } }: Candidate): boolean => this.#asked.has(peer) || this.#dead.has(peer)
    while (this.#candidates[0] !== undefined && isSpent(this.#candidates[0])) this.#candidates.shift()
    const [next] = this.#candidates
    const nearest = this.#answering.at(-1)
    if (next === undefined || nearest === undefined || nearest.deadThen >= this.#dead.size)
      return this.#candidates.shift()
    const isBehind = clockwise(this.key)(next.node, nearest.candidate.node) < 0
    return isBehind ? undefined : this.#candidates.shift()
  }

  /**
   * All that were named are dead: those who named them may know others, once they are told. So may this peer, which may
   * also have taken a place on the ring since it was last looked at.
   */
  #goBack(): void {
    const last = this.#answering.findLast(({ deadThen }) => deadThen < this.#dead.size)
    if (last !== undefined) return this.#ask(last.candidate)
    if (this.#deadAtFirst === this.#dead.size) return this.fail('nobody who is known answers')
    this.#deadAtFirst = this.#dead.size
    const own = this.#ports.own(this.#following, this.#dead)
    if (own.type === 'found') return this.#settle(success(own, 0, this.#contacts))
    if (own.type === 'closer') this.#add(own.nodes, 1)
    this.#advance()
  }

  #ask(candidate: Candidate): void {
    const { peer } = candidate.node
    const deadThen = this.#dead.size
    const at = this.#ports.now() - this.#begun
    this.#asked.add(peer)
    this.#underWay++
    this.#ports.ask(peer, this.#following, this.#toAvoid(peer), (reply) => {
      this.#underWay--
      if (reply !== undefined) this.#remember(candidate, deadThen)
      const took = this.#ports.now() - this.#begun - at
      // In the order in which they were asked, not in that of their answers.
      const after = this.#contacts.findLastIndex((contact) => contact.at <= at)
      this.#contacts.splice(after + 1, 0, { peer, at, took, outcome: reply === undefined ? 'timed-out' : 'answered' })
      if (!this.#isSettled) this.#answered(candidate, reply)
    })
  }

  /**
   * Without a memory, those alone who named the dead are told of them. There is no room for all: those nearest to the key
   * are the ones that would be named again.
   */
  #toAvoid(peer: PeerId): readonly PeerId[] {
    const isTold = this.#options.deadMemory || this.#answering.some(({ candidate }) => candidate.node.peer === peer)
    return isTold ? this.#deadByNearness.slice(0, avoidLimit).map((node) => node.peer) : []
  }

  #answered(candidate: Candidate, reply: Reply | undefined): void {
    const { peer } = candidate.node
    if (reply === undefined) this.#silent(candidate.node)
    else this.#deepest = Math.max(this.#deepest, candidate.depth)
    if (reply?.type === 'closer') this.#add(reply.nodes, candidate.depth + 1)
    if (reply?.type === 'found') {
      const [from, list] = [ringNode(peer, reply.at), reply.successors]
      const arc = arcIn(from, list, this.key, this.#following)
      if (arc === undefined) this.#ports.disordered(peer)
      else if (isPlausible({ from, list, arc }, this.#ports.spacing(), this.#deadByNearness))
        return this.#found({ candidate, from, list, arc })
      else this.#doubt({ candidate, from, list, arc })
    }
    this.#advance()
  }

  #remember(candidate: Candidate, deadThen: number): void {
    const known = this.#answering.find((entry) => entry.candidate.node.peer === candidate.node.peer)
    if (known !== undefined) {
      known.deadThen = deadThen
      return
    }
    if (!this.#options.deadMemory) this.#forgetDead()
    const order = clockwise(this.key)
    const farther = this.#answering.findLastIndex((entry) => order(entry.candidate.node, candidate.node) < 0)
    this.#answering.splice(farther + 1, 0, { candidate, deadThen: this.#options.deadMemory ? deadThen : 0 })
  }

  #silent(node: RingNode): void {
    const { peer } = node
    this.#ports.silent(peer)
    // It may have answered before. Now it has nothing more to say, and nobody need be left out who is behind it.
    this.#answering = this.#answering.filter(({ candidate }) => candidate.node.peer !== peer)
    if (!this.#dead.has(peer)) {
      const order = clockwise(this.key)
      const place = this.#deadByNearness.findIndex((known) => order(known, node) < 0)
      this.#deadByNearness.splice(place < 0 ? this.#deadByNearness.length : place, 0, node)
      this.#dead.add(peer)
    }
    // Without a memory it is asked again when somebody else names it.
    if (!this.#options.deadMemory) this.#asked.delete(peer)
  }

  #forgetDead(): void {
    this.#dead.clear()
    this.#deadByNearness = []
  }

  #found(found: Found): void {
    this.#settle(success(found, found.candidate.depth, this.#contacts))
  }

  /** Some others are asked as if it had said nothing; if they know no better, it was right after all. */
  #doubt(found: Found): void {
    this.#doubtful.push(found)
    this.#limit = Math.min(this.#limit, this.#asked.size + doubtLimit)
    // Perhaps nobody but that one precedes the key: then it is in the lists of others that somebody else owns it.
    this.#following = this.#inDoubt
    const said = this.#answering.findIndex(({ candidate }) => candidate === found.candidate)
    if (said >= 0) this.#answering.splice(said, 1)
  }

  #settle(outcome: LookupOutcome): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#ports.settle(outcome)
  }

  #add(nodes: readonly RingNode[], depth: number): void {
    const order = clockwise(this.key)
    for (const node of nodes.slice(0, closerLimit)) {
      if (node.peer === this.#ports.self || this.#asked.has(node.peer) || this.#dead.has(node.peer)) continue
      // Mostly found among the first: whoever is named later is nearer than those named before.
      const place = this.#candidates.findIndex((known) => order(known.node, node) <= 0)
      if (place < 0) this.#candidates.push({ node, depth })
      else if (this.#candidates[place]?.node !== node) this.#candidates.splice(place, 0, { node, depth })
    }
    this.#candidates.length = Math.min(this.#candidates.length, 8 * closerLimit)
  }
}

export function success(
  { from, arc }: Pick<Said, 'from' | 'arc'>,
  hops: number,
  contacts: readonly LookupContact[],
): LookupSuccess {
  return { type: 'found', ...arc, isFirstHand: arc.predecessor === from, hops, contacts }
}

function headOf({ arc: { successors, predecessor } }: Found): RingNode {
  return successors[0] ?? predecessor
}
