import { AssertionError, type Instant, type PeerId, type SubscribeOptions } from '../../protocol/index.ts'
import type { Happening } from '../observers.ts'
import type { Simulation } from '../simulation.ts'
import type { TimelineLine } from './lines.ts'
import { createSelection, typeOf, type SelectionOptions } from './selection.ts'

export interface RecordingOptions extends SelectionOptions, SubscribeOptions {
  /** Name of what is simulated. */
  readonly name: string
  /** Records every message too, by sender, receiver and type. @default false */
  readonly messages?: boolean
  /** Most happenings; those after them are counted. @default 1000000 */
  readonly limit?: number
}

/** Most characters of one text within a line, and of the line's event as a whole. */
const textLimit = 200
const eventLimit = 2000

/**
 * Writes one run as a file that a page can play: NDJSON, described in docs/formats/timeline.md. Peers and protocols are
 * numbered, and introduced by a line of their own before they first take part.
 */
export class TimelineRecording {
  readonly #write: (line: string) => void
  readonly #limit: number
  readonly #simulation: Simulation
  readonly #peers = new Map<string, number>()
  readonly #protocols = new Map<string, number>()
  #recorded = 0
  #omitted = 0
  #isOpen = true

  /**
   * Records from now on.
   *
   * @param write is given each line, without its end
   */
  constructor(simulation: Simulation, write: (line: string) => void, options: RecordingOptions) {
    const { name, messages = false, limit = 1_000_000, signal } = options
    this.#write = write
    this.#limit = limit
    this.#simulation = simulation
    this.#put({ t: simulation.now, k: 'timeline', version: 1, name, seed: simulation.seed })
    for (const peer of simulation.peers) {
      this.#peer(simulation.now, peer.id)
      if (peer.state !== 'running') continue
      this.#recorded++
      this.#put({ t: simulation.now, k: 'started', p: this.#peer(simulation.now, peer.id) })
    }
    const isWanted = createSelection(options)
    simulation.observe(
      (happening) => {
        if (this.#isOpen && isWanted(happening)) this.#record(happening)
      },
      { messages, ...(signal === undefined ? {} : { signal }) },
    )
  }

  /** Writes the last line: without it, a file is cut off. Nothing is recorded after it. */
  end(): void {
    if (!this.#isOpen) throw new AssertionError('a recording ends once')
    this.#isOpen = false
    const { now, traceHash } = this.#simulation
    this.#put({ t: now, k: 'end', happenings: this.#recorded, omitted: this.#omitted, traceHash })
  }

  #record(happening: Happening): void {
    if (this.#recorded >= this.#limit) return void this.#omitted++
    this.#recorded++
    const { time: t } = happening
    switch (happening.kind) {
      case 'started':
      case 'crashed':
      case 'stopped':
      case 'suspended':
      case 'resumed':
        return this.#put({ t, k: happening.kind, p: this.#peer(t, happening.peer) })
      case 'event': {
        const [p, o] = [this.#peer(t, happening.peer), this.#protocol(t, happening.protocol)]
        return this.#put({ t, k: 'event', p, o, e: plainEvent(happening.event) })
      }
      case 'sent':
      case 'delivered':
      case 'lost': {
        const [f, p] = [this.#peer(t, happening.from), this.#peer(t, happening.to)]
        const o = this.#protocol(t, happening.protocol)
        return this.#put({ t, k: happening.kind, f, p, o, m: cut(typeOf(happening.message)) })
      }
      case 'network':
        return this.#put({ t, k: 'network', text: cut(happening.text) })
    }
  }

  #peer(t: Instant, name: PeerId): number {
    const known = this.#peers.get(name)
    if (known !== undefined) return known
    const p = this.#peers.size
    this.#peers.set(name, p)
    this.#put({ t, k: 'peer', p, name: cut(name) })
    return p
  }

  #protocol(t: Instant, name: string): number {
    const known = this.#protocols.get(name)
    if (known !== undefined) return known
    const o = this.#protocols.size
    this.#protocols.set(name, o)
    this.#put({ t, k: 'protocol', o, name: cut(name) })
    return o
  }

  #put(line: TimelineLine): void {
    this.#write(JSON.stringify(line))
  }
}

/** An event with its texts cut and its bytes counted; nothing but its type where it is too large. */
function plainEvent(event: unknown): { readonly type: string } {
  const type = cut(typeOf(event))
  const plain = typeof event === 'object' && event !== null ? { ...(toPlain(event, 3) as object), type } : { type }
  return JSON.stringify(plain).length > eventLimit ? { type } : plain
}

function toPlain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value !== 'object') return undefined
  if (value instanceof Uint8Array) return { bytes: value.length }
  if (depth === 0) return null
  if (Array.isArray(value)) return value.slice(0, 32).map((item) => toPlain(item, depth - 1) ?? null)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cut(key), toPlain(item, depth - 1)]))
}

function cut(text: string): string {
  return text.length > textLimit ? `${text.slice(0, textLimit - 1)}…` : text
}
