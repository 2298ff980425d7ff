import type { Instant, PeerId, SubscribeOptions } from '../protocol/index.ts'

/** What a simulation tells whoever observes it. */
export type Happening =
  | {
      readonly kind: 'started' | 'crashed' | 'stopped' | 'suspended' | 'resumed'
      readonly time: Instant
      readonly peer: PeerId
    }
  /** Only with `{ messages: true }`. A message sent may be delivered once, twice, or be lost. */
  | {
      readonly kind: 'sent' | 'delivered' | 'lost'
      readonly time: Instant
      readonly from: PeerId
      readonly to: PeerId
      readonly protocol: string
      readonly message: unknown
    }
  /** What a core emitted. */
  | {
      readonly kind: 'event'
      readonly time: Instant
      readonly peer: PeerId
      readonly protocol: string
      readonly event: unknown
    }
  /** A change of the wires, in words. */
  | { readonly kind: 'network'; readonly time: Instant; readonly text: string }

export interface ObserveOptions extends SubscribeOptions {
  /** Tells of every message too. Slow: a thousand peers send thousands of them each second. @default false */
  readonly messages?: boolean
}

interface Observer {
  readonly listener: (happening: Happening) => void
  readonly messages: boolean
}

/** Whoever observes a simulation. It asks `any` and `anyMessages` first, and makes no happening that nobody hears. */
export class Observers {
  #observers: readonly Observer[] = []
  any = false
  anyMessages = false

  add(listener: (happening: Happening) => void, { messages = false, signal }: ObserveOptions): void {
    if (signal?.aborted === true) return
    const observer = { listener, messages }
    this.#set([...this.#observers, observer])
    signal?.addEventListener('abort', () => this.#set(this.#observers.filter((other) => other !== observer)), {
      once: true,
    })
  }

  tell(happening: Happening): void {
    for (const { listener } of this.#observers) listener(happening)
  }

  tellOfMessage(happening: Happening): void {
    for (const { listener, messages } of this.#observers) if (messages) listener(happening)
  }

  #set(observers: readonly Observer[]): void {
    this.#observers = observers
    this.any = observers.length > 0
    this.anyMessages = observers.some(({ messages }) => messages)
  }
}
