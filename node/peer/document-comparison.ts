import type { DocumentId, PeerId } from '../protocol/index.ts'
import type { Documents, ReplicaPosition } from '../../crdt/replicator/index.ts'

/** How two peers differ in a document, as the other has said a moment ago. */
export interface DocumentDifferences {
  readonly peer: PeerId
  readonly document: DocumentId
  readonly isEqual: boolean
  /** Operations that the other has and this one lacks. */
  readonly missingHere: number
  /** Operations that this one has and the other lacks. */
  readonly missingThere: number
  /** Of replicas in which they differ, the first thousand. */
  readonly replicas: readonly ReplicaPosition[]
}

/**
 * - `not-carried`: this peer does not carry the document
 * - `not-connected`: documents are not replicated with the peer now
 * - `not-followed`: the peer does not want to hear of the document
 * - `no-answer`: the peer did not answer in time
 */
export type ComparisonFault = 'not-carried' | 'not-connected' | 'not-followed' | 'no-answer'

const reasons: Readonly<Record<ComparisonFault, string>> = Object.freeze({
  'not-carried': 'this peer does not carry it',
  'not-connected': 'it is not connected',
  'not-followed': 'it does not follow the document',
  'no-answer': 'it has not answered in time',
})

/** It cannot be told how a peer differs in a document. */
export class ComparisonFailedError extends Error {
  override readonly name: 'ComparisonFailedError' = 'ComparisonFailedError'
  readonly fault: ComparisonFault
  readonly document: DocumentId
  readonly peer: PeerId

  constructor(fault: ComparisonFault, document: DocumentId, peer: PeerId, options?: ErrorOptions) {
    super(`Cannot compare the document ${document} with ${peer}: ${reasons[fault]}`, options)
    this.fault = fault
    this.document = document
    this.peer = peer
  }
}

/**
 * @param ended aborted when nothing is replicated any more: the promise then rejects with its reason
 * @throws ComparisonFailedError
 */
export async function compareDocument(
  documents: Documents,
  document: DocumentId,
  peer: PeerId,
  signal: AbortSignal,
  ended: AbortSignal,
): Promise<DocumentDifferences> {
  ended.throwIfAborted()
  const fault = findFault(documents, document, peer)
  if (fault !== undefined) throw new ComparisonFailedError(fault, document, peer)
  const listening = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      const options = { signal: listening.signal }
      const giveUp = (): void =>
        reject(new ComparisonFailedError('no-answer', document, peer, { cause: signal.reason as unknown }))
      signal.addEventListener('abort', giveUp, options)
      ended.addEventListener('abort', () => reject(ended.reason as Error), options)
      documents.subscribe((event) => {
        if (event.type !== 'told' || event.document !== document || event.peer !== peer) return
        const { isEqual, missingHere, missingThere, positions } = event
        resolve({ peer, document, isEqual, missingHere, missingThere, replicas: positions })
      }, options)
      if (signal.aborted) return giveUp()
      documents.inspect(peer, document)
    })
  } finally {
    listening.abort()
  }
}

function findFault(documents: Documents, document: DocumentId, peer: PeerId): ComparisonFault | undefined {
  if (documents.version(document) === undefined) return 'not-carried'
  if (!documents.connections().includes(peer)) return 'not-connected'
  return documents.isFollowedBy(peer, document) === false ? 'not-followed' : undefined
}
