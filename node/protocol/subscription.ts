export interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal
}

/** The listeners of one source of events. A listener added or removed while an event is told takes part from the next one on. */
export class Listeners<Event> {
  #listeners: readonly ((event: Event) => void)[] = []

  get size(): number {
    return this.#listeners.length
  }

  subscribe(listener: (event: Event) => void, { signal }: SubscribeOptions = {}): void {
    if (signal?.aborted === true) return
    const entry = (event: Event): void => listener(event)
    this.#listeners = [...this.#listeners, entry]
    signal?.addEventListener(
      'abort',
      () => {
        this.#listeners = this.#listeners.filter((other) => other !== entry)
      },
      { once: true },
    )
  }

  tell(event: Event): void {
    for (const listener of this.#listeners) listener(event)
  }
}
