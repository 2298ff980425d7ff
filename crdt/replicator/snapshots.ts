import type { Duration } from '../../node/protocol/index.ts'
import type { DocumentLog } from './document-log.ts'
import { snapshotEntry, type SnapshotEntry } from './snapshot.ts'

/** How long after a change a document's snapshot is written: a crash before that costs reading the document at the start. */
const delay: Duration = 30_000

export interface SnapshotsPorts {
  write(entry: SnapshotEntry): void
  /** Calls `write` after the delay. */
  later(delay: Duration): void
}

/** Writes what the next run needs to know of each document so that it need not read it. */
export class Snapshots {
  readonly #ports: SnapshotsPorts
  readonly #changed = new Set<DocumentLog>()
  #isDue = false

  constructor(ports: SnapshotsPorts) {
    this.#ports = ports
  }

  /** The log has changed. */
  touch(log: DocumentLog): void {
    this.#changed.add(log)
    if (this.#isDue) return
    this.#isDue = true
    this.#ports.later(delay)
  }

  expire(): void {
    this.#isDue = false
    this.write()
  }

  /** Of all that have changed since the last time. Sets that are written later make a snapshot void. */
  write(): void {
    for (const log of this.#changed) {
      const { snapshot } = log
      // What is asleep has not changed.
      if (snapshot !== undefined && !log.isAsleep) this.#ports.write(snapshotEntry(log.id, snapshot))
    }
    this.#changed.clear()
  }
}
