import { MalformedMessageError, type DocumentId, type PeerId } from '../../node/protocol/index.ts'
import type { Checker, SimulatedPeer, Simulation } from '../../node/simulation/index.ts'
import type { ReplicaId } from '../../crdt/index.ts'
import {
  decodeChangeSet,
  replicatorDefinition,
  signatureClaim,
  type Replicator,
  type ReplicatorEntry,
  type ReplicatorEvent,
  type SealedChangeSet,
} from '../../crdt/replicator/index.ts'

const protocol = replicatorDefinition().name

/** Whatever a peer holds of a document was signed by its author. */
export class SignatureChecker implements Checker {
  readonly name: string = 'what is held was signed'
  readonly #simulation: Simulation
  readonly #cores: () => Iterable<readonly [PeerId, Replicator]>
  readonly #checked = new WeakSet<SealedChangeSet>()

  /** @param cores of all peers that run at the moment */
  constructor(simulation: Simulation, cores: () => Iterable<readonly [PeerId, Replicator]>) {
    this.#simulation = simulation
    this.#cores = cores
  }

  check(): string | undefined {
    for (const [peer, core] of this.#cores()) {
      for (const log of core.documents) {
        if (log.isAsleep) continue
        const { sets } = log
        // Sets are added at the end, except where a contest is decided.
        for (let index = sets.length - 1; index >= 0; index--) {
          const set = sets[index] as SealedChangeSet
          if (this.#checked.has(set)) break
          if (!this.#simulation.isSigned(signatureClaim(set))) {
            return `${peer} holds a set of ${set.replica} at ${set.sequence} that nobody signed`
          }
          this.#checked.add(set)
        }
      }
    }
    return undefined
  }
}

/** What a peer says is saved is on its disk. */
export class DurabilityChecker implements Checker {
  readonly name: string = 'what is told is durable'
  readonly #writers: (peer: PeerId) => Writer

  constructor(writers: (peer: PeerId) => Writer) {
    this.#writers = writers
  }

  heard(peer: PeerId, name: string, event: unknown): string | undefined {
    const saved = event as ReplicatorEvent
    if (name !== protocol || saved.type !== 'saved') return undefined
    const { document, sequence } = saved
    if (isOnDisk(this.#writers(peer), document, sequence)) return undefined
    return `${peer} says that its operations below ${sequence} of ${document} are saved, and they are not on its disk`
  }
}

/** A peer with the replica of its present session. */
export interface Writer {
  readonly peer: SimulatedPeer<unknown>
  readonly replica: ReplicaId
}

/** The set that ends at that operation: those before it were written before it. */
function isOnDisk({ peer, replica }: Writer, document: DocumentId, sequence: number): boolean {
  const kept = peer.disk.entries(protocol) as readonly ReplicatorEntry[]
  return (
    kept.findLast((entry) => {
      if (entry.type !== 'set' || entry.set.document !== document || entry.set.sequence >= sequence) return false
      const set = readSet(entry.set.bytes)
      return set?.replica === replica && set.sequence + set.count === sequence
    }) !== undefined
  )
}

/** @returns undefined for a write that was torn by a crash */
function readSet(bytes: Uint8Array): SealedChangeSet | undefined {
  try {
    return decodeChangeSet(bytes)
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error
    return undefined
  }
}
