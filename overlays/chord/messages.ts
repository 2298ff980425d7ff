import type { PeerId } from '../../node/protocol/index.ts'
import type { RingNode, RingPoint } from './ring-node.ts'

/**
 * Who may say to whom a key belongs. 0: its predecessor alone, which is the first to know of newcomers. Otherwise also
 * whoever has the owner in its successor list, and at least so many nodes from there on.
 */
export type Following = number

/** Answered by exactly one reply with the same number. `at` is the virtual node that is meant. */
export type Question =
  /** For the neighbourhood: successor list and predecessor (Zave's queries). */
  | { readonly type: 'state'; readonly number: number; readonly at: number }
  /** Whether that node is a member. Answered at once, whatever it is doing. */
  | { readonly type: 'ping'; readonly number: number; readonly at: number }
  /** For the next step on the way to a key (find_successor, Stoica et al. §4.4), as if those to avoid were not there. */
  | {
      readonly type: 'step'
      readonly number: number
      readonly key: RingPoint
      readonly following: Following
      readonly avoid: readonly PeerId[]
    }
  /** To hand a lookup on; whoever ends it answers `origin`. The reply only says that it was taken. */
  | {
      readonly type: 'route'
      readonly number: number
      readonly key: RingPoint
      readonly following: Following
      readonly origin: PeerId
      /** The origin's number of this lookup. */
      readonly lookup: number
      /** Peers it has passed. */
      readonly path: readonly PeerId[]
    }
  /** To form a ring with these, the asker among them. */
  | { readonly type: 'propose'; readonly number: number; readonly members: readonly PeerId[] }

export type Reply =
  | {
      readonly type: 'neighbourhood'
      readonly number: number
      readonly successors: readonly RingNode[]
      readonly predecessor: RingNode | undefined
    }
  /** An own query is under way: ask again later. */
  | { readonly type: 'busy'; readonly number: number }
  /** That node is no member of a ring. */
  | { readonly type: 'outside'; readonly number: number }
  /** Yes: it lives, it takes the question on, it agrees. */
  | { readonly type: 'yes'; readonly number: number }
  | { readonly type: 'no'; readonly number: number }
  /** These are nearer to the key, the nearest first. */
  | { readonly type: 'closer'; readonly number: number; readonly nodes: readonly RingNode[] }
  /** Where the key lies is seen from the successors of the replying peer's virtual node `at`. */
  | { readonly type: 'found'; readonly number: number; readonly at: number; readonly successors: readonly RingNode[] }

/** Not answered. */
export type Notice =
  /** The sender's virtual node `from` may be the predecessor of `at`. */
  | { readonly type: 'notify'; readonly at: number; readonly from: number }
  /** How a recursive lookup of the receiver has ended. */
  | {
      readonly type: 'routed'
      readonly lookup: number
      readonly at: number
      /** Peers that handed it on to the sender. */
      readonly path: readonly PeerId[]
      readonly successors: readonly RingNode[]
    }
  /** The sender is on no ring, and knows these. */
  | { readonly type: 'gather'; readonly members: readonly PeerId[] }
  /** Answers `gather`: the sender is on a ring, and can be joined. */
  | { readonly type: 'inside' }
  /** All have agreed: these are the ring now. */
  | { readonly type: 'begin'; readonly members: readonly PeerId[] }
  /** The sender leaves: whoever asks it would wait in vain. */
  | { readonly type: 'gone' }
  /** The sender moves to another ring, by way of that peer: the receiver may be on the lesser one, too. */
  | { readonly type: 'elsewhere'; readonly door: PeerId }

export type ChordMessage = Question | Reply | Notice

/** Nodes in one `closer`: as many as let a lookup get round a few dead ones without asking again. */
export const closerLimit = 8
/** Peers that one question may ask to avoid. */
export const avoidLimit = 16
/** Peers that a recursive lookup may pass. */
export const pathLimit = 64
export const messageLimits: {
  readonly peerBytes: number
  readonly index: number
  readonly nodes: number
  readonly peers: number
} = Object.freeze({ peerBytes: 128, index: 63, nodes: 64, peers: 1024 })
