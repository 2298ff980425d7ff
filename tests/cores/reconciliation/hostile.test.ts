import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type Random,
} from '../../../node/protocol/index.ts'
import {
  Reconciliation,
  bound,
  item,
  reconciliationCodec,
  wholeRing,
  type Bound,
  type Item,
  type ItemSet,
  type MessageRange,
  type ReconciliationMessage,
} from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'
import { itemBytes, randomItem, setOf } from './two-sides.ts'

const nonce = '00'.repeat(8)
const wrong = 'ff'.repeat(8)
const codec = reconciliationCodec(itemBytes)

/** A first message, to a peer with the four items of one byte 10, 20, 30 and 40. */
function outcomeOf(ranges: readonly MessageRange[], arc = wholeRing): unknown {
  const session = new Reconciliation(setOf([item('10'), item('20'), item('30'), item('40')], 1), arc)
  const { reply, have, need } = session.receive({ round: 0, nonce, ranges })
  if (session.outcome?.kind !== 'refused') return reply === undefined ? session.outcome : 'answered'
  expect({ reply, have, need }).toEqual({ reply: undefined, have: [], need: [] })
  return session.outcome.reason
}

const at = (text: string): Bound => bound(text)
const told = (upper: Bound | 'end'): MessageRange => ({ kind: 'fingerprint', upper, fingerprint: wrong })
const asked = (upper: Bound | 'end', ...items: string[]): MessageRange => ({
  kind: 'ask',
  upper,
  items: items.map((text) => item(text)),
})
const arc = { from: at('30'), to: at('15') }

test.each<[string, string, readonly MessageRange[], typeof wholeRing?]>([
  ['what an honest peer says', 'answered', [told(at('20')), asked('end', '20', '50')]],
  ['an arc round through zero', 'answered', [told(at('40')), asked('end', '50', '05')], arc],
  ['bounds out of order', 'ranges out of order or beyond the arc', [told(at('20')), told(at('10'))]],
  ['one bound twice', 'ranges out of order or beyond the arc', [told(at('20')), told(at('20'))]],
  ['a range that begins and ends with the arc', 'ranges out of order or beyond the arc', [told(at('30'))], arc],
  ['a bound beyond the arc', 'ranges out of order or beyond the arc', [told(at('20'))], arc],
  ['the end of the arc by its bound', 'ranges out of order or beyond the arc', [told(at('15'))], arc],
  ['a range behind the end', 'ranges out of order or beyond the arc', [told('end'), told('end')]],
  ['a skip out of order', 'ranges out of order or beyond the arc', [told(at('20')), { kind: 'skip', upper: at('05') }]],
  ['items out of order', 'items out of order or outside of their range', [asked('end', '20', '10')]],
  ['an item twice', 'items out of order or outside of their range', [asked('end', '20', '20')]],
  ['an item before its range', 'items out of order or outside of their range', [told(at('20')), asked('end', '10')]],
  ['an item behind its range', 'items out of order or outside of their range', [asked(at('20'), '20')]],
  ['an item beyond the arc', 'items out of order or outside of their range', [asked('end', '20')], arc],
  [
    'an answer to nothing',
    'a range of a kind that was not asked for',
    [{ kind: 'answer', upper: 'end', items: [], lacks: [] }],
  ],
])('%s in a first message: %s', (_, outcome, ranges, arc) => {
  expect(outcomeOf(ranges, arc)).toBe(outcome)
})

/** A peer that has asked for two ranges, [0, 20) with its item 10 and [20, end) with its item 30. */
function afterAsking(ranges: readonly MessageRange[]): unknown {
  const session = new Reconciliation(setOf([item('10'), item('30')], 1))
  const { reply } = session.receive({ round: 0, nonce, ranges: [told(at('20')), told('end')] })
  expect(reply?.ranges).toEqual([asked(at('20'), '10'), asked('end', '30')])
  const step = session.receive({ round: 2, ranges })
  return session.outcome?.kind === 'refused' ? session.outcome.reason : { ...step, ...session.outcome }
}

function answered(upper: Bound | 'end', items: readonly string[], lacks: readonly number[]): MessageRange {
  return { kind: 'answer', upper, items: items.map((text) => item(text)), lacks }
}

test.each<[string, unknown, readonly MessageRange[]]>([
  [
    'an honest answer',
    { kind: 'complete', have: ['10'], need: ['05', '40'] },
    [answered(at('20'), ['05'], [0]), answered('end', ['40'], [])],
  ],
  ['no answer: both are the same', { kind: 'complete', have: [], need: [] }, []],
  [
    'half an answer and a cut',
    { kind: 'stopped', limit: 'peer', settledTo: '10', have: [], need: ['05'] },
    [answered(at('10'), ['05'], []), { kind: 'cut', upper: 'end' }],
  ],
  [
    'items that the asker has listed or has',
    { kind: 'complete', have: [], need: [] },
    [answered(at('20'), ['10'], [])],
  ],
  ['half an answer', 'an answer to a part of what was asked', [answered(at('10'), [], [])]],
  ['one answer to two', 'a range that is not open', [answered('end', [], [])]],
  [
    'an answer from the middle',
    'an answer to a part of what was asked',
    [{ kind: 'skip', upper: at('10') }, answered(at('20'), [], [])],
  ],
  ['a place that was not listed', 'a place that no item has', [answered(at('20'), [], [1])]],
  [
    'a place behind the answer',
    'a place that no item has',
    [answered(at('10'), [], [0]), { kind: 'cut', upper: 'end' }],
  ],
  ['a question in return', 'a range of a kind that was not asked for', [told(at('20'))]],
  ['a list in return', 'a range of a kind that was not asked for', [asked(at('20'))]],
])('%s after two lists: %j', (_, outcome, ranges) => {
  expect(afterAsking(ranges)).toEqual(outcome)
})

test('messages doubled, late, early, or after the end change nothing', () => {
  const random = createRandom('doubled')
  const items = Array.from({ length: 200 }, () => randomItem(random))
  const [one, other] = [new Reconciliation(setOf(items.slice(20))), new Reconciliation(setOf(items.slice(0, 150)))]
  const heard: ReconciliationMessage[] = []
  let have = 0
  let message: ReconciliationMessage | undefined = one.begin(random)
  for (let round = 0; message !== undefined; round++) {
    heard.push(message)
    const receiver: Reconciliation = round % 2 === 0 ? other : one
    const step = receiver.receive(message)
    have += step.have.length
    message = step.reply
    for (const old of heard)
      for (const side of [one, other]) {
        if (old.round % 2 === (side === one ? 1 : 0)) expect(side.receive(old)).toEqual({ have: [], need: [] })
      }
    expect(receiver.receive({ round: 31, ranges: [] })).toEqual({ have: [], need: [] })
  }
  expect([one.outcome, other.outcome]).toEqual([{ kind: 'complete' }, { kind: 'complete' }])
  expect(have).toBe(70)
})

/** Bytes of a message changed, cut, or put together of two. */
function mutated(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  const kind = integer(random, 4)
  if (kind === 0) return bytes.slice(0, integer(random, bytes.length))
  if (kind === 1)
    return new Uint8Array([
      ...bytes.slice(0, integer(random, bytes.length)),
      ...other.slice(integer(random, other.length)),
    ])
  for (let count = 1 + integer(random, 3); count > 0; count--) {
    const place = integer(random, random.next() < 0.5 ? Math.min(16, changed.length) : changed.length)
    changed[place] = integer(random, 256)
  }
  return changed
}

/** Ranges left out, doubled, exchanged, or of another kind. */
function rearranged(random: Random, { round, nonce, ranges }: ReconciliationMessage): ReconciliationMessage {
  const changed = ranges.slice()
  for (let count = 1 + integer(random, 3); count > 0 && changed.length > 0; count--) {
    const place = integer(random, changed.length)
    const range = changed[place] as MessageRange
    const other = changed[integer(random, changed.length)] as MessageRange
    const last = changed.at(-1) as MessageRange
    const kind = integer(random, 6)
    if (kind === 0) changed.splice(place, 1)
    if (kind === 1 && range.upper !== 'end') changed.splice(place, 0, range)
    if (kind === 2 && range.kind !== 'cut') changed[place] = { ...range, upper: other.upper }
    if (kind === 3) changed[place] = { kind: 'ask', upper: range.upper, items: other.kind === 'ask' ? other.items : [] }
    if (kind === 4) changed[place] = { kind: 'fingerprint', upper: range.upper, fingerprint: wrong }
    if (kind === 5) changed.splice(-1, 1, { ...last, upper: 'end' } as MessageRange)
  }
  return { round, ...(nonce === undefined ? {} : { nonce }), ranges: changed }
}

test('whatever a peer sends, decoding it fails by its one error or the session goes on to an end, and reports no lie about its own set', () => {
  const random = createRandom('hostile')
  const pool = Array.from({ length: 400 }, () => randomItem(random))
  const sets = Array.from({ length: 20 }, () => setOf(pool.filter(() => random.next() < 0.8)))
  const seen = { malformed: 0, refused: 0, ended: 0 }
  let previous: Uint8Array = new Uint8Array(20)
  for (let frames = 0; frames < figure('frames', 10_000, 100_000);) {
    const own = sets[integer(random, sets.length)] as ItemSet
    const victim = new Reconciliation(own, wholeRing, { branching: 4 })
    const peer = new Reconciliation(sets[integer(random, sets.length)] as ItemSet, wholeRing, { branching: 3 })
    const reported: Item[] = []
    let message: ReconciliationMessage | undefined = peer.begin(random)
    let rounds = 0
    while (message !== undefined && victim.outcome === undefined) {
      expect(rounds++).toBeLessThan(32)
      const sent: ReconciliationMessage = random.next() < 0.4 ? rearranged(random, message) : message
      let bytes: Uint8Array = encodeMessage(codec, sent)
      if (random.next() < 0.2) bytes = mutated(random, bytes, previous)
      previous = bytes
      frames++
      const decoded = decoding(bytes)
      if (decoded === undefined) seen.malformed++
      const { have, need, reply } = victim.receive(decoded ?? message)
      expect(have.every((item) => own.has(item)) && need.every((item) => !own.has(item))).toBe(true)
      reported.push(...have, ...need)
      if (reply === undefined) break
      const answer = encodeMessage(codec, reply)
      expect(encodeMessage(codec, decodeMessage(codec, answer))).toEqual(answer)
      message = peer.receive(reply).reply
    }
    expect(new Set(reported).size).toBe(reported.length)
    if (victim.outcome?.kind === 'refused') seen.refused++
    else if (victim.outcome !== undefined) seen.ended++
  }
  expect(Math.min(seen.malformed, seen.refused, seen.ended)).toBeGreaterThan(100)
})

function decoding(bytes: Uint8Array): ReconciliationMessage | undefined {
  try {
    return decodeMessage(codec, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
    return undefined
  }
}

test('a peer that disputes every fingerprint gets no more than the limits allow', () => {
  const random = createRandom('dispute')
  const own = Array.from({ length: 20_000 }, () => randomItem(random))
  const victim = new Reconciliation(setOf(own))
  let message: ReconciliationMessage | undefined = { round: 0, nonce, ranges: [told('end')] }
  let reported = 0
  let rounds = 0
  while (message !== undefined) {
    rounds++
    const { reply, have, need } = victim.receive(message)
    reported += have.length + need.length
    if (reply === undefined) break
    expect(encodeMessage(codec, reply).length).toBeLessThanOrEqual(262_144)
    const ranges = reply.ranges.flatMap((range): MessageRange[] => {
      if (range.kind === 'fingerprint') return [told(range.upper)]
      if (range.kind === 'ask')
        return [{ kind: 'answer', upper: range.upper, items: [], lacks: range.items.map((_, place) => place) }]
      return range.kind === 'skip' ? [range] : []
    })
    message = { round: reply.round + 1, ranges }
  }
  expect(rounds).toBeLessThanOrEqual(16)
  expect(victim.outcome).toBeDefined()
  expect(reported).toBeLessThanOrEqual(16_384 + 16)
})

test('an empty list for everything is answered within one message', () => {
  const random = createRandom('empty list')
  const victim = new Reconciliation(setOf(Array.from({ length: 20_000 }, () => randomItem(random))))
  const { reply, have } = victim.receive({ round: 0, nonce, ranges: [asked('end')] })
  expect(encodeMessage(codec, reply as ReconciliationMessage).length).toBeLessThanOrEqual(262_144)
  expect(have.length).toBeGreaterThan(4000)
  expect(victim.outcome).toMatchObject({ kind: 'stopped', limit: 'bytes' })
})
