import type { PeerId } from '../protocol/index.ts'
import { Disk } from './disk.ts'
import type { SimulatedHost } from './simulated-host.ts'
import type { SimulatedSignatures } from './simulated-signatures.ts'

export type PeerState = 'running' | 'crashed' | 'stopped'

/** Attaches overlays to a host and returns what the scenario wants to hold. Run again at each restart. */
export type PeerSetup<Api> = (host: SimulatedHost) => Api

export interface SimulatedPeerOptions {
  /** Name of the author with whose key the peer signs: several peers may be one author's. @default the peer's own */
  readonly author?: string
}

/** A peer across all its sessions: its name, its disk, its author's key. */
export class SimulatedPeer<Api> {
  readonly id: PeerId
  readonly index: number
  readonly setup: PeerSetup<Api>
  state: PeerState = 'stopped'
  /** Counts starts. */
  session = 0
  host: SimulatedHost | undefined
  readonly #signatures: SimulatedSignatures
  readonly #authorName: string
  #author: Uint8Array | undefined
  #disk: Disk | undefined
  #api: Api | undefined

  constructor(
    id: PeerId,
    index: number,
    signatures: SimulatedSignatures,
    setup: PeerSetup<Api>,
    { author = id }: SimulatedPeerOptions = {},
  ) {
    this.id = id
    this.index = index
    this.#signatures = signatures
    this.#authorName = author
    this.setup = setup
  }

  /** Public key with which its hosts sign, 32 bytes. */
  get author(): Uint8Array {
    return (this.#author ??= this.#signatures.key(this.#authorName))
  }

  // Most peers of a large simulation never write, nor sign.
  get disk(): Disk {
    return (this.#disk ??= new Disk())
  }

  /** What `setup` returned for the present session, or for the last one. */
  get api(): Api {
    return this.#api as Api
  }

  begin(host: SimulatedHost): void {
    this.host = host
    this.#api = this.setup(host)
    host.start()
  }
}
