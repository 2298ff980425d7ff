import { limits } from '../limits.ts'

/**
 * Where a node stands among its siblings: they are ordered by `orderOf(position, id)`, compared by code units. Positions
 * are strings from space to `~`; a new one is chosen between two siblings, and ties are broken by the ids. Since an
 * order without its last letters is a position too, there is always room for another, also between two of one position.
 */
export function orderOf(position: string, id: string): string {
  return `${position} ${id}`
}

const form = /^[ -~]+$/

export function isPosition(text: string): boolean {
  return text.length <= limits.nameBytes && form.test(text)
}

/**
 * @param lower order of the sibling in front, undefined at the start
 * @param upper order of the sibling behind, undefined at the end
 * @returns a position between both, whatever the id. Where a stranger left no room within the limit: that of a
 * neighbour, so that the id decides on which side
 */
export function positionBetween(lower: string | undefined, upper: string | undefined): string {
  for (const position of [choose(lower, upper), upper === undefined ? '' : between(lower ?? '', upper)]) {
    const above = lower === undefined || lower < position
    const below = upper === undefined || (position < upper && !upper.startsWith(position))
    if (above && below && isPosition(position)) return position
  }
  const neighbour = (lower ?? upper) as string
  return neighbour.slice(0, neighbour.lastIndexOf(' '))
}

const middle = 'P'

function choose(lower: string | undefined, upper: string | undefined): string {
  if (lower === undefined) return upper === undefined ? middle : beyond(upper, -1)
  return upper === undefined ? beyond(lower, 1) : between(lower, upper)
}

/** Halves the room at the first letter that differs; where there is none, counts on behind `lower`. */
function between(lower: string, upper: string): string {
  for (let at = 0; at < upper.length; at++) {
    const low = at < lower.length ? lower.charCodeAt(at) : 0x20
    const high = upper.charCodeAt(at)
    if (low === high) continue
    const head = lower.slice(0, at).padEnd(at)
    if (high - low > 1) return head + String.fromCharCode((low + high) >> 1)
    return head + String.fromCharCode(low) + beyond(lower.slice(at + 1), 1)
  }
  return ''
}

/**
 * Counts up or down by one, so that whoever always appends or prepends gets short positions: n letters of the edge of
 * the alphabet stand before a number of 2^n digits (8,000 of them in 3 letters, 70 million in 6).
 */
function beyond(order: string, step: 1 | -1): string {
  if (order === '' || order.startsWith(' ')) return middle
  const [edge, zero, last] = step > 0 ? [0x7e, 0x21, 0x7d] : [0x21, 0x7e, 0x22]
  let header = 0
  while (order.charCodeAt(header) === edge) header++
  // No honest replica ever counts that far.
  if (header > 8) return letters(edge, header + 1) + letters(zero, 1)
  const width = 2 ** header
  const digits = Array.from(order.slice(header, header + width).padEnd(width), (digit) => digit.charCodeAt(0))
  for (let at = width - 1; at >= 0; at--) {
    const digit = digits[at] as number
    if ((last - digit) * step > 0) {
      digits[at] = digit + step
      return letters(edge, header) + String.fromCharCode(...digits)
    }
    digits[at] = zero
  }
  return letters(edge, header + 1) + letters(zero, width * 2)
}

function letters(code: number, count: number): string {
  return String.fromCharCode(code).repeat(count)
}
