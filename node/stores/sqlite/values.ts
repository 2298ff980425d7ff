import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { StoreDamagedError, type StoredValue } from '../../protocol/index.ts'

/** A table of small named values, each with a checksum over name and value. */
export class ValueTable {
  readonly #select: StatementSync
  readonly #replace: StatementSync
  readonly #delete: StatementSync
  readonly #all: StatementSync

  constructor(database: DatabaseSync, table: 'values' | 'internals') {
    this.#select = database.prepare(`SELECT checksum, value FROM "${table}" WHERE key = ?`)
    this.#replace = database.prepare(`INSERT OR REPLACE INTO "${table}" (key, checksum, value) VALUES (?, ?, ?)`)
    this.#delete = database.prepare(`DELETE FROM "${table}" WHERE key = ?`)
    // SQLite compares text by its bytes, so what begins with a text stands together behind it.
    this.#all = database.prepare(`SELECT key, checksum, value FROM "${table}" WHERE key >= ? ORDER BY key`)
  }

  /** @throws StoreDamagedError */
  get(key: string): Uint8Array | undefined {
    const row = this.#select.get(key)
    if (row === undefined) return undefined
    return sound(key, row)
  }

  /** One by one, since there may be many. @throws StoreDamagedError */
  *scan(prefix: string): Generator<StoredValue, void> {
    for (const row of this.#all.iterate(prefix)) {
      const key = String(row['key'])
      if (!key.startsWith(prefix)) return
      yield { key, value: sound(key, row) }
    }
  }

  delete(key: string): void {
    this.#delete.run(key)
  }

  put(key: string, value: Uint8Array): void {
    this.#replace.run(key, checksum(key, value), value)
  }
}

function sound(key: string, row: Readonly<Record<string, unknown>>): Uint8Array {
  const value = row['value']
  if (value instanceof Uint8Array && checksum(key, value) === row['checksum']) return value
  throw new StoreDamagedError(`Cannot read the value ${JSON.stringify(key)}: it is damaged`)
}

function checksum(key: string, value: Uint8Array): number {
  return crc32(value, crc32(key))
}
