import { isBefore, isUpper, isWithin, type Arc, type Upper } from './arc.ts'
import type { Bound, Item } from './item.ts'
import type { MessageRange, ReconciliationMessage } from './messages.ts'

/** A range that waits for what the other side says of it. */
export interface OpenRange {
  readonly lower: Bound
  readonly upper: Upper
  /** The items that were listed for it; left out where a fingerprint was sent. */
  readonly asked?: readonly Item[]
}

/** A range of a message, with all that it means by its place. */
export interface ToldRange {
  readonly lower: Bound
  readonly range: MessageRange
  /** Items asked for in just this range. */
  readonly asked: readonly Item[]
}

/** What no honest peer sends, though it decodes. */
export type Breach = { readonly breach: string }

/**
 * Reads a message as the answer to what is open. Whatever is told must lie within an open range and be of a kind that
 * fits: so nothing is settled twice, and nothing goes on for ever.
 */
export function inspect(
  arc: Arc,
  open: readonly OpenRange[],
  message: ReconciliationMessage,
): readonly ToldRange[] | Breach {
  const told: ToldRange[] = []
  let lower: Upper = arc.from
  let index = 0
  for (const range of message.ranges) {
    if (lower === 'end' || !isUpper(arc, lower, range.upper)) return { breach: 'ranges out of order or beyond the arc' }
    while (index < open.length && !isBefore(arc, lower, (open[index] as OpenRange).upper)) index++
    const isPart = range.upper !== open[index]?.upper && message.ranges[told.length + 1]?.kind !== 'cut'
    const breach = breachOf(arc, lower, range, open[index], isPart)
    if (breach !== undefined) return { breach }
    const asked = range.kind === 'answer' ? (open[index]?.asked ?? []) : []
    told.push({ lower, range, asked })
    lower = range.upper
  }
  return told
}

/** @param isPart whether it ends elsewhere than what is open, though no cut says why */
function breachOf(
  arc: Arc,
  lower: Bound,
  range: MessageRange,
  open: OpenRange | undefined,
  isPart: boolean,
): string | undefined {
  if (range.kind === 'skip' || range.kind === 'cut') return undefined
  if (open === undefined || isBefore(arc, lower, open.lower) || isBefore(arc, open.upper, range.upper)) {
    return 'a range that is not open'
  }
  if ((range.kind === 'answer') !== (open.asked !== undefined)) return 'a range of a kind that was not asked for'
  if (range.kind === 'fingerprint') return undefined
  if (!areInOrder(arc, lower, range.upper, range.items)) return 'items out of order or outside of their range'
  if (range.kind === 'ask') return undefined
  if (lower !== open.lower || isPart) return 'an answer to a part of what was asked'
  const last = open.asked?.[range.lacks.at(-1) ?? -1]
  if (range.lacks.length > 0 && (last === undefined || !isWithin(arc, last, lower, range.upper))) {
    return 'a place that no item has'
  }
  return undefined
}

function areInOrder(arc: Arc, lower: Bound, upper: Upper, items: readonly Item[]): boolean {
  return items.every((item, index) => {
    const previous = items[index - 1]
    return isWithin(arc, item, lower, upper) && (previous === undefined || isBefore(arc, previous, item))
  })
}
