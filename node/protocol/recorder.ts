import { encodeMessage, decodeMessage } from './codec.ts'
import type { Duration, HostEnvironment, Instant, PeerId, Signed, Ticket } from './environment.ts'
import type { Protocol, ProtocolDefinition } from './protocol.ts'
import { createRandom, type Random } from './random.ts'

export interface RecorderOptions {
  /** @default 'self' */
  readonly self?: string
  /** @default 1 */
  readonly seed?: number | string
  /** 32 bytes. @default zeros */
  readonly author?: Uint8Array
}

export type Effect<Message, Timer, Event, Entry> =
  | { readonly type: 'send'; readonly to: PeerId; readonly message: Message }
  | { readonly type: 'schedule'; readonly timer: Timer; readonly delay: Duration }
  | { readonly type: 'emit'; readonly event: Event }
  | { readonly type: 'write'; readonly entry: Entry; readonly ticket: Ticket }
  | { readonly type: 'load'; readonly part: string; readonly ticket: Ticket }
  | { readonly type: 'sign'; readonly bytes: Uint8Array; readonly ticket: Ticket }
  | { readonly type: 'verify'; readonly claim: Signed; readonly ticket: Ticket }

interface PendingTimer<Timer> {
  readonly due: Instant
  readonly sequence: number
  readonly timer: Timer
}

/**
 * The third host, for tests of a single core: it does nothing but write down what the core asks for. A test plays the
 * world by hand and compares the effects, or their transcript, with what the paper says.
 *
 * Every message goes through the codec on its way out, so that a message which cannot be encoded fails the test.
 */
export class Recorder<Message, Timer, Event, Entry = never> {
  readonly environment: HostEnvironment<Message, Timer, Event, Entry>
  #now: Instant = 0
  #ticket = 0
  #sequence = 0
  #effects: Effect<Message, Timer, Event, Entry>[] = []
  readonly #timers: PendingTimer<Timer>[] = []
  #core: Protocol<Message, Timer, Entry> | undefined
  #blocked = new Set<PeerId>()
  #throughCodec: (message: Message) => Message = (message) => message

  constructor({ self = 'self', seed = 1, author = new Uint8Array(32) }: RecorderOptions = {}) {
    const random: Random = createRandom(seed)
    this.environment = {
      self: self as PeerId,
      random,
      author,
      now: () => this.#now,
      send: (to, message) => {
        this.#effects.push({ type: 'send', to, message: this.#throughCodec(message) })
        return !this.#blocked.has(to)
      },
      schedule: (timer, delay) => {
        this.#effects.push({ type: 'schedule', timer, delay })
        this.#timers.push({ due: this.#now + delay, sequence: this.#sequence++, timer })
      },
      emit: (event) => void this.#effects.push({ type: 'emit', event }),
      write: (entry) => this.#issue((ticket) => ({ type: 'write', entry, ticket })),
      load: (part) => this.#issue((ticket) => ({ type: 'load', part, ticket })),
      sign: (bytes) => this.#issue((ticket) => ({ type: 'sign', bytes, ticket })),
      verify: (claim) => this.#issue((ticket) => ({ type: 'verify', claim, ticket })),
    }
  }

  /** Creates the core and starts it. */
  run<Core extends Protocol<Message, Timer, Entry>, Needs>(
    definition: ProtocolDefinition<Message, Timer, Event, Core, Needs, Entry>,
    needs: Needs,
    entries?: Iterable<Entry>,
  ): Core {
    this.#throughCodec = (message) => decodeMessage(definition.codec, encodeMessage(definition.codec, message))
    const core = definition.create(this.environment, needs)
    this.#core = core
    if (entries !== undefined) core.restore?.(entries)
    core.start()
    return core
  }

  get now(): Instant {
    return this.#now
  }

  /** What the core has asked for since the last call. */
  take(): Effect<Message, Timer, Event, Entry>[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** The messages sent since the last `take` or `sent`; the other effects since then are dropped. */
  sent(): { readonly to: PeerId; readonly message: Message }[] {
    return this.take().filter((effect) => effect.type === 'send')
  }

  /** The events emitted since the last `take` or `emitted`; the other effects since then are dropped. */
  emitted(): Event[] {
    return this.take().flatMap((effect) => (effect.type === 'emit' ? [effect.event] : []))
  }

  /** Lets time pass; timers expire in the order of their due time, equal ones in the order they were set. */
  advance(duration: Duration): void {
    const end = this.#now + duration
    for (;;) {
      const next = this.#nextTimer(end)
      if (next === undefined) break
      this.#timers.splice(this.#timers.indexOf(next), 1)
      this.#now = next.due
      this.#core?.expire(next.timer)
    }
    this.#now = end
  }

  /** From here on `send` to that peer answers false, as if its credits were used up, until `unblock`. */
  block(peer: PeerId): void {
    this.#blocked.add(peer)
  }

  unblock(peer: PeerId): void {
    if (this.#blocked.delete(peer)) this.#core?.writable?.(peer)
  }

  /** The effects since the last call as text, one a line, for tests that read as a story. */
  transcript(): string {
    return this.take().map(describe).join('\n')
  }

  #nextTimer(end: Instant): PendingTimer<Timer> | undefined {
    let next: PendingTimer<Timer> | undefined
    for (const timer of this.#timers) {
      if (timer.due > end) continue
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.sequence < next.sequence)) {
        next = timer
      }
    }
    return next
  }

  #issue(effect: (ticket: Ticket) => Effect<Message, Timer, Event, Entry>): Ticket {
    const ticket = ++this.#ticket as Ticket
    this.#effects.push(effect(ticket))
    return ticket
  }
}

function describe(effect: Effect<unknown, unknown, unknown, unknown>): string {
  switch (effect.type) {
    case 'send':
      return `send ${effect.to} ${plain(effect.message)}`
    case 'schedule':
      return `schedule +${effect.delay} ${plain(effect.timer)}`
    case 'emit':
      return `emit ${plain(effect.event)}`
    case 'write':
      return `write #${effect.ticket} ${plain(effect.entry)}`
    case 'load':
      return `load #${effect.ticket} ${effect.part}`
    case 'sign':
      return `sign #${effect.ticket} ${effect.bytes.length} bytes`
    case 'verify':
      return `verify #${effect.ticket} ${effect.claim.bytes.length} bytes`
  }
}

/** `{type: 'ping', number: 1}` as `ping number=1`. */
function plain(value: unknown): string {
  if (value instanceof Uint8Array) return hex(value)
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const { type, ...fields } = value as Record<string, unknown>
  const parts = Object.entries(fields)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${nested(field)}`)
  return [...(type === undefined ? [] : [String(type)]), ...parts].join(' ')
}

function nested(value: unknown): string {
  const text = plain(value)
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? `(${text})`
    : text
}

function hex(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes.subarray(0, 8)) text += byte.toString(16).padStart(2, '0')
  return bytes.length > 8 ? `${text}…` : text
}
