import { bytesToHex } from '@noble/hashes/utils.js'
import {
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type DocumentId,
  type Random,
} from '../../../node/protocol/index.ts'
import {
  HeadIndex,
  StoreReconciliation,
  head,
  storeReconciliationCodec,
  type CarriedDocument,
  type Head,
  type HeadIndexOptions,
  type HeadRecord,
  type StoreMessage,
  type StoreOutcome,
  type StoreReconciliationOptions,
  type StoreStep,
} from '../../../node/reconciliation/index.ts'

export const networkKey: Uint8Array = new Uint8Array(32).fill(7)

export function randomHead(random: Random): Head {
  return head(randomDigits(random, 16))
}

export function randomRecord(random: Random): HeadRecord {
  return { document: randomDigits(random, 32) as DocumentId, head: randomHead(random) }
}

export function randomRecords(seed: string | number, count: number): HeadRecord[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => randomRecord(random))
}

export function indexOf(records: Iterable<HeadRecord>, options: Partial<HeadIndexOptions> = {}): HeadIndex {
  const index = new HeadIndex({ key: networkKey, epoch: 1, symbolLimit: 4096, ...options })
  for (const { document, head } of records) index.set(document, head)
  return index
}

/** One side of a session, when it is over. */
/** Who of the two heard of it first is another matter. */
type DifferingDocument = Omit<CarriedDocument, 'isAnswer'>

export interface StoreSide {
  readonly carried: readonly DifferingDocument[]
  readonly lacked: readonly HeadRecord[]
  readonly outcome: StoreOutcome | undefined
}

export interface StoreCourse {
  readonly messages: readonly StoreMessage[]
  readonly sizes: readonly number[]
  readonly begun: StoreSide
  readonly answered: StoreSide
}

export interface StoreCourseOptions {
  readonly seed?: string | number
  readonly begins?: StoreReconciliationOptions
  readonly answers?: StoreReconciliationOptions
  readonly feeds?: boolean
  /** Called between any two messages. */
  readonly meanwhile?: (round: number) => void
}

/** Runs a session to its end; every message is encoded and decoded on its way. */
export function compareStores(one: HeadIndex, other: HeadIndex, options: StoreCourseOptions = {}): StoreCourse {
  const random = createRandom(options.seed ?? 1)
  const sides = [
    new StoreReconciliation(one, random, options.begins),
    new StoreReconciliation(other, random, options.answers),
  ] as const
  const found = [
    { carried: [] as DifferingDocument[], lacked: [] as HeadRecord[] },
    { carried: [] as DifferingDocument[], lacked: [] as HeadRecord[] },
  ] as const
  const messages: StoreMessage[] = []
  const sizes: number[] = []
  let message: StoreMessage | undefined = sides[0].begin({ feeds: options.feeds ?? false })
  for (let receiver: 0 | 1 = 1; message !== undefined; receiver = receiver === 0 ? 1 : 0) {
    messages.push(message)
    const bytes = encodeMessage(storeReconciliationCodec, message)
    sizes.push(bytes.length)
    options.meanwhile?.(message.round)
    const step: StoreStep = sides[receiver].receive(decodeMessage(storeReconciliationCodec, bytes))
    found[receiver].carried.push(...step.carried.map(({ document, theirs }) => ({ document, theirs })))
    found[receiver].lacked.push(...step.lacked)
    message = step.reply
  }
  return {
    messages,
    sizes,
    begun: { ...found[0], outcome: sides[0].outcome },
    answered: { ...found[1], outcome: sides[1].outcome },
  }
}

/** What a session should report to `own`: computed from the records themselves. */
export function trueDifference(own: HeadIndex, other: HeadIndex): Omit<StoreSide, 'outcome'> {
  const carried: DifferingDocument[] = []
  for (const { document, head } of own) {
    const theirs = other.get(document)
    if (theirs !== head) carried.push({ document, theirs })
  }
  return {
    carried: sorted(carried),
    lacked: sorted([...other].filter(({ document }) => own.get(document) === undefined)),
  }
}

export function sorted<Entry extends { readonly document: DocumentId }>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((left, right) => (left.document < right.document ? -1 : 1))
}

function randomDigits(random: Random, bytes: number): string {
  return bytesToHex(Uint8Array.from({ length: bytes }, () => integer(random, 256)))
}
