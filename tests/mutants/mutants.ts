/** One mistake, made on purpose, and the tests that have to find it. */
export interface Mutant {
  /** What of the protocol is not there any more. */
  readonly name: string
  /** From the root of the tree. */
  readonly file: string
  /** Stands in the file exactly once: a mutant that does not apply any more is an error, not a success. */
  readonly text: string
  readonly replacement: string
  /** Quick ones. At least one test in them fails. */
  readonly tests: readonly string[]
}

const suspicion = 'tests/cores/swim/suspicion.test.ts'
const detection = 'tests/cores/swim/failure-detection.test.ts'
const joining = 'tests/cores/swim/joining.test.ts'
const witnesses = 'tests/cores/swim/witnesses.test.ts'
const withdrawal = 'tests/cores/swim/withdrawal.test.ts'
const swim = 'tests/simulation/swim.test.ts'
const plumtree = 'tests/cores/gossip/plumtree.test.ts'
const hyparview = 'tests/cores/gossip/hyparview.test.ts'

export const mutants: readonly Mutant[] = [
  {
    name: 'suspicion: whoever does not answer a probe has failed',
    file: 'overlays/swim/group.ts',
    text: `this.#believe(record, 'suspected', record.incarnation, environment.self)`,
    replacement: `this.#believe(record, 'failed', record.incarnation, environment.self)`,
    tests: [detection],
  },
  {
    name: 'suspicion: no suspect ever fails',
    file: 'overlays/swim/group.ts',
    text: `this.#believe(record, 'failed', record.incarnation, this.#ports.environment.self)`,
    replacement: 'return',
    tests: [detection, suspicion],
  },
  {
    name: 'incarnation: what is worse is believed, however old',
    file: 'overlays/swim/members.ts',
    text: 'if (update.incarnation !== record.incarnation) return update.incarnation > record.incarnation',
    replacement: 'if (update.incarnation > record.incarnation) return true',
    tests: [suspicion],
  },
  {
    name: 'incarnation: others may say of a member what number they like',
    file: 'overlays/swim/members.ts',
    text: 'return Math.min(known + step, messageLimits.incarnation)',
    replacement: 'return Infinity',
    tests: [suspicion],
  },
  {
    name: 'refutation: the accused keeps silent',
    file: 'overlays/swim/self.ts',
    text: 'if (next !== undefined) {',
    replacement: 'if (next === Infinity) {',
    tests: [suspicion],
  },
  {
    name: 'refutation: the accused denies without a higher incarnation',
    file: 'overlays/swim/self.ts',
    text: 'this.#incarnation = Math.min(incarnation, messageLimits.incarnation)',
    replacement: '',
    tests: [suspicion],
  },
  {
    name: 'push/pull: nobody gives its list in return',
    file: 'overlays/swim/exchange.ts',
    text: 'if (pull && this.#mayBeGiven(from)) this.push(from, false)',
    replacement: '',
    tests: [joining],
  },
  {
    name: 'push/pull: lists are exchanged by joiners alone',
    file: 'overlays/swim/swim.ts',
    text: 'this.#exchange.withRandomMember()',
    replacement: '',
    tests: [joining, swim],
  },
  {
    name: 'witnesses: every silent probe is held against its target',
    file: 'overlays/swim/detector.ts',
    text: 'return this.#health.multiplier === this.#health.limit && !this.#fitness.isAmongTheWell',
    replacement: 'return true',
    tests: [witnesses],
  },
  {
    name: 'withdrawal: whatever the others say of themselves',
    file: 'overlays/swim/fitness.ts',
    text: 'return (this.#silent?.size ?? 0) >= fewestSilent && this.#areWell(nearlyAll)',
    replacement: 'return (this.#silent?.size ?? 0) >= 0',
    tests: [withdrawal],
  },
  {
    name: 'gossip, no graft: what was announced and does not come is not asked for',
    file: 'overlays/gossip/repair.ts',
    text: `if (peer === undefined) continue
      waiting.push(id)`,
    replacement: 'continue',
    tests: [plumtree],
  },
  {
    name: 'gossip, no graft: who asks is no branch',
    file: 'overlays/gossip/plumtree.ts',
    text: `this.trees.graft(kept.payload.topic, from)
      if (!isWanted) continue`,
    replacement: 'if (!isWanted) continue',
    tests: [plumtree],
  },
  {
    name: 'gossip, no prune: a duplicate leaves its link a branch',
    file: 'overlays/gossip/plumtree.ts',
    text: `this.#prune(kept.payload.topic, from)
    this.#send(from, { type: 'prune', id })
  }

  #receivePrune`,
    replacement: `}

  #receivePrune`,
    tests: [plumtree],
  },
  {
    name: 'gossip, no passive repair: a lost neighbour is not replaced',
    file: 'overlays/gossip/hyparview.ts',
    text: `this.#drop(peer)
    this.#fill()
  }

  /** @returns whether a peer that acts`,
    replacement: `this.#drop(peer)
  }

  /** @returns whether a peer that acts`,
    tests: [hyparview],
  },
  {
    name: 'gossip, no duplicate check: what was seen is taken again',
    file: 'overlays/gossip/plumtree.ts',
    text: 'if (this.#cache.hasSeen(id)) return this.#receiveDuplicate(id, payload, message.shapes, from)',
    replacement: '',
    tests: [plumtree],
  },
  {
    name: 'gossip, shaping: every message prunes, however soon after another',
    file: 'overlays/gossip/tree.ts',
    text: 'return this.#isQuiet(now, this.#shapeInterval * leastPause)',
    replacement: 'return true',
    tests: ['tests/cores/gossip/shaping.test.ts'],
  },
  {
    name: 'gossip, no alternative: a lost branch waits for missing messages',
    file: 'overlays/gossip/tree.ts',
    text: 'if (alternative !== undefined && this.#lazy.includes(alternative.peer)) {',
    replacement: 'if (others < 0 && alternative !== undefined) {',
    tests: ['tests/cores/gossip/shaping.test.ts'],
  },
  {
    name: 'gossip, eclipse: strangers displace anybody',
    file: 'overlays/gossip/active-view.ts',
    text: 'return 2 * unchosen.length < this.#size ? peers : unchosen',
    replacement: 'return peers',
    tests: [hyparview],
  },
]
