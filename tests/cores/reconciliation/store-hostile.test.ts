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
  Sketch,
  StoreReconciliation,
  head,
  storeReconciliationCodec,
  type HeadIndex,
  type HeadRecord,
  type StoreMessage,
  type StoreStep,
} from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'
import { indexOf, randomHead, randomRecord, randomRecords } from './two-stores.ts'

const codec = storeReconciliationCodec
const nonce = '00'.repeat(8)
const wrong = 'ff'.repeat(8)
const mark = { epoch: 2, counter: 5 }
const nothing = { carried: [], lacked: [] }
const open: StoreMessage = { kind: 'open', round: 0, nonce, size: 9, fingerprint: wrong, mark }
const own = randomRecords('own', 50)

function decoding(bytes: Uint8Array): StoreMessage | undefined {
  try {
    return decodeMessage(codec, bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedMessageError)
    return undefined
  }
}

test('random bytes are a message or malformed, nothing else', () => {
  const random = createRandom('bytes')
  for (let frames = figure('frames', 10_000, 100_000); frames > 0; frames--) {
    const bytes = Uint8Array.from({ length: integer(random, 80) }, (_, at) => integer(random, at < 2 ? 10 : 256))
    const message = decoding(bytes)
    if (message !== undefined) expect(encodeMessage(codec, message)).toEqual(bytes)
  }
})

/** Bytes of a message changed, cut, or put together of two. */
function mutated(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const kind = integer(random, 4)
  if (kind === 0) return bytes.slice(0, integer(random, bytes.length))
  if (kind === 1) {
    const [cut, from] = [integer(random, bytes.length), integer(random, other.length)]
    return new Uint8Array([...bytes.slice(0, cut), ...other.slice(from)])
  }
  const changed = bytes.slice()
  for (let count = 1 + integer(random, 3); count > 0; count--) {
    const place = integer(random, random.next() < 0.5 ? Math.min(24, changed.length) : changed.length)
    changed[place] = integer(random, 256)
  }
  return changed
}

/** A message as it is, but for what it says. */
function falsified(random: Random, message: StoreMessage, pool: readonly HeadRecord[]): StoreMessage {
  const lies = Array.from({ length: integer(random, 8) }, () => {
    const { document } = random.next() < 0.2 ? randomRecord(random) : (pool[integer(random, pool.length)] as HeadRecord)
    return { document, head: randomHead(random) }
  })
  const fingerprint = random.next() < 0.5 ? wrong : nonce
  switch (message.kind) {
    case 'open':
      return {
        ...message,
        fingerprint,
        size: integer(random, 3) * 100,
        ...(random.next() < 0.5 ? { records: lies } : {}),
      }
    case 'feed':
      return {
        ...message,
        records: random.next() < 0.5 ? lies : message.records,
        ...(random.next() < 0.5 ? { fingerprint } : {}),
      }
    case 'sketch': {
      const symbols = message.symbols.slice(0, message.symbols.length)
      for (let count = 1 + integer(random, 40); count > 0; count--) {
        const [from, to] = [integer(random, symbols.length), integer(random, symbols.length)]
        for (const numbers of [symbols.highs, symbols.lows, symbols.checks, symbols.counts]) {
          if (random.next() < 0.8) numbers[to] = numbers[from] as number
        }
      }
      return { ...message, symbols }
    }
    case 'more':
      return { ...message, to: integer(random, 0x1000_0000) }
    case 'tell': {
      const wants = message.wants.map((want) => (random.next() < 0.5 ? want : { ...want, low: integer(random, 100) }))
      const extra = Array.from({ length: integer(random, 20) }, () => ({
        high: integer(random, 9),
        low: integer(random, 9),
      }))
      return {
        ...message,
        records: lies,
        wants: [...wants, ...extra],
        isLast: random.next() < 0.5,
        ...(random.next() < 0.5 ? { fingerprint } : {}),
      }
    }
    case 'ranges':
      return { ...message, ranges: { ...message.ranges, ranges: message.ranges.ranges.slice(integer(random, 3)) } }
    case 'done':
      return { ...message, standings: random.next() < 0.5 ? ['lacked', randomHead(random)] : [] }
    case 'equal':
    case 'stop':
      return message
  }
}

/** Of some kind or other, though the session may be elsewhere. */
function misplaced(random: Random, heard: readonly StoreMessage[], round: number): StoreMessage {
  const other = heard[integer(random, heard.length)] as StoreMessage
  return { ...other, round }
}

interface Pair {
  readonly victim: HeadIndex
  readonly peer: HeadIndex
}

test('whatever a peer sends, in every state a session ends within its rounds and reports no lie about its own store', () => {
  const random = createRandom('hostile')
  const pool = randomRecords('pool', 300)
  const again = pool.map(({ document }) => ({ document, head: randomHead(random) }))
  const store = (epoch: number): HeadIndex => {
    const differing = integer(random, 3) * 60
    const records = pool.map((record, place) => (place < differing && random.next() < 0.5 ? again[place] : record))
    return indexOf(records.filter((_, place) => place >= differing || random.next() < 0.8) as HeadRecord[], {
      epoch,
      symbolLimit: 1024,
    })
  }
  const pairs = Array.from({ length: 30 }, (): Pair => ({ victim: store(1), peer: store(2) }))
  const heard: StoreMessage[] = [open]
  const seen = { malformed: 0, refused: 0, ended: 0, methods: new Set<string>() }
  let previous: Uint8Array = encodeMessage(codec, open)
  for (let frames = 0; frames < figure('frames', 10_000, 100_000);) {
    const pair = pairs[integer(random, pairs.length)] as Pair
    const since = (index: HeadIndex): number => Math.max(0, index.counter - integer(random, 50))
    const cursor = { ours: { epoch: 1, counter: since(pair.victim) }, theirs: { epoch: 2, counter: since(pair.peer) } }
    const options = random.next() < 0.3 ? { symbolLimit: 48 } : {}
    const session = new StoreReconciliation(pair.victim, random, random.next() < 0.5 ? { ...options, cursor } : options)
    const back = { ours: cursor.theirs, theirs: cursor.ours }
    const peer = new StoreReconciliation(pair.peer, random, random.next() < 0.5 ? { cursor: back } : {})
    const feeds = random.next() < 0.5
    let message: StoreMessage | undefined
    const hear = (said: StoreMessage | undefined): void => {
      if (said === undefined) return
      const step: StoreStep = session.receive(said)
      for (const { document, theirs } of step.carried)
        expect([undefined, theirs]).not.toContain(pair.victim.get(document))
      for (const { document } of step.lacked) expect(pair.victim.get(document)).toBeUndefined()
      message =
        step.reply === undefined ? undefined : peer.receive(said === step.reply ? said : through(step.reply)).reply
    }
    message = random.next() < 0.5 ? peer.begin({ feeds }) : peer.receive(through(session.begin({ feeds }))).reply
    for (let rounds = 0; message !== undefined && session.outcome === undefined; rounds++) {
      expect(rounds).toBeLessThanOrEqual(16)
      heard[integer(random, 200) % Math.min(200, heard.length + 1)] = message
      const said: StoreMessage =
        random.next() < 0.3
          ? falsified(random, message, pool)
          : random.next() < 0.1
            ? misplaced(random, heard, message.round)
            : message
      const whole: Uint8Array = encodeMessage(codec, said)
      const bytes = random.next() < 0.25 ? mutated(random, whole, previous) : whole
      previous = whole
      frames++
      const decoded = decoding(bytes)
      if (decoded === undefined) seen.malformed++
      const expectedRound: number = message.round
      const truth: StoreMessage = message
      message = undefined
      hear(decoded?.round === expectedRound ? decoded : truth)
    }
    const { outcome } = session
    session.close()
    peer.close()
    if (outcome?.kind === 'refused') seen.refused++
    else if (outcome !== undefined) seen.ended++
    if (outcome !== undefined) seen.methods.add(outcome.method)
  }
  expect(Math.min(seen.malformed, seen.refused, seen.ended)).toBeGreaterThan(100)
  expect(seen.methods).toEqual(new Set(['equal', 'feed', 'sketch', 'ranges']))
})

/** What a session sends always decodes, to the same, and is not too long. */
function through(message: StoreMessage): StoreMessage {
  const bytes = encodeMessage(codec, message)
  expect(bytes.length).toBeLessThanOrEqual(262_144)
  const decoded = decodeMessage(codec, bytes)
  expect(encodeMessage(codec, decoded)).toEqual(bytes)
  return decoded
}

/** A session that has sent its first symbols. */
function afterSketch(): StoreReconciliation {
  const session = new StoreReconciliation(indexOf(own), createRandom(1))
  expect(session.receive(open).reply).toMatchObject({ kind: 'sketch', round: 1 })
  return session
}

/** A session that has begun, and waits for an answer. */
function afterOpen(): StoreReconciliation {
  const session = new StoreReconciliation(indexOf(own), createRandom(1))
  session.begin()
  return session
}

const first = { mark, standings: [], counts: new Int32Array(0) }
const want = { high: 1, low: 2 }
const [known] = own as [HeadRecord]

test.each<[string, () => StoreReconciliation, StoreMessage]>([
  ['a message of the kind done that is not due', afterOpen, { kind: 'done', round: 1, standings: [] }],
  ['a message of the kind equal that is not due', afterSketch, { kind: 'equal', round: 2, mark }],
  ['standings of what was not fed', afterOpen, { kind: 'feed', round: 1, mark, records: [], standings: ['same'] }],
  ['a feed out of turn', afterOpen, { kind: 'feed', round: 1, mark, records: [], standings: [], fingerprint: wrong }],
  ['symbols wanted that were sent', afterSketch, { kind: 'more', round: 2, to: 48 }],
  ['symbols that are not due', afterOpen, { kind: 'sketch', round: 1, from: 5, size: 1, symbols: new Sketch(3) }],
  [
    'symbols that are not due',
    afterOpen,
    { kind: 'sketch', round: 1, from: 0, size: 1, symbols: new Sketch(0), first },
  ],
  [
    'symbols that are not due',
    afterOpen,
    { kind: 'sketch', round: 1, from: 0, size: 1, symbols: new Sketch(9000), first },
  ],
  [
    'more wanted than the symbols can hold',
    afterSketch,
    { kind: 'tell', round: 2, records: [], wants: Array.from({ length: 49 }, () => want), isLast: true },
  ],
])('%s: refused, and nothing of it believed', (reason, session, message) => {
  const victim = session()
  expect(victim.receive(message)).toEqual(nothing)
  expect(victim.outcome).toMatchObject({ kind: 'refused', reason })
})

test('more told after the last is refused', () => {
  const session = afterSketch()
  const lie = { document: known.document, head: head('00'.repeat(16)) }
  const tell: StoreMessage = { kind: 'tell', round: 2, records: [lie], wants: [], isLast: false }
  expect(session.receive(tell).carried).toMatchObject([{ document: known.document, theirs: lie.head }])
  session.receive({ ...tell, round: 4, records: [], isLast: true, fingerprint: wrong })
  expect(session.receive({ ...tell, round: 6 })).toEqual(nothing)
  expect(session.outcome).toMatchObject({ kind: 'refused' })
})

test.each<[string, (round: number) => StoreMessage]>([
  ['wants more symbols', (round) => ({ kind: 'more', round, to: 48 + round })],
  ['goes on telling', (round) => ({ kind: 'tell', round, records: randomRecords(round, 5), wants: [], isLast: false })],
])('a peer that %s for ever is stopped at the last round', (_, say) => {
  const session = afterSketch()
  let rounds = 0
  for (let round = 2; session.outcome === undefined; round += 2) {
    const { reply } = session.receive(say(round))
    expect(++rounds).toBeLessThan(17)
    if (session.outcome !== undefined) expect(reply).toEqual({ kind: 'stop', round: 31 })
  }
  expect(session.outcome).toMatchObject({ kind: 'stopped', limit: 'rounds', rounds: 32 })
})

test('a session does no more than its work', () => {
  const session = new StoreReconciliation(indexOf(own), createRandom(1), { workLimit: 100 })
  session.receive(open)
  const { reply } = session.receive({
    kind: 'tell',
    round: 2,
    records: randomRecords(1, 7),
    wants: [],
    isLast: false,
  })
  expect(reply).toEqual({ kind: 'stop', round: 3 })
  expect(session.outcome).toMatchObject({ kind: 'stopped', limit: 'work' })
})

test('a peer that tells whole messages of lies is stopped soon after the most that an honest one tells', () => {
  const session = afterSketch()
  let believed = 0
  for (let round = 2; session.outcome === undefined; round += 2) {
    const records = randomRecords(round, 5400)
    believed += session.receive({ kind: 'tell', round, records, wants: [], isLast: false }).lacked.length
  }
  expect(session.outcome).toMatchObject({ kind: 'stopped', limit: 'work' })
  expect(believed).toBe(12 * 5400)
})

test('a store with nothing is told as much as a session may, and of the rest in later ones', () => {
  const [empty, full] = [indexOf([]), indexOf(randomRecords('full', 250))]
  let sessions = 0
  for (let kind: string | undefined = ''; kind !== 'complete' && sessions < 9; sessions++) {
    const [one, other] = [
      new StoreReconciliation(empty, createRandom(sessions)),
      new StoreReconciliation(full, createRandom(1), { recordLimit: 100 }),
    ]
    const found: HeadRecord[] = []
    let message: StoreMessage | undefined = one.begin()
    while (message !== undefined) {
      const reply: StoreMessage | undefined = other.receive(message).reply
      if (reply === undefined) break
      const step: StoreStep = one.receive(reply)
      found.push(...step.lacked)
      message = step.reply
    }
    for (const { document, head } of found) empty.set(document, head)
    kind = one.outcome?.kind
    if (sessions === 0) expect(other.outcome).toMatchObject({ kind: 'stopped', limit: 'records' })
  }
  expect(empty.size).toBe(250)
})

test.each([
  [{ feedLimit: 4001 }, 'Cannot use 4001 as feedLimit: it must be an integer from 0 to 4000'],
  [{ roundLimit: 33 }, 'Cannot use 33 as roundLimit'],
  [{ recordLimit: 0 }, 'Cannot use 0 as recordLimit'],
])('options %j are refused', (options, message) => {
  expect(() => new StoreReconciliation(indexOf([]), createRandom(1), options)).toThrow(message)
})
