import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { StoreDamagedError } from '../../protocol/index.ts'

/** A table of small named values, each with a checksum over name and value. */
export class ValueTable {
  readonly #select: StatementSync
  readonly #replace: StatementSync

  constructor(database: DatabaseSync, table: 'values' | 'internals') {
    this.#select = database.prepare(`SELECT checksum, value FROM "${table}" WHERE key = ?`)
    this.#replace = database.prepare(`INSERT OR REPLACE INTO "${table}" (key, checksum, value) VALUES (?, ?, ?)`)
  }

  /** @throws StoreDamagedError */
  get(key: string): Uint8Array | undefined {
    const row = this.#select.get(key)
    if (row === undefined) return undefined
    const value = row['value']
    if (!(value instanceof Uint8Array) || checksum(key, value) !== row['checksum']) {
      throw new StoreDamagedError(`Cannot read the value ${JSON.stringify(key)}: it is damaged`)
    }
    return value
  }

  put(key: string, value: Uint8Array): void {
    this.#replace.run(key, checksum(key, value), value)
  }
}

function checksum(key: string, value: Uint8Array): number {
  return crc32(value, crc32(key))
}
