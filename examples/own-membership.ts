// A membership overlay of one's own, held to what every membership overlay promises: all send all a heartbeat.

import { Listeners, sample, type Member, type Membership, type MembershipEvent } from 'peerloom/protocol'
import type { Overlay, PeerId, Protocol, ProtocolDefinition } from 'peerloom/protocol'
import { SimulatedNetwork, membershipContract } from 'peerloom/testing'

type Beat = { readonly leaving: boolean; readonly known: readonly PeerId[] }

/** Milliseconds between two heartbeats, and of silence after which a member has failed. */
const [pause, patience] = [500, 3000]

const definition: ProtocolDefinition<Beat, 'beat', MembershipEvent, Heartbeats> = {
  name: '/example/heartbeats/1.0.0',
  plane: 'control',
  codec: {
    encode({ leaving, known }, writer) {
      writer.u8(leaving ? 1 : 0).varint(known.length)
      for (const peer of known) writer.text(peer)
    },
    decode: (reader) => ({ leaving: reader.u8() === 1, known: reader.list(1000, (list) => list.text(128) as PeerId) }),
  },
  create: (environment) => new Heartbeats(environment),
}

class Heartbeats implements Protocol<Beat, 'beat'> {
  readonly #environment: Parameters<typeof definition.create>[0]
  /** Whoever was ever heard of is sent heartbeats, so that it finds its way back. */
  readonly #heardOf = new Set<PeerId>()
  readonly #members = new Map<PeerId, Member>()

  constructor(environment: Parameters<typeof definition.create>[0]) {
    this.#environment = environment
  }

  start(): void {
    this.#change(this.#environment.self, 'alive')
    this.expire()
  }

  connected(peer: PeerId): void {
    this.#heardOf.add(peer)
  }

  receive({ leaving, known }: Beat, from: PeerId): void {
    for (const peer of [from, ...known]) if (peer !== this.#environment.self) this.#heardOf.add(peer)
    this.#change(from, leaving ? 'left' : 'alive')
  }

  expire(): void {
    const deadline = this.#environment.now() - patience
    for (const { peer, state, since } of this.live()) {
      if (state === 'alive' && since < deadline && peer !== this.#environment.self) this.#change(peer, 'failed')
    }
    this.#tell(false)
    this.#environment.schedule('beat', pause)
  }

  stop(): void {
    this.#tell(true)
  }

  members(): Member[] {
    return [...this.#members.values()]
  }

  live(): Member[] {
    return this.members().filter(({ state }) => state === 'alive')
  }

  sample(count: number): PeerId[] {
    const others = this.live().map(({ peer }) => peer)
    return sample(this.#environment.random, others.slice(1), count)
  }

  #change(peer: PeerId, state: 'alive' | 'failed' | 'left'): void {
    const before = this.#members.get(peer)?.state
    if (before === undefined && state === 'left') return
    // Of a live member: when it was last heard.
    this.#members.set(peer, { peer, state, incarnation: 0, since: this.#environment.now() })
    if (before === state || peer === this.#environment.self) return
    this.#environment.emit({ type: state === 'alive' ? 'joined' : state, peer, incarnation: 0 })
  }

  #tell(leaving: boolean): void {
    const known = this.live().map(({ peer }) => peer)
    for (const peer of this.#heardOf) this.#environment.send(peer, { leaving, known })
  }
}

const heartbeats: Overlay<Membership> = {
  attach(host) {
    const listeners = new Listeners<MembershipEvent>()
    const core = host.run(definition, undefined, (event) => listeners.tell(event))
    return {
      members: () => core.members(),
      sample: (count) => core.sample(count),
      subscribe: (listener, options) => listeners.subscribe(listener, options),
    }
  },
}

const open = async (): Promise<SimulatedNetwork<Membership>> => new SimulatedNetwork(() => heartbeats)
for (const { name, run, leftOut } of membershipContract({ open, partitions: true, restarts: true })) {
  if (leftOut !== undefined) console.log(`left out: ${name} (${leftOut})`)
  else
    await run().then(
      () => console.log(`kept: ${name}`),
      (error: Error) => console.log(`BROKEN: ${name}: ${error.message}`),
    )
}
