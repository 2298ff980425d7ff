import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import {
  StoreDamagedError,
  type DocumentId,
  type ListedDocument,
  type StoredChangeSet,
  type StoredDocument,
} from '../../protocol/index.ts'

/** What is known of a document besides its change sets: how many they are, and all their checksums combined by XOR. */
interface Tally {
  readonly number: number
  count: number
  checksums: number
}

/**
 * Documents and their change sets. A checksum in each row finds damaged rows, the tally of the document those that are
 * missing. Generators pause between rows, so that whoever runs them can let others run.
 */
export class ChangeTables {
  readonly #insert: StatementSync
  readonly #selectChanges: StatementSync
  readonly #deleteChanges: StatementSync
  readonly #selectDocument: StatementSync
  readonly #selectDocuments: StatementSync
  readonly #insertDocument: StatementSync
  readonly #setGenesis: StatementSync
  readonly #setTally: StatementSync
  readonly #deleteDocument: StatementSync
  readonly #lastPosition: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT OR IGNORE INTO changes (position, document, replica, sequence, fragment, checksum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#selectChanges = database.prepare(
      'SELECT position, document, replica, sequence, fragment, checksum, bytes FROM changes WHERE document = ?',
    )
    this.#deleteChanges = database.prepare('DELETE FROM changes WHERE document = ?')
    this.#selectDocument = database.prepare(
      'SELECT number, genesis, checksum, change_count, change_tally FROM documents WHERE id = ?',
    )
    this.#selectDocuments = database.prepare(
      'SELECT number, id, genesis, checksum, change_count FROM documents ORDER BY id',
    )
    this.#insertDocument = database.prepare(
      'INSERT INTO documents (id, genesis, checksum, change_count, change_tally) VALUES (?, ?, ?, 0, 0)',
    )
    this.#setGenesis = database.prepare('UPDATE documents SET genesis = ?, checksum = ? WHERE id = ?')
    this.#setTally = database.prepare('UPDATE documents SET change_count = ?, change_tally = ? WHERE number = ?')
    this.#deleteDocument = database.prepare('DELETE FROM documents WHERE id = ?')
    this.#lastPosition = database.prepare('SELECT max(position) AS position FROM changes')
  }

  *append(sets: readonly StoredChangeSet[]): Generator<void, void> {
    const tallies = new Map<DocumentId, Tally>()
    let position = Number(this.#lastPosition.get()?.['position'] ?? 0)
    for (const set of sets) {
      let tally = tallies.get(set.document)
      if (tally === undefined) tallies.set(set.document, (tally = this.#tallyOf(set.document)))
      const checksum = changeChecksum(position + 1, tally.number, set)
      const { replica, sequence, fragment, bytes } = set
      const { changes } = this.#insert.run(position + 1, tally.number, replica, sequence, fragment, checksum, bytes)
      if (changes === 1) {
        position++
        tally.count++
        tally.checksums = (tally.checksums ^ checksum) >>> 0
      }
      yield
    }
    for (const { number, count, checksums } of tallies.values()) this.#setTally.run(count, checksums, number)
  }

  /** @throws StoreDamagedError with what is intact */
  *load(document: DocumentId): Generator<void, readonly StoredChangeSet[]> {
    const row = this.#selectDocument.get(document)
    if (row === undefined) return []
    const number = Number(row['number'])
    const found: { readonly position: number; readonly set: StoredChangeSet }[] = []
    let checksums = 0
    let damage: unknown
    try {
      for (const change of this.#selectChanges.iterate(number)) {
        const read = readChange(document, number, change)
        if (read === undefined) damage ??= 'a change set is not what was written'
        else {
          found.push(read)
          checksums = (checksums ^ Number(change['checksum'])) >>> 0
        }
        yield
      }
    } catch (cause) {
      damage ??= cause
    }
    found.sort((one, other) => one.position - other.position)
    const sets = found.map(({ set }) => set)
    if (damage === undefined && (sets.length !== row['change_count'] || checksums !== row['change_tally'])) {
      damage = `${sets.length} change sets are there where ${row['change_count']} were written`
    }
    if (damage === undefined) return sets
    throw new StoreDamagedError(
      `Cannot load the document ${document}: ${damage instanceof Error ? damage.message : damage}`,
      { document, intact: sets, cause: damage },
    )
  }

  create({ id, genesis }: StoredDocument): void {
    const row = this.#selectDocument.get(id)
    if (row === undefined) this.#insertDocument.run(id, genesis, documentChecksum(id, genesis))
    else if (row['genesis'] === null) this.#setGenesis.run(genesis, documentChecksum(id, genesis), id)
  }

  *list(): Generator<void, readonly ListedDocument[]> {
    const documents: ListedDocument[] = []
    for (const row of this.#selectDocuments.iterate()) {
      const id = row['id'] as DocumentId
      const genesis = row['genesis']
      if ((genesis !== null && !(genesis instanceof Uint8Array)) || documentChecksum(id, genesis) !== row['checksum']) {
        throw new StoreDamagedError(`Cannot list the documents: what is kept of ${id} is damaged`, { document: id })
      }
      if (genesis !== null) documents.push({ id, genesis, changeSets: Number(row['change_count']) })
      yield
    }
    return documents
  }

  remove(document: DocumentId): void {
    const number = this.#selectDocument.get(document)?.['number']
    if (number === undefined) return
    this.#deleteChanges.run(Number(number))
    this.#deleteDocument.run(document)
  }

  /** Change sets may come before `create`: the document is then kept without being listed. */
  #tallyOf(document: DocumentId): Tally {
    let row = this.#selectDocument.get(document)
    if (row === undefined) {
      this.#insertDocument.run(document, null, documentChecksum(document, null))
      row = this.#selectDocument.get(document)
    }
    return {
      number: Number(row?.['number']),
      count: Number(row?.['change_count']),
      checksums: Number(row?.['change_tally']),
    }
  }
}

function readChange(
  document: DocumentId,
  number: number,
  row: Record<string, unknown>,
): { readonly position: number; readonly set: StoredChangeSet } | undefined {
  const { position, replica, sequence, fragment, bytes } = row
  if (typeof position !== 'number' || typeof sequence !== 'number' || typeof fragment !== 'number') return undefined
  if (typeof replica !== 'string' || !(bytes instanceof Uint8Array)) return undefined
  const set = { document, replica, sequence, fragment, bytes }
  return changeChecksum(position, number, set) === row['checksum'] ? { position, set } : undefined
}

/** Over the key and the place as well: a row that damage has moved to another document must not be taken for its own. */
function changeChecksum(position: number, number: number, set: StoredChangeSet): number {
  const place = `${position} ${number} ${set.document} ${set.sequence} ${set.fragment} ${set.replica}`
  return crc32(set.bytes, crc32(place))
}

function documentChecksum(id: DocumentId, genesis: Uint8Array | null): number {
  return genesis === null ? crc32(id) : crc32(genesis, crc32(id))
}
