import type { Document } from '../document.ts'
import { encodeCompacted } from '../encoding/chunk.ts'
import { includes, type Version } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import { lookInside, replayed } from '../past/checkout.ts'
import { resolveVersion, type PastVersion } from '../past/version.ts'
import { writeBase } from './base-writer.ts'

/**
 * The document as bytes whose history begins later: what was deleted and overwritten before is gone, and so is who saw
 * whose edits. `loadCompacted` makes a document of them that shows the same, has the same version, and goes on with all
 * others as before, undo and anchors to what is there included.
 *
 * It drops what everybody has to have: the latest version that `upTo` includes and that everything else here was made on.
 * Who lacks some of that can neither get it from here any more (`HistoryDroppedError`), nor be heard: what he did without
 * knowing all that was dropped is refused (`history-dropped`). The document itself stays as it is.
 *
 * @param upTo what may be dropped, at most; what all others are known to have @default everything
 * @throws RangeError for a version that is not here, as `checkout` does
 * @throws HistoryDroppedError for a version that was dropped before
 * @throws Error while a transaction is open
 */
export function compact(document: Document, upTo: PastVersion = document.version): Uint8Array<ArrayBuffer> {
  const { history } = lookInside(document, 'compact')
  const { graph } = history
  const end = lastDroppable(history, resolveVersion(history, upTo))
  if (end < graph.base) return document.encode()
  const past = replayed(history, graph.versionOf([end]), document.replica)
  const bytes = writeBase(past.inside())
  return encodeCompacted(history, { version: past.version, bytes })
}

/** The last operation of a change that everything behind it was made on; −1 where there is none. */
function lastDroppable({ graph, bounds }: History, version: Version): number {
  let limit = Infinity
  for (;;) {
    const number = graph.lastCritical((number) => {
      const { agent, sequence, start } = graph.entryOf(number)
      return number <= limit && includes(version, agent, sequence + number - start)
    })
    if (number < graph.base) return -1
    const { start, count } = bounds.of(number)
    if (start + count - 1 === number) return number
    limit = start - 1
  }
}
