import { LookupFailedError, type Duration, type Key, type RequestOptions } from '../../node/protocol/index.ts'
import type { MutableCounters } from './counters.ts'
import type { ResolvedKademliaOptions } from './options.ts'

type Limits = Pick<ResolvedKademliaOptions, 'parallelRequests' | 'pendingLimit' | 'requestTimeout'>

/**
 * Requests of this peer: so many at once, each with an end. Whatever ends one (its result, its signal, its time, the end of
 * the peer) settles its promise exactly once.
 */
export class Requests {
  readonly #limits: Limits
  readonly #counters: MutableCounters
  readonly #waiting: (() => void)[] = []
  /** Of those that wait or are under way. */
  readonly #endings = new Set<(reason: string) => void>()
  #running = 0
  #state: 'created' | 'open' | 'closed' = 'created'

  constructor(limits: Limits, counters: MutableCounters) {
    this.#limits = limits
    this.#counters = counters
  }

  open(): void {
    this.#state = 'open'
  }

  close(): void {
    this.#state = 'closed'
    for (const end of this.#endings) end('this peer has stopped')
  }

  /**
   * @param act does it, until the signal
   * @param timeout when it is given up; Infinity for never
   * @throws LookupFailedError when the peer does not run, or there is no end in time; whatever `act` throws
   */
  async run<Result>(
    key: Key,
    { signal }: RequestOptions,
    act: (signal: AbortSignal) => Promise<Result>,
    timeout: Duration = this.#limits.requestTimeout,
  ): Promise<Result> {
    signal?.throwIfAborted()
    this.#check(key)
    this.#counters.requests++
    const ending = new AbortController()
    const end = (reason: string): void => ending.abort(new LookupFailedError(key, 0, reason))
    const late = (): void => end(`there was no end within ${timeout} ms`)
    const timer = timeout === Infinity ? undefined : setTimeout(late, timeout)
    const forward = (): void => ending.abort(signal?.reason)
    signal?.addEventListener('abort', forward, { once: true })
    this.#endings.add(end)
    try {
      return await raced(this.#inTurn(ending.signal, act), ending.signal)
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', forward)
      this.#endings.delete(end)
    }
  }

  #check(key: Key): void {
    if (this.#state === 'created') throw new LookupFailedError(key, 0, 'this peer has not started yet')
    if (this.#state === 'closed') throw new LookupFailedError(key, 0, 'this peer has stopped')
    if (this.#waiting.length >= this.#limits.pendingLimit) {
      throw new LookupFailedError(key, 0, `${this.#waiting.length} requests wait already`)
    }
  }

  async #inTurn<Result>(signal: AbortSignal, act: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limits.parallelRequests) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    } else this.#running++
    try {
      signal.throwIfAborted()
      return await act(signal)
    } finally {
      // The place is handed on, so that nobody who comes now takes it before those who wait.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

/** The promise, or the signal's reason if that is there first. */
function raced<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
