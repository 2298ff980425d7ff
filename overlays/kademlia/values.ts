import type { PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import { compareDistance, kadIdOf, kadIdOfPeer } from './distance.ts'
import type { HeldRecords } from './held-records.ts'
import type { KadNode, OwnPutOptions } from './kad-node.ts'
import type { ResolvedKademliaOptions } from './options.ts'
import { untilQuorum } from './quorum.ts'
import { withSelf } from './routing.ts'

/** How many replicas have answered, and how many must. */
export interface Tally {
  readonly answered: number
  readonly wanted: number
}

export interface ValuePorts {
  readonly self: Libp2pPeerId
  readonly node: KadNode
  readonly held: HeldRecords
  /** The end of this peer: nothing goes on in the background after it. */
  readonly ending: AbortSignal
  /** A peer did not answer. */
  silent(peer: Libp2pPeerId): void
}

/** Values under keys of kad-dht, read from and written to its replicas: the k nearest peers, this one perhaps among them. */
export class Values {
  readonly #ports: ValuePorts
  readonly #options: ResolvedKademliaOptions

  constructor(ports: ValuePorts, options: ResolvedKademliaOptions) {
    this.#ports = ports
    this.#options = options
  }

  /** @returns whatever valid values are found, this peer's own among them */
  async read(key: Uint8Array, signal: AbortSignal): Promise<Tally & { readonly values: readonly Uint8Array[] }> {
    const { node, ending } = this.#ports
    const { readQuorum, stragglers } = this.#options
    const values: Uint8Array[] = []
    const answered = new Set<string>()
    const failed = new Set<string>()
    const enough = new AbortController()
    const query = AbortSignal.any([signal, ending, enough.signal])
    // A few that are quick to tell what is out of date must not keep the others from being heard.
    const half = Math.floor(Math.min(node.k, node.routingTable.size) / 2)
    const take = (event: QueryEvent): boolean => {
      if (event.name === 'VALUE') values.push(event.value)
      if (event.name === 'PEER_RESPONSE') answered.add(event.from.toString())
      if (event.name === 'QUERY_ERROR' && !query.aborted) {
        // A value that is not valid says as little as none would: who lies must not be able to do more harm than that.
        if (event.error.name === 'QueryError') answered.add(event.from.toString())
        else this.#silent(event.from, failed)
      }
      return values.length >= readQuorum && answered.size >= half
    }
    await untilQuorum(node.contentFetching.getMany(key, { signal: query }), take, stragglers, signal)
    enough.abort()
    signal.throwIfAborted()
    // This peer is asked as well, and always answers.
    const wanted = Math.min(readQuorum, 1 + new Set([...answered, ...failed]).size)
    return { values, answered: 1 + answered.size, wanted }
  }

  /** @throws RegressionError when this peer itself holds what is newer */
  async write(key: Uint8Array, value: Uint8Array, signal: AbortSignal): Promise<Tally> {
    const { node, held, ending, self } = this.#ports
    const poll = new WritePoll({
      self,
      key,
      size: node.k,
      quorum: this.#options.writeQuorum,
      isHeldHere: () => held.holds(key, value),
    })
    const own: OwnPutOptions = { signal: AbortSignal.any([signal, ending]), isOwn: true }
    const take = (event: QueryEvent): boolean => {
      if (event.name === 'QUERY_ERROR' && !own.signal.aborted) this.#silent(event.from)
      poll.add(event)
      return poll.isQuorum
    }
    // Goes on without this request when there is a quorum and somebody is slow.
    await untilQuorum(node.put(key, value, own), take, this.#options.stragglers, signal)
    signal.throwIfAborted()
    return poll.tally
  }

  #silent(peer: Libp2pPeerId, failed?: Set<string>): void {
    failed?.add(peer.toString())
    this.#ports.silent(peer)
  }
}

interface Write {
  readonly self: Libp2pPeerId
  readonly key: Uint8Array
  /** Replicas (k). */
  readonly size: number
  readonly quorum: number
  /** Asked once this peer has written it: among too many siblings it may have found no room. */
  isHeldHere(): boolean
}

/** The replicas of one write: who they are, and who has taken it. */
class WritePoll {
  readonly #write: Write
  readonly #found: Libp2pPeerId[] = []
  readonly #taken = new Set<string>()
  /** kad-dht writes here, then looks for all replicas, before it writes to the first of them. */
  #isWriting = false
  #isHeldHere: boolean | undefined

  constructor(write: Write) {
    this.#write = write
  }

  get isQuorum(): boolean {
    if (!this.#isWriting) return false
    const { answered, wanted } = this.tally
    return answered >= wanted
  }

  /** This peer has been asked before anybody else was, but counts only where it is a replica. */
  get tally(): Tally {
    const { self, key, size, quorum } = this.#write
    const target = kadIdOf(key)
    const replicas = withSelf(this.#found, self, target).slice(0, size)
    const farthest = replicas.at(-1) ?? self
    const isReplica = compareDistance(target, kadIdOfPeer(self), kadIdOfPeer(farthest)) <= 0
    this.#isHeldHere ??= this.#write.isHeldHere()
    return {
      answered: this.#taken.size + Number(isReplica && this.#isHeldHere),
      wanted: Math.min(quorum, replicas.length),
    }
  }

  add(event: QueryEvent): void {
    if (event.name === 'QUERY_ERROR') this.#taken.delete(event.from.toString())
    if (event.name === 'SEND_QUERY' && event.messageName === 'PUT_VALUE') this.#isWriting = true
    if (event.name !== 'PEER_RESPONSE') return
    if (event.messageName === 'PUT_VALUE') this.#taken.add(event.from.toString())
    else this.#found.push(event.from)
  }
}
