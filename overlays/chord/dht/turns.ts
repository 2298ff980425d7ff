type Act = (ended: () => void) => void

/** What is to be done a few at a time, in order. However many end at once, nothing is nested. */
export class Turns {
  readonly #atOnce: number
  #waiting: Act[] = []
  /** Of those that wait, the first that has not begun. */
  #place = 0
  #open = 0
  #isStarting = false

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  get isIdle(): boolean {
    return this.#open === 0 && this.#place === this.#waiting.length
  }

  /** @param act calls `ended` exactly once, at once or later */
  add(act: Act): void {
    this.#waiting.push(act)
    this.#start()
  }

  #start(): void {
    if (this.#isStarting) return
    this.#isStarting = true
    try {
      while (this.#open < this.#atOnce) {
        const act = this.#waiting[this.#place]
        if (act === undefined) return
        this.#place++
        if (2 * this.#place > this.#waiting.length) this.#forget()
        this.#open++
        act(() => {
          this.#open--
          this.#start()
        })
      }
    } finally {
      this.#isStarting = false
    }
  }

  /** Those that have begun; seldom enough, since what is behind them moves up. */
  #forget(): void {
    this.#waiting = this.#waiting.slice(this.#place)
    this.#place = 0
  }
}
