import type { Instant, SubscribeOptions } from '../../protocol/index.ts'
import type { Simulation } from '../simulation.ts'
import { createSelection, type SelectionOptions } from './selection.ts'
import { inWords, type Describe } from './words.ts'

export interface TranscriptOptions extends SelectionOptions, SubscribeOptions {
  /** Tells of every message too. @default false */
  readonly messages?: boolean
  /** Most lines; what happens after them is counted. @default 100000 */
  readonly limit?: number
  /** Words for events. @default their type and what else they hold: `swim: failed peer=m7 incarnation=0` */
  readonly describe?: Describe
}

/** A run as a story: one line a happening. */
export class Transcript {
  readonly #write: (line: string) => void
  readonly #limit: number
  #lines = 0
  #left = 0

  /**
   * Writes from now on.
   *
   * @param write is given each line, without its end
   */
  constructor(simulation: Simulation, write: (line: string) => void, options: TranscriptOptions = {}) {
    const { messages = false, limit = 100_000, describe, signal } = options
    this.#write = write
    this.#limit = limit
    if (signal?.aborted === true) return
    const running = simulation.peers.filter(({ state }) => state === 'running').length
    if (running > 0) write(`${clock(simulation.now)}  ${running} peers run`)
    const isWanted = createSelection(options)
    simulation.observe(
      (happening) => {
        if (isWanted(happening)) this.#tell(happening.time, inWords(happening, describe))
      },
      { messages, ...(signal === undefined ? {} : { signal }) },
    )
  }

  /** The last line, where there was more to tell than lines to tell it in. */
  end(now: Instant): void {
    if (this.#left > 0) this.#write(`${clock(now)}  … and ${this.#left} more`)
    this.#left = 0
  }

  #tell(time: Instant, words: string): void {
    if (this.#lines < this.#limit) this.#write(`${clock(time)}  ${words}`)
    else this.#left++
    this.#lines++
  }
}

/** Seconds, right-aligned: `   12.340`. */
function clock(time: Instant): string {
  return `${Math.floor(time / 1000)}.${String(time % 1000).padStart(3, '0')}`.padStart(9)
}
