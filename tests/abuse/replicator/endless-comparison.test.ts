import { expect, test } from 'vitest'
import type { StoreMessage } from '../../../node/reconciliation/index.ts'
import { createRandom, integer, type PeerId, type Random } from '../../../node/protocol/index.ts'
import { Pair } from '../../cores/replicator/pair.ts'
import { Chain, bob, type Stage } from '../../cores/replicator/stage.ts'

const attacker = 'attacker' as PeerId
const open = {
  kind: 'open',
  nonce: '00'.repeat(8),
  size: 9,
  fingerprint: 'ff'.repeat(8),
  mark: { epoch: 2, counter: 5 },
} as const

function fingerprint(random: Random): string {
  return Array.from({ length: 16 }, () => integer(random, 16).toString(16)).join('')
}

/** What keeps a session going: there is always something more to compare. */
const ways: Readonly<Record<string, (heard: StoreMessage, random: Random) => StoreMessage>> = {
  'one symbol more': (heard) => {
    const sent = heard.kind === 'sketch' ? heard.from + heard.symbols.length : 1
    return { kind: 'more', round: heard.round + 1, to: sent + 1 }
  },
  'all of the ring once more': (heard, random) => {
    const round = heard.kind === 'ranges' ? heard.ranges.round + 1 : 0
    const nonce = round === 0 ? { nonce: '11'.repeat(8) } : {}
    return {
      kind: 'ranges',
      round: heard.round + 1,
      ranges: { round, ...nonce, ranges: [{ kind: 'fingerprint', upper: 'end', fingerprint: fingerprint(random) }] },
    }
  },
  'each range once more': (heard, random) => {
    const round = heard.kind === 'ranges' ? heard.ranges.round + 1 : 0
    const nonce = round === 0 ? { nonce: '11'.repeat(8) } : {}
    const asked = heard.kind === 'ranges' ? heard.ranges.ranges : []
    const ranges = asked.map(({ upper }) => ({ kind: 'fingerprint', upper, fingerprint: fingerprint(random) }) as const)
    const whole = { kind: 'fingerprint', upper: 'end', fingerprint: fingerprint(random) } as const
    return {
      kind: 'ranges',
      round: heard.round + 1,
      ranges: { round, ...nonce, ranges: round === 0 ? [whole] : ranges },
    }
  },
}

/** A peer with many documents, and one that attacks it. */
function besieged(): Pair {
  const pair = new Pair()
  for (let index = 0; index < 500; index++) {
    pair.one.core.carry({ kind: 'named', network: 'test', name: `document ${index}` })
  }
  pair.one.core.connected(attacker)
  pair.one.hear({ type: 'interests', isWhole: true, isQuestion: false, patterns: ['*'], documents: [] }, attacker)
  pair.one.speak()
  return pair
}

function begin(victim: Stage, session: number): void {
  victim.hear({ type: 'compare', isOwn: true, session, interests: 0, message: { ...open, round: 0 } }, attacker)
}

function answerOf(victim: Stage, session: number): StoreMessage | undefined {
  const said = victim.speak().find((each) => each.type === 'compare' && each.session === session && !each.isOwn)
  return said?.type === 'compare' ? said.message : undefined
}

test.each(Object.keys(ways))('a comparison that wants %s ends within 32 rounds, and is counted', (way) => {
  const random = createRandom(way)
  const { one: victim } = besieged()
  for (let session = 1; session <= 100; session++) {
    victim.events.length = 0
    begin(victim, session)
    let heard = answerOf(victim, session)
    for (; heard !== undefined; heard = answerOf(victim, session)) {
      expect(heard.round).toBeLessThan(32)
      const message = (ways[way] as (typeof ways)[string])(heard, random)
      victim.hear({ type: 'compare', isOwn: true, session, message }, attacker)
    }
    victim.recorder.advance(11_000)
    victim.speak()
    const rejected = { type: 'rejected', reason: 'comparison', peer: attacker, document: undefined }
    expect(victim.events).toContainEqual(rejected)
    expect(victim.events.find(({ type }) => type === 'compared')).toMatchObject({ peer: attacker, isWhole: false })
  }
})

test('while it goes on, others are compared as ever', () => {
  const pair = besieged()
  const random = createRandom('meanwhile')
  const chain = new Chain(pair.other.document, bob)
  begin(pair.one, 1)
  let heard = answerOf(pair.one, 1)
  for (let round = 0; round < 8; round++) {
    pair.other.arrive(chain.next())
    if (round === 0) pair.connect()
    for (const stage of [pair.one, pair.other]) stage.recorder.advance(200)
    pair.other.core.synchronise()
    pair.talk()
    expect(pair.one.versionOf(bob)).toBe(round + 1)
    if (heard === undefined) break
    const message = (ways['one symbol more'] as (typeof ways)[string])(heard, random)
    pair.one.hear({ type: 'compare', isOwn: true, session: 1, message }, attacker)
    heard = answerOf(pair.one, 1)
  }
  expect(heard).toBeDefined()
})
