import type { Duration, Instant, PeerId, Random } from '../../node/protocol/index.ts'
import type { MessageId } from './messages.ts'

/** A neighbour that is no branch, and can replace one: it had this message not later than we. */
export interface Alternative {
  readonly peer: PeerId
  readonly id: MessageId
  readonly round: number
}

/** A message that came, and whether it shapes the tree. */
export interface Passed {
  readonly id: MessageId
  readonly round: number
  readonly shapes: boolean
}

/** How long the rate of messages is averaged. */
const rateWindow = 1000

/** With a message in so many milliseconds, half of the publishers whose turn it would be leave it to another. */
const crowdedSpacing = 300

/** A tree in which a quarter of the messages come twice is shaped four times as often. */
const untidyShare = 1 / 4
const untidyHaste = 4

/** Where so many come twice there are no shortcuts. */
const dearShare = 1 / 8

/** Two messages so much of `shapeInterval` apart may both shape. */
const leastPause = 1 / 8

/** The weight of the latest message in the mean of hops. */
const hopsWeight = 1 / 8

/** A first round of shortcuts comes with so many hops more than a long way, on average; one more with as many again. */
const longWay = 5
const hopsForRound = 1.75

/** The tree of one topic, as one peer sees it: which links are no branches, and how far messages come over the others. */
export class Tree {
  /** Who brought the topic here, and answers for it. */
  causer: PeerId
  readonly #shapeInterval: number
  /** Few: a list takes less room than a set, of which a flood of topics would make thousands. */
  #lazy: readonly PeerId[] = []
  /** Made when first needed. */
  #alternatives: Map<PeerId, Alternative> | undefined
  #latest: MessageId | undefined
  #shapedAt: Instant | undefined
  /** Since then, and how many of them came twice. */
  #messages = 0
  #duplicates = 0
  /** Mean hops of the messages that shape. */
  #hops = 0
  #rate = 0
  #countedSince: Instant = 0
  #count = 0

  /** @param shapeInterval see GossipOptions */
  constructor(causer: PeerId, shapeInterval: number) {
    this.causer = causer
    this.#shapeInterval = shapeInterval
  }

  /** The neighbours that are told of this topic's messages instead of given them. */
  get lazy(): readonly PeerId[] {
    return this.#lazy
  }

  graft(peer: PeerId): void {
    if (this.#lazy.includes(peer)) this.#lazy = this.#lazy.filter((other) => other !== peer)
  }

  prune(peer: PeerId): void {
    if (!this.#lazy.includes(peer)) this.#lazy = [...this.#lazy, peer]
  }

  passed({ id, round, shapes }: Passed, now: Instant): void {
    this.#latest = id
    this.#messages++
    if (shapes) {
      this.#messages = 0
      this.#duplicates = 0
      this.#shapedAt = now
      if (round > 0) this.#hops = this.#hops === 0 ? round : this.#hops + (round - this.#hops) * hopsWeight
    }
    this.#count++
    if (now - this.#countedSince < rateWindow) return
    this.#rate = this.#count / (now - this.#countedSince)
    this.#countedSince = now
    this.#count = 0
  }

  duplicate(): void {
    this.#duplicates++
  }

  /** Whether an own message is to shape the tree: one at a time does, whoever publishes it. */
  isToShape(now: Instant, random: Random): boolean {
    if (this.#shapeInterval === 0) return true
    const isUntidy = this.#duplicates > untidyShare * this.#messages
    const interval = isUntidy ? this.#shapeInterval / untidyHaste : this.#shapeInterval
    return this.#isQuiet(now, interval) && random.next() * (1 + crowdedSpacing * this.#rate) < 1
  }

  /** Whether another's message may: a liar's every message claims to. */
  mayShape(now: Instant): boolean {
    return this.#isQuiet(now, this.#shapeInterval * leastPause)
  }

  /** In how many rounds the messages that do not shape are given to all neighbours. */
  shortcutRounds(limit: number): number {
    // Rounds are hearsay: where many messages come twice ways are not so long, or paid for already.
    if (this.#duplicates > dearShare * this.#messages) return 0
    return Math.min(limit, Math.floor((this.#hops - longWay) / hopsForRound))
  }

  /** That neighbour can replace this branch. The nearest to the publisher of the latest message is kept. */
  offer(branch: PeerId, alternative: Alternative): void {
    this.#alternatives ??= new Map()
    const known = this.#alternatives.get(branch)
    if (known?.id === alternative.id && known.round <= alternative.round) return
    this.#alternatives.set(branch, alternative)
  }

  /** @param others how many neighbours there are besides @returns what names the tree when the link is to be a branch */
  neighbourUp(peer: PeerId, others: number): MessageId | undefined {
    if (this.#lazy.length >= others) return this.#latest
    this.prune(peer)
    return undefined
  }

  /** @param others how many neighbours are left @returns who becomes a branch in its place, if anybody */
  neighbourDown(peer: PeerId, others: number): Pick<Alternative, 'peer' | 'id'> | undefined {
    const alternative = this.#forget(peer)
    const wasBranch = !this.#lazy.includes(peer)
    this.graft(peer)
    if (!wasBranch || this.#latest === undefined || this.#shapeInterval === 0) return undefined
    if (alternative !== undefined && this.#lazy.includes(alternative.peer)) {
      this.graft(alternative.peer)
      return alternative
    }
    // Whoever has no branch left has nobody behind it: any link leads to the others.
    const [any] = this.#lazy
    if (any === undefined || this.#lazy.length < others) return undefined
    this.graft(any)
    return { peer: any, id: this.#latest }
  }

  /** Whether no message has shaped the tree for so long. */
  #isQuiet(now: Instant, time: Duration): boolean {
    return this.#shapedAt === undefined || now - this.#shapedAt >= time
  }

  /** @returns who could replace that branch */
  #forget(peer: PeerId): Alternative | undefined {
    if (this.#alternatives === undefined) return undefined
    const alternative = this.#alternatives.get(peer)
    this.#alternatives.delete(peer)
    for (const [branch, other] of this.#alternatives) if (other.peer === peer) this.#alternatives.delete(branch)
    return alternative
  }
}
