import { storeLimits } from './limits.ts'
import type { StoreMessage } from './messages.ts'

/** A record that is told is looked up and reported, and may be a lie each time: the dearest thing to make a store do. */
const toldWeight = 15

/** Records looked up and symbols compared for a message, at the most; ranges have a limit of their own. */
export function workOf(message: StoreMessage): number {
  switch (message.kind) {
    case 'open':
      return message.records?.length ?? 0
    case 'feed':
      return 2 * message.records.length + message.standings.length
    case 'done':
      return message.standings.length
    case 'sketch':
      return 2 * message.symbols.length + (message.first?.standings.length ?? 0)
    case 'tell':
      return toldWeight * message.records.length + 2 * message.wants.length
    case 'more':
      return storeLimits.symbols
    case 'equal':
    case 'ranges':
    case 'stop':
      return 1
  }
}
