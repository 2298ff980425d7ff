import type { Document, DocumentOptions } from '../document.ts'
import type { Version } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import { ReplicaDocument, type Inside } from '../replica-document.ts'
import { stretchesUntil } from './stretches.ts'
import { resolveVersion, type PastVersion } from './version.ts'

/** @throws Error while a transaction is open */
export function lookInside(document: Document, wish: string): Inside {
  return (document as ReplicaDocument).inside(wish)
}

/**
 * The document as it was at a version, also at one that this replica never showed: its history holds what the version
 * includes, and nothing that came later. It is read-only, and later edits of the document do not reach it. `fork` makes
 * one of it that can be edited.
 *
 * Costs as much as carrying out all that the version includes.
 *
 * @throws RangeError for a version that holds operations that are not here, half a change, or effects without causes
 * @throws HistoryDroppedError for one from before the history that is here
 * @throws Error while a transaction is open
 */
export function checkout(document: Document, version: PastVersion): Document {
  const { history } = lookInside(document, 'look at the past')
  return replayed(history, resolveVersion(history, version), document.replica)
}

/** What a version includes, as a document that is read-only. */
export function replayed(history: History, version: Version, replica: string): ReplicaDocument {
  const past = new PastDocument({ replica })
  past.replay(stretchesUntil(history, version), history.base)
  return past
}

/**
 * A document with all that this one holds, which goes on by itself. Neither hears of the other's edits before one merges
 * what the other wrote. What waits for its dependencies is not taken along.
 *
 * @throws RangeError when the replica is that of the document: two that write must never share one
 * @throws Error while a transaction is open
 */
export function fork(document: Document, options: DocumentOptions = {}): Document {
  const { history } = lookInside(document, 'fork')
  if (options.replica === document.replica) {
    throw new RangeError(`Cannot fork as ${options.replica}: that is the replica of the document`)
  }
  const forked = new ReplicaDocument(options)
  forked.replay(stretchesUntil(history, history.graph.counts), history.base)
  return forked
}

class PastDocument extends ReplicaDocument {
  override transact(): never {
    throw readOnly()
  }

  override perform(): never {
    throw readOnly()
  }

  override insertText(): never {
    throw readOnly()
  }

  override deleteText(): never {
    throw readOnly()
  }

  override merge(): never {
    throw readOnly()
  }

  override apply(): never {
    throw readOnly()
  }

  override take(): never {
    throw readOnly()
  }

  override openIncoming(): never {
    throw readOnly()
  }

  override receiveTogether(): never {
    throw readOnly()
  }
}

function readOnly(): TypeError {
  return new TypeError('Cannot change the document: it shows a version of the past; fork it to go on from there')
}
