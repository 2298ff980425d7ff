import { Failure } from '../../failure.ts'
import type { Call } from '../server.ts'

/** Items that a client is behind with, beyond which it is sent away. */
const queueLimit = 10_000

/** Events on their way to a client, in order, as fast as it reads them. */
export class StreamOfItems<Item> {
  readonly #call: Call
  readonly #queue: Item[] = []
  readonly #ended: Promise<never>
  #end: (reason: unknown) => void = () => {}
  #sending = false

  constructor(call: Call) {
    this.#call = call
    this.#ended = new Promise((_resolve, reject) => (this.#end = reject))
    call.signal.addEventListener('abort', () => this.#end(call.signal.reason), { once: true })
    if (call.signal.aborted) this.#end(call.signal.reason)
    // Whoever waits is told; nobody need wait.
    this.#ended.catch(() => undefined)
  }

  put(item: Item): void {
    if (this.#queue.length >= queueLimit) {
      this.#end(new Failure('failure', `The reader fell behind by ${queueLimit} events`))
      return
    }
    this.#queue.push(item)
    if (!this.#sending) void this.#send()
  }

  /** Never resolves: a stream ends when its client goes, or falls behind. */
  untilAborted(): Promise<never> {
    return this.#ended
  }

  async #send(): Promise<void> {
    this.#sending = true
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) await this.#call.item(item)
    this.#sending = false
  }
}
