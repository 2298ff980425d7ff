import type { CarriedDocument, Document, DocumentId } from '../../../node/peer/index.ts'
import { normaliseDocumentName } from '../../../crdt/replicator/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'

/** The text of a note stands in this container. */
export const bodyName = 'body'
/** Its other properties stand in this map. */
export const metaName = 'meta'

export interface NamedDocument {
  readonly name: string
  readonly id: DocumentId
  readonly document: Document
}

/** Under its name, or the id of one without a name. @throws DocumentNameError */
export function findDocument({ peer }: RunningPeer, given: string): CarriedDocument | undefined {
  const name = normaliseDocumentName(given)
  const all = peer.documents.list()
  return all.find((carried) => carried.name === name) ?? all.find(({ id, name }) => id === given && name === undefined)
}

/** @throws Failure when no such document is known here */
export async function openKnown(running: RunningPeer, given: string): Promise<NamedDocument> {
  const found = findDocument(running, given)
  if (found === undefined) {
    throw new Failure('not-found', `No document named ${JSON.stringify(given)} is known to this peer`, {
      hint: 'See what is known with: peerloom doc list',
    })
  }
  const { documents } = running.peer
  const document = found.name === undefined ? await documents.openById(found.id) : await documents.open(found.name)
  return { name: found.name ?? found.id, id: found.id, document }
}

/** Told whenever the document was put together anew: from then on another object is open, and the former one takes no edits. */
export function onRewritten(
  { peer }: RunningPeer,
  id: DocumentId,
  signal: AbortSignal,
  listener: (document: Document) => void,
): void {
  const { documents } = peer
  documents.subscribe(
    (event) => {
      // It is open already: nothing happens to it before the listener hears of it.
      if (event.type === 'rewritten' && event.document === id) void documents.openById(id).then(listener)
    },
    { signal },
  )
}

/** Makes the document known where it is not. */
export async function openOrCreate({ peer }: RunningPeer, given: string): Promise<NamedDocument> {
  const document = await peer.documents.open(given)
  return { name: normaliseDocumentName(given), id: peer.documents.idOf(document), document }
}
