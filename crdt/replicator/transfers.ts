import type { PeerId } from '../../node/protocol/index.ts'
import type { ReplicatorMessage } from './messages.ts'
import type { Transfer } from './transfer.ts'

/** Bytes of change sets in one message. */
const messageBytes = 128 * 1024

/** Messages of change sets in one go, so that a large transfer leaves room for others. */
const messagesPerTurn = 16

export interface TransfersPorts {
  /** @returns false when the peer's credit is used up: nothing more is sent until `writable` */
  send(to: PeerId, message: ReplicatorMessage): boolean
  /** Calls `pump(peer)` after this turn. */
  later(peer: PeerId): void
}

/** What each peer is being sent, one document after the other, several small ones in one message. */
export class Transfers {
  readonly #ports: TransfersPorts
  readonly #transfers = new Map<PeerId, Map<string, Transfer>>()
  readonly #blocked = new Set<PeerId>()
  /** Peers whose turn comes by itself. */
  readonly #due = new Set<PeerId>()

  constructor(ports: TransfersPorts) {
    this.#ports = ports
  }

  /** In place of one of the same name that has not come to its end. */
  put(peer: PeerId, transfer: Transfer): void {
    let transfers = this.#transfers.get(peer)
    if (transfers === undefined) this.#transfers.set(peer, (transfers = new Map()))
    transfers.set(transfer.name, transfer)
    this.#pumpLater(peer)
  }

  /** The turn of a peer has come. */
  pump(peer: PeerId): void {
    this.#due.delete(peer)
    const transfers = this.#transfers.get(peer)
    if (transfers === undefined || this.#blocked.has(peer)) return
    for (let count = 0; count < messagesPerTurn; count++) {
      const sets = gather(transfers)
      if (sets.length === 0) break
      if (!this.#ports.send(peer, { type: 'sets', sets })) {
        this.#blocked.add(peer)
        return
      }
    }
    if (transfers.size === 0) this.#transfers.delete(peer)
    else this.#pumpLater(peer)
  }

  writable(peer: PeerId): void {
    if (this.#blocked.delete(peer)) this.pump(peer)
  }

  disconnected(peer: PeerId): void {
    this.#transfers.delete(peer)
    this.#blocked.delete(peer)
  }

  #pumpLater(peer: PeerId): void {
    if (this.#due.has(peer)) return
    this.#due.add(peer)
    this.#ports.later(peer)
  }
}

/** What fits into one message; transfers that have come to their end go. */
function gather(transfers: Map<string, Transfer>): Uint8Array[] {
  const sets: Uint8Array[] = []
  let bytes = 0
  for (const [name, transfer] of transfers) {
    for (let set = transfer.next(); ; set = transfer.next()) {
      if (set === undefined) {
        transfers.delete(name)
        break
      }
      sets.push(set)
      bytes += set.length
      if (bytes >= messageBytes) return sets
    }
  }
  return sets
}
