import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { median } from '../table.ts'

/** What the machine itself takes, in milliseconds: no library is faster than that, and times say little on a busy one. */
export class MachineTimes {
  readonly #starts: number[] = []
  readonly #commits: number[] = []

  /** Once in every round, beside the libraries. */
  measure(): void {
    const start = performance.now()
    spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' })
    this.#starts.push(performance.now() - start)
    this.#commits.push(...measureCommits())
  }

  get note(): string {
    const [start, commit] = [median(this.#starts), median(this.#commits)]
    return `The machine meanwhile: an empty Node from start to end ${start.toFixed(0)} ms; a commit of SQLite, synced, ${commit.toFixed(2)} ms (medians).`
  }
}

/** As the store of a peer does it, one small row each. */
function measureCommits(): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'peerloom-bench-'))
  const database = new DatabaseSync(join(directory, 'commits'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE changes (bytes BLOB)')
  const insert = database.prepare('INSERT INTO changes VALUES (?)')
  const times = Array.from({ length: 50 }, () => {
    const start = performance.now()
    insert.run(new Uint8Array(330))
    return performance.now() - start
  })
  database.close()
  rmSync(directory, { recursive: true })
  return times
}
