export interface KademliaCounters {
  /** Lookups, puts, gets and the like that were begun. */
  readonly requests: number
  /** Records that this peer took, its own included. */
  readonly stored: number
  /** Records that would have undone what is held: older, or against the selector of their namespace. */
  readonly regressions: number
  /** Records and providers that found no room here. */
  readonly full: number
  /** Records that made room for others, those of this peer included. */
  readonly displaced: number
  /** Records that were put again, because nobody else had for `republishInterval`. */
  readonly republished: number
  /** Records that were handed to a peer that is new here, or by `handOver`. */
  readonly handedOver: number
  /** Peers that were put out of the routing table, because they cannot be reached. */
  readonly evicted: number
}

export type MutableCounters = { -readonly [Name in keyof KademliaCounters]: number }

export function createCounters(): MutableCounters {
  return { requests: 0, stored: 0, regressions: 0, full: 0, displaced: 0, republished: 0, handedOver: 0, evicted: 0 }
}
