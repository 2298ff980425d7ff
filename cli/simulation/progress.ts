import { durationInWords, type ScenarioRun } from '../../node/simulation/index.ts'

/** How often the line is written anew, in milliseconds. */
const interval = 200

/** One line on a terminal's standard error that tells how far a run is. On anything else it writes nothing. */
export class Progress {
  readonly #isShown: boolean
  readonly #label: string
  readonly #started = performance.now()
  #shownAt = this.#started
  #wasShown = false

  /** @param label what precedes it, such as which seed of how many */
  constructor(isWanted: boolean, label = '') {
    this.#isShown = isWanted && process.stderr.isTTY
    this.#label = label
  }

  show(run: ScenarioRun): void {
    const now = performance.now()
    if (!this.#isShown || now - this.#shownAt < interval) return
    this.#shownAt = now
    this.#wasShown = true
    process.stderr.write(`\r\u001b[K${this.#describe(run, (now - this.#started) / 1000)}`)
  }

  /** Takes the line away. */
  end(): void {
    if (this.#wasShown) process.stderr.write('\r\u001b[K')
  }

  #describe({ simulation: { handled, now }, scenario: { duration } }: ScenarioRun, seconds: number): string {
    const share = now / duration
    const left = share > 0 ? durationInWords(Math.round((seconds / share) * (1 - share)) * 1000) : '?'
    const rate = `${(handled / seconds / 1e6).toFixed(2)} M events/s`
    const line = `${this.#label}${durationInWords(now)} of ${durationInWords(duration)}  ${Math.floor(share * 100)} %  ${rate}  ${left} left`
    return line.slice(0, Math.max(0, (process.stderr.columns || 80) - 1))
  }
}
