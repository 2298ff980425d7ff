import type { AddressBook, PeerId } from '../../node/protocol/index.ts'
import { believable, type MemberRecord, type MemberTable } from './members.ts'
import type { MemberUpdate } from './messages.ts'
import type { ResolvedSwimOptions } from './options.ts'

export interface DescriptionPorts {
  readonly members: MemberTable
  readonly addresses: AddressBook | undefined
  /** The version of the tags of that peer is absurd, if others tell of it. */
  readonly reject: (peer: PeerId, from: PeerId) => void
}

/** What members say of themselves beside that they are there: addresses and tags. */
export class Descriptions {
  readonly #ports: DescriptionPorts
  readonly #step: number

  constructor(ports: DescriptionPorts, { incarnationStep }: ResolvedSwimOptions) {
    this.#ports = ports
    this.#step = incarnationStep
  }

  /**
   * Takes over addresses if there are any, and tags if they are newer.
   *
   * @returns what changed, if anything
   */
  take(
    record: MemberRecord,
    addresses: readonly string[],
    { tags }: MemberUpdate,
    from: PeerId,
  ): 'addresses' | 'tags' | undefined {
    const { peer } = record
    let newer = tags !== undefined && tags.version > record.tags.version ? tags : undefined
    if (newer !== undefined && peer !== from && newer.version > believable(record.tags.version, this.#step)) {
      this.#ports.reject(peer, from)
      newer = undefined
    }
    if (addresses.length === 0 && newer === undefined) return undefined
    const kept = addresses.length > 0 ? addresses : record.addresses
    this.#ports.members.describe(record, kept, newer ?? record.tags)
    if (addresses.length > 0) this.#ports.addresses?.learn(peer, addresses)
    return newer === undefined ? 'addresses' : 'tags'
  }
}
