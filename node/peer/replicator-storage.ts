import { fromString, toString } from 'uint8arrays'
import type { EntryStorage } from '../libp2p/index.ts'
import {
  ByteReader,
  ByteWriter,
  MalformedMessageError,
  StoreDamagedError,
  storedSizeLimitBytes,
  type DocumentId,
  type DocumentStore,
  type PeerId,
  type ReplicaLease,
  type StoredChangeSet,
  type StoredValue,
  type ValueChange,
} from '../protocol/index.ts'
import { isReadable, type ReplicatorEntry, type SnapshotEntry } from '../../crdt/replicator/index.ts'
import type { PeerCursor } from '../reconciliation/index.ts'

const proofPrefix = 'equivocation/'
const cursorPrefix = 'cursor/'
const snapshotPrefix = 'snapshot/'

/** What a peer found damaged in its store; it is completed from other peers. */
export interface Damage {
  readonly document: DocumentId
  readonly error: StoreDamagedError
}

/** What was read of a store, the way for more into it, and the counter under which this session writes. */
export interface OpenedStorage {
  readonly storage: EntryStorage<ReplicatorEntry>
  readonly lease: ReplicaLease
  /** So far; a document that is read later may be damaged as well. */
  readonly damages: readonly Damage[]
}

/**
 * Reads what a store holds of documents, for the replicator to begin with: of those with a snapshot that stands for all
 * of their change sets, these stay where they are until they are asked for. The counter is leased before: another tab may
 * give one back while this one reads, and what was last written under it would not be among what was read.
 */
export async function openReplicatorStorage(store: DocumentStore): Promise<OpenedStorage> {
  const lease = await store.lease()
  const { entries, damages, genesis } = await readEntries(store)
  return {
    storage: {
      entries: () => entries.splice(0),
      append: (added) => appendEntries(store, added),
      load: async (part) => {
        const document = part as DocumentId
        const sets = await readSets(store, { id: document, genesis: genesis.get(document) }, damages)
        return [...((await readProofs(store, document)).get(document) ?? []), ...sets]
      },
    },
    // What was written under this counter may be among the lost; the store has forgotten what was given back before.
    lease: damages.length === 0 ? lease : await store.lease(),
    damages,
  }
}

interface KnownDocument {
  readonly id: DocumentId
  /** Undefined for one that was not there when the store was opened. */
  readonly genesis: Uint8Array | undefined
}

interface ReadEntries {
  readonly genesis: ReadonlyMap<DocumentId, Uint8Array>
  readonly entries: ReplicatorEntry[]
  readonly damages: Damage[]
}

async function readEntries(store: DocumentStore): Promise<ReadEntries> {
  const entries: ReplicatorEntry[] = []
  const damages: Damage[] = []
  entries.push(...(await readCursors(store)))
  const proofs = await readProofs(store)
  const snapshots = await readSnapshots(store)
  const listed = await store.list()
  for (const { id, genesis, changeSets } of listed) {
    entries.push({ type: 'document', document: id, genesis })
    const proven = proofs.get(id)
    const snapshot = snapshots.get(id)
    if (proven !== undefined) entries.push(...proven)
    else if (snapshot?.changeSets === changeSets && isReadable(snapshot)) {
      entries.push(snapshot)
      continue
    }
    entries.push(...(await readSets(store, { id, genesis }, damages)))
  }
  return { entries, damages, genesis: new Map(listed.map(({ id, genesis }) => [id, genesis])) }
}

/** @param damages grows by that of the document, which is made whole again but for what is lost */
async function readSets(store: DocumentStore, document: KnownDocument, damages: Damage[]): Promise<ReplicatorEntry[]> {
  const { id } = document
  const sets = await store.load(id).catch(async (error: unknown) => {
    // What cannot be read at all may still be there.
    if (!(error instanceof StoreDamagedError) || error.document !== id) throw error
    damages.push({ document: id, error })
    await rewrite(store, document, error.intact)
    return error.intact
  })
  return sets.map((set) => ({ type: 'set', set }))
}

/**
 * Makes room for what was damaged: a store keeps what it has under a key, so peers could not repair it otherwise. All is
 * asked for in one turn, which a store does in one transaction.
 */
async function rewrite(
  store: DocumentStore,
  { id, genesis }: KnownDocument,
  sets: readonly StoredChangeSet[],
): Promise<void> {
  await Promise.all([
    // It stands for sets that are lost, and as many others may come.
    store.change([{ key: `${snapshotPrefix}${id}` }]),
    store.remove(id),
    genesis && store.create({ id, genesis }),
    store.append(sets),
  ])
}

/** The newest of each document: `snapshot/<document>`. */
async function readSnapshots(store: DocumentStore): Promise<ReadonlyMap<DocumentId, SnapshotEntry>> {
  const snapshots = new Map<DocumentId, SnapshotEntry>()
  for (const { key, value } of await scanned(store)) {
    const document = key.slice(snapshotPrefix.length) as DocumentId
    const reader = new ByteReader(value)
    try {
      snapshots.set(document, { type: 'snapshot', document, changeSets: reader.varint(), state: reader.rest() })
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
    }
  }
  return snapshots
}

/** Without them everything is read at the start, so damage among them costs no more than that. */
async function scanned(store: DocumentStore): Promise<readonly StoredValue[]> {
  return store.scan(snapshotPrefix).catch((error: unknown) => {
    if (error instanceof StoreDamagedError) return []
    throw error
  })
}

/** Proofs against authors are small values: `equivocation/<document>/<author>`, the newest of each author. */
async function readProofs(
  store: DocumentStore,
  of: DocumentId | '' = '',
): Promise<ReadonlyMap<DocumentId, readonly ReplicatorEntry[]>> {
  const proofs = new Map<DocumentId, ReplicatorEntry[]>()
  for (const { key, value: proof } of await store.scan(`${proofPrefix}${of}`)) {
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

type ValueEntry = Extract<ReplicatorEntry, { readonly type: 'equivocation' | 'cursor' | 'snapshot' }>

function valueOf(entry: ValueEntry): ValueChange {
  if (entry.type === 'equivocation') {
    const key = `${proofPrefix}${entry.document}/${toString(entry.author, 'base64url')}`
    return { key, value: entry.proof }
  }
  if (entry.type === 'snapshot') {
    const value = new ByteWriter().varint(entry.changeSets).raw(entry.state).finish()
    // One that is too large is done without: the document is read at the start.
    return { key: `${snapshotPrefix}${entry.document}`, ...(value.length <= storedSizeLimitBytes && { value }) }
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
  let values: ValueChange[] = []
  const flush = async (): Promise<void> => {
    if (sets.length > 0) await store.append(sets)
    if (values.length > 0) await store.change(values)
    sets = []
    values = []
  }
  for (const entry of entries) {
    if (entry.type === 'set') {
      if (values.length > 0) await flush()
      sets.push(entry.set)
    } else if (entry.type === 'document') {
      await flush()
      await store.create({ id: entry.document, genesis: entry.genesis })
    } else values.push(valueOf(entry))
  }
  await flush()
}
