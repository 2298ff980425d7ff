export interface SubscribeOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal
}

/**
 * The listeners of one source of events. A listener added or removed while an event is told takes part from the next one
 * on; one that throws silences nobody else.
 */
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

  /** @throws what the first of the listeners threw, once all are told */
  tell(event: Event): void {
    let failure: { readonly error: unknown } | undefined
    const listeners = this.#listeners
    // An event is told for every keystroke: without an iterator.
    for (let at = 0; at < listeners.length; at++) {
      try {
        ;(listeners[at] as (event: Event) => void)(event)
      } catch (error) {
        failure ??= { error }
      }
    }
    if (failure !== undefined) throw failure.error
  }
}
