import { bytesToHex } from '@noble/hashes/utils.js'
import { createRandom, decodeMessage, encodeMessage, integer, type Random } from '../../../node/protocol/index.ts'
import {
  ItemSet,
  Reconciliation,
  item,
  reconciliationCodec,
  wholeRing,
  type Arc,
  type Item,
  type ReconciliationMessage,
  type ReconciliationOptions,
  type ReconciliationOutcome,
} from '../../../node/reconciliation/index.ts'

/** Chord's: a ring key and a content id. */
export const itemBytes = 48

export function randomItem(random: Random, bytes: number = itemBytes): Item {
  return item(bytesToHex(Uint8Array.from({ length: bytes }, () => integer(random, 256))))
}

export function setOf(items: Iterable<Item>, bytes: number = itemBytes): ItemSet {
  const set = new ItemSet(bytes)
  for (const item of items) set.add(item)
  return set
}

/** What came of a whole session. */
export interface Course {
  readonly messages: readonly ReconciliationMessage[]
  /** Bytes of all messages, both ways together. */
  readonly bytes: number
  readonly largestBytes: number
  readonly begun: Side
  readonly answered: Side
}

export interface Side {
  readonly have: readonly Item[]
  readonly need: readonly Item[]
  readonly outcome: ReconciliationOutcome | undefined
}

export interface CourseOptions {
  readonly seed?: string | number
  readonly arc?: Arc
  readonly begins?: ReconciliationOptions
  readonly answers?: ReconciliationOptions
  /** Called between any two messages. */
  readonly meanwhile?: (round: number) => void
}

/** Runs a session to its end; every message is encoded and decoded on its way. */
export function reconcile(one: ItemSet, other: ItemSet, options: CourseOptions = {}): Course {
  const arc = options.arc ?? wholeRing
  const codec = reconciliationCodec(one.itemBytes)
  const sides = [new Reconciliation(one, arc, options.begins), new Reconciliation(other, arc, options.answers)] as const
  const found = [
    { have: [] as Item[], need: [] as Item[] },
    { have: [] as Item[], need: [] as Item[] },
  ] as const
  const messages: ReconciliationMessage[] = []
  const sizes: number[] = []
  let message: ReconciliationMessage | undefined = sides[0].begin(createRandom(options.seed ?? 1))
  for (let receiver = 1; message !== undefined; receiver = 1 - receiver) {
    messages.push(message)
    const bytes = encodeMessage(codec, message)
    sizes.push(bytes.length)
    options.meanwhile?.(message.round)
    const step = (sides[receiver] as Reconciliation).receive(decodeMessage(codec, bytes))
    found[receiver as 0 | 1].have.push(...step.have)
    found[receiver as 0 | 1].need.push(...step.need)
    message = step.reply
  }
  return {
    messages,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    largestBytes: Math.max(...sizes),
    begun: { ...found[0], outcome: sides[0].outcome },
    answered: { ...found[1], outcome: sides[1].outcome },
  }
}

/** Items as a hostile or unlucky ring has them: few keys, long common beginnings, many zeros. */
export function skewedItem(random: Random, bytes: number = itemBytes): Item {
  const common = integer(random, bytes)
  const filling = random.next() < 0.5 ? 0 : 0xff
  const value = Uint8Array.from({ length: bytes }, (_, index) => (index < common ? filling : integer(random, 3)))
  return item(bytesToHex(value))
}
