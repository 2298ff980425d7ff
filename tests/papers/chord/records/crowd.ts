import { immutableKey, type DhtRecord, type Key } from '../../../../node/protocol/index.ts'
import { Simulation, type SimulatedHost, type SimulatedPeer } from '../../../../node/simulation/index.ts'
import {
  chordDefinition,
  chordDhtDefinition,
  type ChordCore,
  type ChordDhtOptions,
  type ChordOptions,
  type DhtCore,
} from '../../../../overlays/chord/index.ts'

/** The two cores of one peer, called without promises: experiments run in virtual time. */
export interface RecordPeer {
  readonly ring: ChordCore
  readonly dht: DhtCore
}

export interface RecordCrowdOptions {
  readonly seed: number
  readonly size: number
  readonly ring?: ChordOptions
  readonly dht?: ChordDhtOptions
}

/** How often it is looked whether all peers have found to one ring. */
const lookInterval = 1000

/** Peers on a ring that keep records for each other. Newcomers know one peer that is there. */
export class RecordCrowd {
  readonly simulation: Simulation
  readonly peers: SimulatedPeer<RecordPeer>[] = []
  readonly #attach: (host: SimulatedHost) => RecordPeer

  constructor({ seed, size, ring, dht }: RecordCrowdOptions) {
    this.simulation = new Simulation({ seed, links: false })
    const ringDefinition = chordDefinition(ring)
    const dhtDefinition = chordDhtDefinition(dht, ring?.successors ?? 8)
    this.#attach = (host) => {
      let records: DhtCore | undefined
      const core = host.run(ringDefinition, {
        sample: () => [],
        changed: () => records?.ringChanged(),
        failed: (after, dead) => records?.neighboursFailed(after, dead),
      })
      records = host.run(dhtDefinition, { ring: core, addresses: () => [] })
      return { ring: core, dht: records }
    }
    for (let count = 0; count < size; count++) {
      this.add()
      this.simulation.run(100)
    }
    this.simulation.runUntil(() => this.living().every(({ api }) => api.ring.isMember), 600_000, lookInterval)
    this.simulation.run(30_000)
  }

  living(): SimulatedPeer<RecordPeer>[] {
    return this.peers.filter(({ state }) => state === 'running')
  }

  add(): SimulatedPeer<RecordPeer> {
    const peer = this.simulation.addPeer(`peer-${this.peers.length}`, this.#attach)
    this.introduce(peer)
    this.peers.push(peer)
    return peer
  }

  /** As if it had dialled three peers whose addresses it knows. */
  introduce(peer: SimulatedPeer<RecordPeer>): void {
    const random = this.simulation.random(`introduction of ${peer.id} at ${this.simulation.now}`)
    const others = this.living().filter((other) => other !== peer)
    for (let count = 0; count < 3 && others.length > 0; count++) {
      const [other] = others.splice(Math.floor(random.next() * others.length), 1)
      if (other !== undefined) this.simulation.connect(peer, other)
    }
  }

  /** @param acknowledged called if and when a quorum of replicas has it on disk */
  put(peer: SimulatedPeer<RecordPeer>, value: Uint8Array, acknowledged: (key: Key) => void): void {
    const key = immutableKey(value)
    peer.api.dht.put(key, { kind: 'immutable', value }, (settled) => {
      if ('value' in settled) acknowledged(key)
    })
  }

  get(peer: SimulatedPeer<RecordPeer>, key: Key, settle: (records: readonly DhtRecord[] | undefined) => void): void {
    peer.api.dht.get(key, (settled) => settle('value' in settled ? settled.value : undefined))
  }

  /** Living peers that hold something under the key. */
  holders(key: Key): SimulatedPeer<RecordPeer>[] {
    return this.living().filter(({ api }) => api.dht.table.at(key).length > 0)
  }
}
