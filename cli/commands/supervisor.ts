import type { StatusReport } from '../control/requests.ts'
import { toFailure, type FailureCode } from '../failure.ts'

/** What a peer tells the process that started it. */
export type PeerNews =
  | { readonly type: 'up'; readonly report: StatusReport }
  | { readonly type: 'failed'; readonly code: FailureCode; readonly message: string; readonly hint: string | undefined }

/** The process that started this one and hears how it goes: `peerloom up --detach`, or `peerloom lan`. */
export class Supervisor {
  #isReleased = false

  constructor() {
    process.on('message', (message) => {
      if (message === 'release') this.#isReleased = true
    })
  }

  tell(news: PeerNews): void {
    if (process.connected) process.send?.(news)
  }

  fail(error: unknown): void {
    const { code, message, hint } = toFailure(error)
    this.tell({ type: 'failed', code, message, hint })
  }

  /** The supervisor is gone, and has not said that this process is to go on without it. */
  onEnd(act: () => void): void {
    const hear = (): void => (this.#isReleased ? undefined : act())
    // It may be gone already: a peer takes a moment to start.
    if (process.connected) process.on('disconnect', hear)
    else if (process.send !== undefined) hear()
  }
}
