import type { Change } from '../index.ts'
import type { SealedChangeSet } from './change-set.ts'
import type { Admission, DocumentLog } from './document-log.ts'
import { encodeProof, type Equivocation } from './equivocation.ts'
import type { ReplicatorEntry, ReplicatorEvent } from './events.ts'
import type { Journal } from './journal.ts'
import type { News } from './news.ts'
import type { Restoration } from './restoration.ts'

export interface UpdatesPorts {
  readonly journal: Journal
  readonly news: News
  readonly restoration: Restoration
  /** Whether what was kept has been restored: until then, sets come from the store. */
  isStarted(): boolean
  /** What is compared with others is the log as it is now. */
  changed(log: DocumentLog): void
  /** The log's snapshot is not what it says any more. */
  outdated(log: DocumentLog): void
  readonly emit: (event: ReplicatorEvent) => void
}

/** What follows where a log has changed: the store, the application and a few neighbours are told. */
export class Updates {
  readonly #ports: UpdatesPorts

  constructor(ports: UpdatesPorts) {
    this.#ports = ports
  }

  touch(log: DocumentLog): void {
    this.#ports.changed(log)
    this.#ports.outdated(log)
  }

  /** Others' sets were taken in. @param way by broadcast, which everybody hears, or by comparison */
  accepted(
    log: DocumentLog,
    sets: readonly SealedChangeSet[],
    changes: readonly Change[],
    way: 'push' | 'repair',
  ): void {
    const { journal, news, emit } = this.#ports
    this.touch(log)
    for (const set of sets) journal.keepSet(set)
    if (changes.length > 0) emit({ type: 'received', document: log.id, changes })
    if (way === 'repair') news.add(log)
  }

  /** An author wrote two histories. */
  proven(log: DocumentLog, equivocation: Equivocation): void {
    const { journal, news, restoration } = this.#ports
    this.touch(log)
    journal.keepProof(equivocation)
    if (!restoration.isAwaking) this.#tellProof(equivocation)
    news.add(log)
  }

  /** What is believed of a contested log was decided. */
  settled(log: DocumentLog, admission: Admission): void {
    const { journal, news, restoration, emit } = this.#ports
    this.#ports.changed(log)
    if (admission.outcome !== 'accepted' && admission.outcome !== 'rewritten') return
    this.#ports.outdated(log)
    // `loaded` tells of all that is there.
    if (restoration.isAwaking) return
    const { accepted, changes } = admission
    const isStarted = this.#ports.isStarted()
    if (isStarted) for (const set of accepted) journal.keepSet(set)
    if (admission.outcome === 'rewritten') emit({ type: 'rewritten', document: log.id, changes })
    else if (changes.length > 0) emit({ type: 'received', document: log.id, changes })
    if (isStarted) news.add(log)
  }

  /** Of a document that was asleep, all that the store has is here. */
  awake(log: DocumentLog, entries: Iterable<ReplicatorEntry>): void {
    const { restoration, emit } = this.#ports
    const isOther = restoration.awake(log, entries)
    for (const proof of log.proofs) this.#tellProof(proof)
    if (isOther) this.touch(log)
    emit({ type: 'loaded', document: log.id })
  }

  #tellProof(equivocation: Equivocation): void {
    const { author, document, replica } = equivocation.first
    this.#ports.emit({ type: 'equivocation', document, author, replica, proof: encodeProof(equivocation) })
  }
}
