import { fromString, toString } from 'uint8arrays'
import type { EntryStorage } from '../libp2p/index.ts'
import {
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  StoreDamagedError,
  type DocumentId,
  type DocumentStore,
  type PeerId,
  type ReplicaLease,
  type StoredChangeSet,
  type StoredDocument,
  type ValueChange,
} from '../protocol/index.ts'
import type { ReplicatorEntry } from '../../crdt/replicator/index.ts'
import type { PeerCursor } from '../reconciliation/index.ts'

const proofPrefix = 'equivocation/'
const cursorPrefix = 'cursor/'

/** What a peer found damaged in its store; it is completed from other peers. */
export interface Damage {
  readonly document: DocumentId
  readonly error: StoreDamagedError
}

/** What was read of a store, the way for more into it, and the counter under which this session writes. */
export interface OpenedStorage {
  readonly storage: EntryStorage<ReplicatorEntry>
  readonly lease: ReplicaLease
  readonly damages: readonly Damage[]
}

/**
 * Reads everything a store holds of documents, for the replicator to begin with. The counter is leased before: another
 * tab may give one back while this one reads, and what was last written under it would not be among what was read.
 */
export async function openReplicatorStorage(store: DocumentStore): Promise<OpenedStorage> {
  const lease = await store.lease()
  const { entries, damages } = await readEntries(store)
  return {
    storage: { entries: () => entries.splice(0), append: (added) => appendEntries(store, added) },
    // What was written under this counter may be among the lost; the store has forgotten what was given back before.
    lease: damages.length === 0 ? lease : await store.lease(),
    damages,
  }
}

interface ReadEntries {
  readonly entries: ReplicatorEntry[]
  readonly damages: readonly Damage[]
}

async function readEntries(store: DocumentStore): Promise<ReadEntries> {
  const entries: ReplicatorEntry[] = []
  const damages: Damage[] = []
  entries.push(...(await readCursors(store)))
  const proofs = await readProofs(store)
  for (const document of await store.list()) {
    entries.push({ type: 'document', document: document.id, genesis: document.genesis })
    entries.push(...(proofs.get(document.id) ?? []))
    const sets = await store.load(document.id).catch(async (error: unknown) => {
      if (!(error instanceof StoreDamagedError)) throw error
      damages.push({ document: document.id, error })
      await rewrite(store, document, error.intact)
      return error.intact
    })
    for (const set of sets) entries.push({ type: 'set', set })
  }
  return { entries, damages }
}

/** Makes room for what was damaged: a store keeps what it has under a key, so peers could not repair it otherwise. */
async function rewrite(
  store: DocumentStore,
  document: StoredDocument,
  sets: readonly StoredChangeSet[],
): Promise<void> {
  await store.remove(document.id)
  await store.create(document)
  if (sets.length > 0) await store.append(sets)
}

/** Proofs against authors are small values: `equivocation/<document>/<author>`, the newest of each author. */
async function readProofs(store: DocumentStore): Promise<ReadonlyMap<DocumentId, readonly ReplicatorEntry[]>> {
  const proofs = new Map<DocumentId, ReplicatorEntry[]>()
  for (const { key, value: proof } of await store.scan(proofPrefix)) {
    const [document, author] = key.slice(proofPrefix.length).split('/') as [DocumentId, string]
    const entry: ReplicatorEntry = { type: 'equivocation', document, author: fromString(author, 'base64url'), proof }
    const others = proofs.get(document)
    if (others === undefined) proofs.set(document, [entry])
    else others.push(entry)
  }
  return proofs
}

/** How far other peers were compared: `cursor/<peer>`. One that does not read is as good as none. */
async function readCursors(store: DocumentStore): Promise<ReplicatorEntry[]> {
  return (await store.scan(cursorPrefix)).flatMap(({ key, value }) => {
    const cursor = decodeCursor(value)
    return cursor === undefined ? [] : [{ type: 'cursor', peer: key.slice(cursorPrefix.length) as PeerId, cursor }]
  })
}

type ValueEntry = Extract<ReplicatorEntry, { readonly type: 'equivocation' | 'cursor' }>

function valueOf(entry: ValueEntry): ValueChange {
  if (entry.type === 'equivocation') {
    const key = `${proofPrefix}${entry.document}/${toString(entry.author, 'base64url')}`
    return { key, value: entry.proof }
  }
  const key = `${cursorPrefix}${entry.peer}`
  return entry.cursor === undefined ? { key } : { key, value: encodeCursor(entry.cursor) }
}

function encodeCursor({ ours, theirs }: PeerCursor): Uint8Array {
  const writer = new ByteWriter()
  for (const { epoch, counter } of [ours, theirs]) writer.u32(epoch).varint(counter)
  return writer.finish()
}

function decodeCursor(bytes: Uint8Array): PeerCursor | undefined {
  try {
    const reader = new ByteReader(bytes)
    const [ours, theirs] = [readMark(reader), readMark(reader)]
    reader.finish()
    return { ours, theirs }
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}

function readMark(reader: ByteReader): PeerCursor['ours'] {
  return { epoch: reader.u32(), counter: reader.varint() }
}

/** In the order in which they were written: a set never without the genesis of its document. */
async function appendEntries(store: DocumentStore, entries: readonly ReplicatorEntry[]): Promise<void> {
  let sets: StoredChangeSet[] = []
  for (const entry of entries) {
    if (entry.type === 'set') {
      sets.push(entry.set)
      continue
    }
    if (sets.length > 0) await store.append(sets)
    sets = []
    if (entry.type === 'document') await store.create({ id: entry.document, genesis: entry.genesis })
    else await store.change([valueOf(entry)])
  }
  if (sets.length > 0) await store.append(sets)
}
