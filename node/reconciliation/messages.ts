import type { Upper } from './arc.ts'
import type { Item } from './item.ts'

/**
 * What one side says of a range. It begins where the one before it in the message ends, the first where the arc begins;
 * what follows the last is skipped.
 */
export type MessageRange =
  /** Nothing differs there as far as the sender knows, or it is settled. */
  | { readonly kind: 'skip'; readonly upper: Upper }
  /** The receiver compares it with its own. */
  | { readonly kind: 'fingerprint'; readonly upper: Upper; readonly fingerprint: string }
  /** All items of the sender there, in order; the receiver answers. */
  | { readonly kind: 'ask'; readonly upper: Upper; readonly items: readonly Item[] }
  /** Items which the asker did not list, and the places in its list of those that the sender lacks. */
  | {
      readonly kind: 'answer'
      readonly upper: Upper
      readonly items: readonly Item[]
      readonly lacks: readonly number[]
    }
  /** From here on nothing is compared in this session: a limit of the sender was reached. Always the last. */
  | { readonly kind: 'cut'; readonly upper: 'end' }

export interface ReconciliationMessage {
  /** 0 in the first message of a session, one more in each that follows, whoever sends it. */
  readonly round: number
  /** In the first message only, 8 bytes in hexadecimal digits: fingerprints of this session depend on it. */
  readonly nonce?: string
  readonly ranges: readonly MessageRange[]
}
