// One session of each kind, measured: bytes, round trips, computing.
import { createRandom, encodeMessage, type Codec, type Random } from '../../node/protocol/index.ts'
import {
  Reconciliation,
  SketchReader,
  SketchSender,
  StoreReconciliation,
  reconciliationCodec,
  storeReconciliationCodec,
  wholeRing,
  type Arc,
  type HeadIndex,
  type ItemSet,
  type PeerCursor,
  type ReconciliationMessage,
  type ReconciliationOutcome,
  type StoreMessage,
  type StoreOutcome,
} from '../../node/reconciliation/index.ts'

export interface Figures {
  readonly bytes: number
  /** Until the side that began knows the last difference. */
  readonly roundTrips: number
  readonly messages: number
  /** Both sides together. */
  readonly milliseconds: number
  readonly found: number
}

/** Symbols of the second store, taken by the first until it knows the hashes that differ. */
export function sketchFigures(one: HeadIndex, other: HeadIndex): Figures & { readonly symbols: number } {
  const start = cpuMilliseconds()
  const [ours, theirs] = [one.snapshot(), other.snapshot()]
  const reader = new SketchReader(ours, [], 32_768)
  const sender = new SketchSender(theirs, [])
  const heard: StoreMessage[] = []
  let message = sender.first([])
  for (let round = 1; ; round += 2) {
    heard.push({ ...message, round })
    const reading = reader.read(message)
    if (reading.kind === 'found') {
      const milliseconds = cpuMilliseconds() - start
      ours.close()
      theirs.close()
      const bytes = heard.reduce((sum, said) => sum + encodeMessage(storeReconciliationCodec, said).length, 0)
      const found = reading.own.length + reading.wants.length
      const roundTrips = heard.filter(({ kind }) => kind === 'sketch').length
      return { bytes, roundTrips, messages: 2 * roundTrips, milliseconds, found, symbols: reader.taken }
    }
    if (reading.kind === 'failed') throw new Error('Cannot measure a sketch that fails')
    heard.push({ ...reading, round: round + 1 })
    const next = sender.next(reading.to)
    if (next === undefined) throw new Error('Cannot measure a sketch that has come to its end')
    message = next
  }
}

export interface StoreFigures extends Figures {
  readonly sizes: readonly number[]
  readonly outcomes: readonly (StoreOutcome | undefined)[]
}

export interface StoreSession {
  readonly cursors?: readonly [PeerCursor, PeerCursor]
  readonly feeds?: boolean
}

export function storeFigures(
  one: HeadIndex,
  other: HeadIndex,
  random: Random,
  session: StoreSession = {},
): StoreFigures {
  const sides = [
    new StoreReconciliation(one, random, { cursor: session.cursors?.[0] }),
    new StoreReconciliation(other, random, { cursor: session.cursors?.[1] }),
  ] as const
  const figures = conversation<StoreMessage>(
    storeReconciliationCodec,
    () => sides[0].begin({ feeds: session.feeds ?? false }),
    (receiver, message) => {
      const { reply, carried, lacked } = sides[receiver].receive(message)
      return { reply, found: carried.length + lacked.length }
    },
  )
  return { ...figures, outcomes: sides.map(({ outcome }) => outcome) }
}

/** Sessions one after the other where one does not get to the end. */
export function rangeFigures(one: ItemSet, other: ItemSet): Figures {
  const random = createRandom('ranges')
  const codec = reconciliationCodec(one.itemBytes)
  const options = { messageLimitBytes: 1_047_552, itemLimit: 1_048_576, workLimit: 10_000_000 }
  const totals = { bytes: 0, roundTrips: 0, messages: 0, milliseconds: 0, found: 0 }
  for (let arc: Arc | undefined = wholeRing; arc !== undefined;) {
    const from: Reconciliation = new Reconciliation(one, arc, options)
    const to = new Reconciliation(other, arc, options)
    const figures = conversation<ReconciliationMessage>(
      codec,
      () => from.begin(random),
      (receiver, message) => {
        const { reply, have, need } = (receiver === 0 ? from : to).receive(message)
        return { reply, found: have.length + need.length }
      },
    )
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += figures[name]
    const outcome: ReconciliationOutcome | undefined = from.outcome
    arc = outcome?.kind === 'stopped' ? { from: outcome.settledTo, to: arc.to } : undefined
  }
  return totals
}

interface Heard<Message> {
  readonly reply: Message | undefined
  readonly found: number
}

function conversation<Message>(
  codec: Codec<Message>,
  begin: () => Message,
  hear: (receiver: 0 | 1, message: Message) => Heard<Message>,
): Figures & { readonly sizes: readonly number[] } {
  const sizes: number[] = []
  let [milliseconds, found, roundTrips] = [0, 0, 0]
  let start = cpuMilliseconds()
  let message: Message | undefined = begin()
  milliseconds += cpuMilliseconds() - start
  for (let receiver: 0 | 1 = 1; message !== undefined; receiver = receiver === 0 ? 1 : 0) {
    sizes.push(encodeMessage(codec, message).length)
    start = cpuMilliseconds()
    const heard: Heard<Message> = hear(receiver, message)
    milliseconds += cpuMilliseconds() - start
    if (receiver === 0 && heard.found > 0) {
      found += heard.found
      roundTrips = sizes.length / 2
    }
    message = heard.reply
  }
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return {
    bytes,
    roundTrips: roundTrips === 0 ? sizes.length / 2 : roundTrips,
    messages: sizes.length,
    milliseconds,
    found,
    sizes,
  }
}

/** Of this thread: what else the machine does counts little, the collector's other threads not at all. */
export function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
