import {
  Listeners,
  LookupFailedError,
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
import type { ChordEvent } from './events.ts'
import type { LookupSuccess } from './lookup.ts'
import { resolveChordOptions, type ChordOptions } from './options.ts'
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

export interface Chord extends Router {
  /** The places of this peer, one without virtual nodes. */
  places(): readonly PlaceView[]
  subscribe(listener: (event: ChordEvent) => void, options?: SubscribeOptions): void
}

export interface ChordSetup {
  /** A ring that the peers are on from the start, for simulations. @default none: they gather and join */
  readonly ring?: SettledRing
  /** The operations of the ring, for comparisons. @default Zave's */
  readonly rules?: RingRules
}

/**
 * A ring of peers on which each is responsible for the keys between its predecessor and itself.
 *
 * @throws RangeError when the options make no sense
 */
export function chord(options?: ChordOptions, setup: ChordSetup = {}): Overlay<Chord> {
  const definition = chordDefinition(options)
  const { successors } = resolveChordOptions(options)
  return {
    attach(host) {
      const listeners = new Listeners<ChordEvent>()
      const sample = (count: number): readonly PeerId[] => host.role('membership')?.sample(count) ?? []
      const core = host.run(definition, { sample, ...setup }, (event) => listeners.tell(event))
      const api = new ChordApi(core, host.self, successors, listeners)
      host.offer('router', api)
      return api
    },
  }
}

class ChordApi implements Chord {
  readonly #core: ChordCore
  readonly #self: PeerId
  readonly #listLength: number
  readonly #listeners: Listeners<ChordEvent>

  constructor(core: ChordCore, self: PeerId, listLength: number, listeners: Listeners<ChordEvent>) {
    this.#core = core
    this.#self = self
    this.#listLength = listLength
    this.#listeners = listeners
  }

  async lookup(key: Key, options?: RequestOptions): Promise<readonly PeerId[]> {
    return (await this.trace(key, options)).peers
  }

  async trace(key: Key, options?: RequestOptions): Promise<LookupTrace> {
    const { outcome, duration } = await this.#look(key, options)
    const { hops, contacts } = outcome
    const timeouts = contacts.filter((contact) => contact.outcome === 'timed-out').length
    return { key, peers: distinctPeers(outcome.successors), hops, timeouts, duration, contacts }
  }

  neighbours(count: number): readonly PeerId[] {
    const lists = this.#core.nodes.filter(({ isMember }) => isMember).map(({ successors }) => successors)
    const nodes = lists.length === 0 ? this.#core.gathered() : interleaved(lists, this.#listLength)
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
      const { successors } = (await this.#look(next, options)).outcome
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

  places(): readonly PlaceView[] {
    return this.#core.nodes.map(({ self, isMember, successors, predecessor, fingers }) => {
      return { node: self, isMember, successors, predecessor, fingers: fingers.entries() }
    })
  }

  subscribe(listener: (event: ChordEvent) => void, options?: SubscribeOptions): void {
    this.#listeners.subscribe(listener, options)
  }

  #look(key: Key, { signal }: RequestOptions = {}): Promise<{ outcome: LookupSuccess; duration: number }> {
    const begun = this.#core.now()
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason)
      const abort = (): void => {
        if (number !== undefined) this.#core.lookups.cancel(number)
        reject(signal?.reason)
      }
      const number = this.#core.lookups.look(key, (outcome) => {
        signal?.removeEventListener('abort', abort)
        if (outcome.type === 'found') resolve({ outcome, duration: this.#core.now() - begun })
        else reject(new LookupFailedError(key, outcome.hops, outcome.reason))
      })
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
