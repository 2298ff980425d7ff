import { assert } from '../errors.ts'

/** Lamport's logical clock (CACM 1978, rules IR1 and IR2): later in the causal order always has the greater time. */
export class LamportClock {
  #time: number

  /** @param time the greatest time used or seen so far */
  constructor(time = 0) {
    assert(Number.isSafeInteger(time) && time >= 0, 'a Lamport time is an integer from 0 to 2^53 - 1')
    this.#time = time
  }

  get time(): number {
    return this.#time
  }

  /** IR1. @returns the time of a new event here */
  tick(): number {
    assert(this.#time < Number.MAX_SAFE_INTEGER, 'a Lamport clock has no time left')
    return ++this.#time
  }

  /** IR2: an event of another process was seen. */
  witness(time: number): void {
    assert(Number.isSafeInteger(time) && time >= 0, 'a Lamport time is an integer from 0 to 2^53 - 1')
    if (time > this.#time) this.#time = time
  }
}
