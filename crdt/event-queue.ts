import { Listeners, type SubscribeOptions } from '../node/protocol/index.ts'
import type { DocumentEvent } from './event.ts'

/**
 * Tells events one after the other: one that arises while another is told follows it, so that every listener hears the
 * same order. A listener that throws silences nobody else.
 */
export class EventQueue {
  readonly #listeners = new Listeners<DocumentEvent>()
  #queue: DocumentEvent[] = []
  #telling = false
  readonly #errors: unknown[] = []

  get size(): number {
    return this.#listeners.size
  }

  subscribe(listener: (event: DocumentEvent) => void, options: SubscribeOptions = {}): void {
    this.#listeners.subscribe(listener, options)
  }

  /** The same for a single event, which most are. */
  tellOne(event: DocumentEvent): void {
    if (this.#telling) {
      this.#queue.push(event)
      return
    }
    this.#telling = true
    this.#pass(event)
    this.#telling = false
    if (this.#queue.length > 0 || this.#errors.length > 0) this.tell([])
  }

  /** @throws what the first of the listeners threw, once all are told */
  tell(events: readonly DocumentEvent[]): void {
    if (this.#listeners.size > 0) this.#queue.push(...events)
    if (this.#telling) return
    this.#telling = true
    while (this.#queue.length > 0) {
      const queue = this.#queue
      this.#queue = []
      for (const event of queue) this.#pass(event)
    }
    this.#telling = false
    const [error] = this.#errors.splice(0)
    if (error !== undefined) throw error
  }

  #pass(event: DocumentEvent): void {
    try {
      this.#listeners.tell(event)
    } catch (error) {
      this.#errors.push(error)
    }
  }
}
