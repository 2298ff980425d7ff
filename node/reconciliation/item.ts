import { assert } from '../protocol/index.ts'

declare const brand: unique symbol

/**
 * What sets are made of: an id of a fixed number of bytes as lower-case hexadecimal digits, so that the order of texts is
 * that of bytes. What decides which arc an item belongs to stands first (Chord: ring key, then content id).
 */
export type Item = string & { readonly [brand]: 'Item' }

/**
 * A place between items, as the digits of the bytes with which an item begins that is not before it. Zeros at its end are
 * left out, so that each place has one form; the empty text is the place before all items.
 */
export type Bound = string & { readonly [brand]: 'Bound' }

/** Widest item, in bytes. */
export const itemBytesLimit = 64

const digits = /^(?:[0-9a-f]{2})*$/

/** @throws AssertionError when the text is not an even number of lower-case hexadecimal digits, or too many of them */
export function item(text: string): Item {
  assert(text.length > 0 && text.length <= 2 * itemBytesLimit && digits.test(text), 'an item is bytes in hexadecimal')
  return text as Item
}

/** @param text the first bytes of an item, or all of it, in hexadecimal digits. @throws AssertionError */
export function bound(text: string): Bound {
  assert(text.length <= 2 * itemBytesLimit && digits.test(text), 'a bound is bytes in hexadecimal')
  return trimmed(text)
}

/** The place right before the item. */
export function boundBefore(item: Item): Bound {
  return trimmed(item)
}

/**
 * The shortest bound with `left` before it and `right` not (after Meyer: any place between two items will do, so the
 * one of fewest bytes is sent). Going round, zero is between the last item and the first.
 */
export function boundBetween(left: Item, right: Item): Bound {
  if (right < left) return '' as Bound
  let length = 0
  while (left[length] === right[length]) length++
  return right.slice(0, length + 2 - (length % 2)) as Bound
}

function trimmed(text: string): Bound {
  let length = text.length
  while (length > 0 && text.endsWith('00', length)) length -= 2
  return text.slice(0, length) as Bound
}
