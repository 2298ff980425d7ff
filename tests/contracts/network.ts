import { assert, type PeerId } from '../../node/protocol/index.ts'
import type { ContractCase } from './document-store.ts'

/** A peer of the network under test, with the overlay that is tested on it. */
export interface ContractPeer<Api> {
  readonly id: PeerId
  readonly api: Api
}

/**
 * A small network of peers, in virtual or in real time, that can all reach each other. What is left out of it is not
 * tested, and the names of the cases say so.
 */
export interface ContractNetwork<Api> {
  /** A new peer, started, which has been told of the peers that run already (as seeds, or by a connection). */
  add(): Promise<ContractPeer<Api>>
  /** Ends a peer without a word to the others. */
  crash(peer: ContractPeer<Api>): Promise<void>
  /** Ends a peer properly: its protocols are stopped. From here on its listeners must hear nothing. */
  stop(peer: ContractPeer<Api>): Promise<void>
  /** Starts a peer anew that was crashed or stopped, under the same name. Left out where that cannot be done. */
  restart?(peer: ContractPeer<Api>): Promise<ContractPeer<Api>>
  /** Cuts the network in two, until `heal`. Left out where that cannot be done. */
  partition?(left: readonly ContractPeer<Api>[], right: readonly ContractPeer<Api>[]): Promise<void>
  heal?(): Promise<void>
  /** Resolves when the condition holds; rejects when it does not come to hold within a limit that the network knows. */
  until(condition: () => boolean, wish: string): Promise<void>
  /** Lets as much time pass as overlays take for what they do at once and for the repair of what was lost. */
  settle(): Promise<void>
  /** The end of the case: everything is stopped. */
  dispose(): Promise<void>
}

/** How a contract comes by its networks: a new one for each case, empty. */
export interface NetworkHarness<Api> {
  open(): Promise<ContractNetwork<Api>>
  /** Whether the networks have `partition` and `heal`. @default false */
  readonly partitions?: boolean
  /** Whether the networks have `restart`. @default false */
  readonly restarts?: boolean
}

export interface NetworkCase extends ContractCase {
  /** Why the harness cannot run it: whoever runs the contract reports it as skipped. */
  readonly leftOut?: string
}

export type NetworkTest<Api> = (network: ContractNetwork<Api>) => Promise<void>

/** Collects the cases of one contract. */
export class NetworkContract<Api> {
  readonly cases: NetworkCase[] = []
  readonly #harness: NetworkHarness<Api>

  constructor(harness: NetworkHarness<Api>) {
    this.#harness = harness
  }

  add(name: string, test: NetworkTest<Api>): void {
    const run = async (): Promise<void> => {
      const network = await this.#harness.open()
      try {
        await test(network)
      } finally {
        await network.dispose()
      }
    }
    this.cases.push({ name, run })
  }

  /** A case that needs partitions: left out, by name, where there are none. */
  addPartitioned(name: string, test: (network: PartitionedNetwork<Api>) => Promise<void>): void {
    if (this.#harness.partitions === true) this.add(name, (network) => test(network as PartitionedNetwork<Api>))
    else this.leaveOut(name, 'the network cannot be partitioned')
  }

  /** A case that needs restarts: left out, by name, where there are none. */
  addRestarted(name: string, test: (network: RestartedNetwork<Api>) => Promise<void>): void {
    if (this.#harness.restarts === true) this.add(name, (network) => test(network as RestartedNetwork<Api>))
    else this.leaveOut(name, 'the network cannot restart a peer')
  }

  leaveOut(name: string, reason: string): void {
    this.cases.push({ name, run: () => Promise.resolve(), leftOut: reason })
  }
}

type PartitionedNetwork<Api> = ContractNetwork<Api> & Required<Pick<ContractNetwork<Api>, 'partition' | 'heal'>>

type RestartedNetwork<Api> = ContractNetwork<Api> & Required<Pick<ContractNetwork<Api>, 'restart'>>

/** Adds peers one after another. */
export async function addPeers<Api>(network: ContractNetwork<Api>, count: number): Promise<ContractPeer<Api>[]> {
  const peers: ContractPeer<Api>[] = []
  for (let index = 0; index < count; index++) peers.push(await network.add())
  return peers
}

/** @throws AssertionError that shows both */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)]
  assert(left === right, `${what}: ${left} where ${right} was expected`)
}
