import type { PeerId } from '../../node/protocol/index.ts'
import { aliveAtFirst, type MemberTable } from './members.ts'
import { OwnTable } from './own-table.ts'
import { SharedMembers, SharedTable } from './shared-table.ts'

/**
 * A group in which everybody knows everybody from the start, alive at incarnation 0: for simulations that are not about
 * joining. Handed to `swim(options, { members: (self) => known.sharedTable(self) })`.
 */
export class KnownMembers {
  readonly #shared: SharedMembers

  /** @param names of all members, in the order in which the tables hold them */
  constructor(names: Iterable<string>) {
    this.#shared = new SharedMembers(names as Iterable<PeerId>)
  }

  /** A record for every member: 1,000 members with such tables take about 150 MB. */
  table(self: PeerId): MemberTable {
    const table = new OwnTable()
    for (const { peer } of this.#shared.records) if (peer !== self) table.add(peer, aliveAtFirst, 0)
    return table
  }

  /** Only what differs from the start is the table's own. Behaves as `table(self)`: the same seed gives the same run. */
  sharedTable(self: PeerId): MemberTable {
    return new SharedTable(this.#shared, self)
  }
}
