import {
  Listeners,
  LookupFailedError,
  type Dht,
  type Key,
  type LookupTrace,
  type Overlay,
  type PeerId,
  type RequestOptions,
  type Router,
  type SubscribeOptions,
} from '../../node/protocol/index.ts'
import type { ChordCore } from './chord.ts'
import { chordDefinition } from './definition.ts'
import { chordDhtDefinition } from './dht/definition.ts'
import { DhtApi } from './dht/dht-api.ts'
import type { DhtCore } from './dht/dht.ts'
import type { DhtEvent } from './dht/events.ts'
import type { ChordDhtOptions } from './dht/options.ts'
import type { ChordEvent } from './events.ts'
import type { LookupOutcome, LookupSuccess } from './lookup.ts'
import type { Following } from './messages.ts'
import { resolveChordOptions, type ChordOptions, type ResolvedChordOptions } from './options.ts'
import { ringNode, type RingNode } from './ring-node.ts'
import type { RingRules } from './rules.ts'
import type { SettledRing } from './settled-ring.ts'

/** One place of this peer on the ring, as it is now. */
export interface PlaceView {
  readonly node: RingNode
  /** False while it has not joined, or the network is too small for a ring. */
  readonly isMember: boolean
  readonly successors: readonly RingNode[]
  readonly predecessor: RingNode | undefined
  /** Where the arc of each begins, and who serves it. Fingers that are the first successor are left out. */
  readonly fingers: readonly { readonly target: Key; readonly node: RingNode }[]
}

/** The roles `Router` and `Dht` on a ring. */
export interface Chord extends Router, Dht {
  /**
   * `lookup`, and how it went. `hops` end with the predecessor of the key, or, where `listAnswers` allows it, with whoever has
   * the owner in its list.
   *
   * With `routing: 'recursive'` this peer sees whom it has asked itself. The others are those that the answer names: all with
   * the time from handing the lookup on until the answer, and none as `timed-out`, whoever was silent among them. What it asks
   * after it has given the route up is as in an iterative lookup.
   *
   * @throws LookupFailedError when nobody answers; the signal's reason
   */
  trace(key: Key, options?: RequestOptions): Promise<LookupTrace>
  /** Records held here for the ring, and their bytes. */
  held(): { readonly records: number; readonly bytes: number }
  /** The places of this peer, one without virtual nodes. */
  places(): readonly PlaceView[]
  subscribe(listener: (event: ChordEvent | DhtEvent) => void, options?: SubscribeOptions): void
}

/** For simulations and comparisons: live peers need none of it. */
export interface ChordSetup {
  /** A ring that the peers are on from the start, for simulations. @default none: they gather and join */
  readonly ring?: SettledRing
  /** The operations of the ring, for comparisons. @default Zave's */
  readonly rules?: RingRules
}

/** How a peer behaves on the ring, and how it keeps records. */
export interface ChordOverlayOptions extends ChordOptions {
  /** How records are kept. */
  readonly dht?: ChordDhtOptions
}

/**
 * A ring of peers on which each is responsible for the keys between its predecessor and itself, and a DHT on it.
 *
 * @throws RangeError when the options make no sense
 */
export function chord(options: ChordOverlayOptions = {}, setup: ChordSetup = {}): Overlay<Chord> {
  const { dht, ...ringOptions } = options
  const definition = chordDefinition(ringOptions)
  const resolved = resolveChordOptions(ringOptions)
  const dhtDefinition = chordDhtDefinition(dht, resolved.successors)
  return {
    attach(host) {
      const listeners = new Listeners<ChordEvent | DhtEvent>()
      const sample = (count: number): readonly PeerId[] => host.role('membership')?.sample(count) ?? []
      const tell = (event: ChordEvent | DhtEvent): void => listeners.tell(event)
      let store: DhtCore | undefined
      const changed = (): void => store?.ringChanged()
      const failed = (after: RingNode, dead: readonly RingNode[]): void => store?.neighboursFailed(after, dead)
      const core = host.run(definition, { sample, changed, failed, ...setup }, tell)
      const addresses = (): readonly string[] => host.addresses?.own() ?? []
      store = host.run(dhtDefinition, { ring: core, addresses }, tell)
      const api = new ChordApi({ core, dht: store, self: host.self, options: resolved, listeners })
      host.offer('router', api)
      host.offer('dht', api)
      return api
    },
  }
}

interface ApiParts {
  readonly core: ChordCore
  readonly dht: DhtCore
  readonly self: PeerId
  readonly options: ResolvedChordOptions
  readonly listeners: Listeners<ChordEvent | DhtEvent>
}

class ChordApi extends DhtApi implements Chord {
  readonly #core: ChordCore
  readonly #self: PeerId
  readonly #dht: DhtCore
  readonly #options: ResolvedChordOptions
  readonly #listeners: Listeners<ChordEvent | DhtEvent>

  constructor({ core, dht, self, options, listeners }: ApiParts) {
    super(dht)
    this.#dht = dht
    this.#core = core
    this.#self = self
    this.#options = options
    this.#listeners = listeners
  }

  async lookup(key: Key, options?: RequestOptions): Promise<readonly PeerId[]> {
    return (await this.trace(key, options)).peers
  }

  async trace(key: Key, options?: RequestOptions): Promise<LookupTrace> {
    const { outcome, duration } = await this.#look(key, this.#options.listAnswers ? 1 : 0, options)
    const { hops, contacts } = outcome
    const timeouts = contacts.filter((contact) => contact.outcome === 'timed-out').length
    return { key, peers: distinctPeers(outcome.successors), hops, timeouts, duration, contacts }
  }

  neighbours(count: number): readonly PeerId[] {
    const lists = this.#core.nodes.filter(({ isMember }) => isMember).map(({ successors }) => successors)
    const nodes = lists.length === 0 ? this.#core.known.gathered() : interleaved(lists, this.#options.successors)
    return distinctPeers(nodes)
      .filter((peer) => peer !== this.#self)
      .slice(0, count)
  }

  /** With more wanted than one list has (or fewer peers, under virtual nodes), the lookup goes on from the last of it. */
  async replicas(key: Key, count: number, options?: RequestOptions): Promise<readonly PeerId[]> {
    const peers = new Set<PeerId>()
    const seen = new Set<RingNode>()
    let next = key
    while (peers.size < count) {
      const { successors } = (await this.#look(next, undefined, options)).outcome
      const fresh = successors.filter((node) => !seen.has(node))
      for (const node of fresh) {
        seen.add(node)
        if (peers.size < count) peers.add(node.peer)
      }
      const last = fresh.at(-1)
      if (last === undefined) break
      next = following(last)
    }
    return [...peers]
  }

  held(): { readonly records: number; readonly bytes: number } {
    const { items, bytes } = this.#dht.table
    return { records: items.size, bytes }
  }

  places(): readonly PlaceView[] {
    return this.#core.nodes.map(({ self, isMember, successors, predecessor, fingers }) => {
      return { node: self, isMember, successors, predecessor, fingers: fingers.entries() }
    })
  }

  subscribe(listener: (event: ChordEvent | DhtEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  #look(
    key: Key,
    following: Following | undefined,
    { signal }: RequestOptions = {},
  ): Promise<{ outcome: LookupSuccess; duration: number }> {
    const begun = this.#core.now()
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const abort = (): void => {
        if (number !== undefined) this.#core.lookups.cancel(number)
        reject(signal?.reason)
      }
      const settle = (outcome: LookupOutcome): void => {
        signal?.removeEventListener('abort', abort)
        if (outcome.type === 'found') resolve({ outcome, duration: this.#core.now() - begun })
        else reject(new LookupFailedError(key, outcome.hops, outcome.reason))
      }
      const number = this.#core.lookups.look(key, settle, following === undefined ? {} : { following, inDoubt: 1 })
      if (number !== undefined) signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

function distinctPeers(nodes: readonly RingNode[]): PeerId[] {
  return [...new Set(nodes.map(({ peer }) => peer))]
}

/** The first of each, then the second of each. */
function interleaved(lists: readonly (readonly RingNode[])[], length: number): RingNode[] {
  return Array.from({ length }, (_, place) => lists.flatMap((list) => list[place] ?? [])).flat()
}

/** The point after a node. */
function following({ peer, index }: RingNode): Key {
  const next = (BigInt(`0x${ringNode(peer, index).point}`) + 1n) % (1n << 256n)
  return next.toString(16).padStart(64, '0') as Key
}
