// Rumor mongering: Demers, Greene, Hauser, Irish, Larson, Shenker, Sturgis, Swinehart, Terry: "Epidemic Algorithms for
// Replicated Database Maintenance" (PODC 1987), §1.4. Imports types alone, so that it runs without a built package.

import type { ByteReader, ByteWriter, Codec, Duration, Environment } from 'peerloom/protocol'
import type { PeerId, Protocol, ProtocolDefinition } from 'peerloom/protocol'

/** When a peer loses interest in a rumor, and who asks whom (§1.4, "Variations"). */
export interface RumorOptions {
  /** `push`: who has hot rumors tells them. `pull`: everybody asks for them, all the time. */
  readonly direction: 'push' | 'pull'
  /** Whether a contact counts only if the other knew the rumor before (`feedback`), or always (`blind`). */
  readonly response: 'feedback' | 'blind'
  /** Interest is lost after k such contacts in a row (`counter`), or with a chance of 1/k at each (`coin`). */
  readonly loss: 'counter' | 'coin'
  readonly k: number
  /** All peers contact another at the same time, once in a cycle. Longer than four times the latency of a message. */
  readonly cycle: Duration
}

export interface Rumor {
  readonly id: string
  readonly bytes: Uint8Array
}

export type RumorMessage =
  | { readonly type: 'ask' }
  | { readonly type: 'rumors'; readonly rumors: readonly Rumor[] }
  /** The sender did not know these when the cycle began. */
  | { readonly type: 'needed'; readonly ids: readonly string[] }

/** What a peer is to the rumor from here on. */
export interface RumorEvent {
  /** `infective`: it knows it and spreads it. `removed`: it knows it and has lost interest. */
  readonly type: 'infective' | 'removed'
  readonly rumor: Rumor
}

/** What is remembered of a rumor that is being spread. */
interface Hot {
  readonly rumor: Rumor
  /** Whom it was sent to in this cycle, and whether somebody needed it. */
  contacts: number
  wasNeeded: boolean
  /** Contacts in vain since the last useful one. */
  counter: number
}

type RumorEnvironment = Environment<RumorMessage, 'cycle', RumorEvent>

const limits = Object.freeze({ idBytes: 160, rumorBytes: 65_536, rumors: 16, known: 65_536 })

export class RumorMongering implements Protocol<RumorMessage, 'cycle'> {
  /** Copies of rumors sent: the traffic of the paper, which counts neither questions nor feedback. */
  sent = 0
  readonly #environment: RumorEnvironment
  readonly #options: RumorOptions
  readonly #peers: readonly PeerId[]
  readonly #hot = new Map<string, Hot>()
  /** Rumors, and in which cycle they were first heard. */
  readonly #known = new Map<string, number>()
  #sequence = 0
  #isTicking = false

  constructor(environment: RumorEnvironment, options: RumorOptions, peers: readonly PeerId[]) {
    this.#environment = environment
    this.#options = options
    this.#peers = peers
  }

  start(): void {
    if (this.#options.direction === 'pull') this.#tickLater()
  }

  /** Plants a rumor here. */
  publish(bytes: Uint8Array): void {
    this.#learn({ id: `${this.#environment.self}/${this.#sequence++}`, bytes })
  }

  receive(message: RumorMessage, from: PeerId): void {
    switch (message.type) {
      case 'ask':
        this.#tell(from)
        break
      case 'rumors':
        this.#receiveRumors(message.rumors, from)
        break
      case 'needed':
        for (const id of message.ids) {
          const hot = this.#hot.get(id)
          if (hot !== undefined) hot.wasNeeded = true
        }
    }
  }

  /** One cycle has ended and the next begins. */
  expire(): void {
    this.#isTicking = false
    for (const hot of this.#hot.values()) this.#judge(hot)
    const partner = this.#anyone()
    if (partner !== undefined) {
      if (this.#options.direction === 'push') this.#tell(partner)
      else this.#environment.send(partner, { type: 'ask' })
    }
    if (this.#options.direction === 'pull' || this.#hot.size > 0) this.#tickLater()
  }

  #receiveRumors(rumors: readonly Rumor[], from: PeerId): void {
    const cycle = this.#cycle()
    const needed: string[] = []
    for (const rumor of rumors) {
      this.#learn(rumor)
      // Synchronous cycles: if two told it in the same one, neither could have known, and both were useful.
      if (this.#known.get(rumor.id) === cycle) needed.push(rumor.id)
    }
    const isAnswered = this.#options.response === 'feedback' && needed.length > 0
    if (isAnswered) this.#environment.send(from, { type: 'needed', ids: needed })
  }

  #learn(rumor: Rumor): void {
    if (this.#known.has(rumor.id)) return
    this.#known.set(rumor.id, this.#cycle())
    if (this.#known.size > limits.known) {
      const [oldest] = this.#known.keys()
      this.#known.delete(oldest as string)
    }
    this.#hot.set(rumor.id, { rumor, contacts: 0, wasNeeded: false, counter: 0 })
    this.#environment.emit({ type: 'infective', rumor })
    this.#tickLater()
  }

  #tell(peer: PeerId): void {
    const rumors: Rumor[] = []
    for (const hot of this.#hot.values()) {
      hot.contacts++
      if (rumors.push(hot.rumor) === limits.rumors) break
    }
    this.sent += rumors.length
    if (rumors.length > 0) this.#environment.send(peer, { type: 'rumors', rumors })
  }

  /** Whether to go on spreading, after the contacts of one cycle. Who did not answer did not need it. */
  #judge(hot: Hot): void {
    const { contacts, wasNeeded } = hot
    if (contacts === 0) return
    hot.contacts = 0
    hot.wasNeeded = false
    if (wasNeeded) {
      // Not in the paper's text for push, but only so do its figures come out; for pull a footnote of its says so.
      hot.counter = 0
      return
    }
    const { loss, k } = this.#options
    const isLost = loss === 'counter' ? ++hot.counter >= k : this.#environment.random.next() < 1 / k
    if (!isLost) return
    this.#hot.delete(hot.rumor.id)
    this.#environment.emit({ type: 'removed', rumor: hot.rumor })
  }

  /** Any other peer, all equally likely. */
  #anyone(): PeerId | undefined {
    const { random, self } = this.#environment
    if (this.#peers.length < 2) return undefined
    for (;;) {
      const peer = this.#peers[Math.floor(random.next() * this.#peers.length)]
      if (peer !== self) return peer
    }
  }

  /** All clocks show the same time here: cycles are synchronous, as in the paper's simulations. */
  #cycle(): number {
    return Math.floor(this.#environment.now() / this.#options.cycle)
  }

  #tickLater(): void {
    if (this.#isTicking) return
    this.#isTicking = true
    const { cycle } = this.#options
    this.#environment.schedule('cycle', cycle - (this.#environment.now() % cycle))
  }
}

const codec: Codec<RumorMessage> = {
  encode(message, writer) {
    if (message.type === 'ask') writer.u8(0)
    else if (message.type === 'rumors')
      writeAll(writer.u8(1), message.rumors, ({ id, bytes }) => writer.text(id).bytes(bytes))
    else writeAll(writer.u8(2), message.ids, (id) => writer.text(id))
  },
  decode(reader) {
    const type = reader.varint(2)
    if (type === 0) return { type: 'ask' }
    if (type === 1) return { type: 'rumors', rumors: reader.list(limits.rumors, readRumor) }
    return { type: 'needed', ids: reader.list(limits.rumors, (list) => list.text(limits.idBytes)) }
  },
}

function writeAll<Item>(writer: ByteWriter, items: readonly Item[], write: (item: Item) => void): void {
  writer.varint(items.length)
  for (const item of items) write(item)
}

function readRumor(reader: ByteReader): Rumor {
  return { id: reader.text(limits.idBytes), bytes: reader.bytes(limits.rumorBytes).slice() }
}

/** @param options the same for all @returns a protocol that is handed everybody's names, its own among them */
export function rumorMongering(
  options: RumorOptions,
): ProtocolDefinition<RumorMessage, 'cycle', RumorEvent, RumorMongering, readonly PeerId[]> {
  return {
    name: '/example/rumor-mongering/1.0.0',
    plane: 'broadcast',
    codec,
    create: (environment, peers) => new RumorMongering(environment, options, peers),
  }
}
