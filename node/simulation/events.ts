import type { Instant } from '../protocol/index.ts'
import type { Partition } from './cuts.ts'
import type { PeerEvent } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { TraceHash } from './trace-hash.ts'

interface Delivery {
  readonly peer: number
  readonly from: SimulatedPeer<unknown>
  readonly protocol: number
  readonly message: unknown
}

/** What can happen next. */
export type SimulationEvent =
  | PeerEvent
  | (Delivery & { readonly kind: 'deliver' })
  /** A message that a slow peer has handled. */
  | (Delivery & { readonly kind: 'handle'; readonly session: number })
  | { readonly kind: 'link'; readonly peer: number; readonly other: number }
  | { readonly kind: 'linkTimeout'; readonly peer: number; readonly other: number }
  | { readonly kind: 'partitionTimeout'; readonly peer: number; readonly partition: Partition }
  | { readonly kind: 'unlink'; readonly peer: number; readonly other: number; readonly session: number }
  | { readonly kind: 'act'; readonly peer: number; readonly act: () => void }

/** Distinguishes kinds of events in the trace hash. */
const kindCodes = {
  deliver: 1,
  expire: 2,
  answer: 3,
  credit: 4,
  link: 5,
  linkTimeout: 6,
  unlink: 7,
  act: 8,
  handle: 9,
  partitionTimeout: 10,
} as const

/** Adds an event to the hash of the run. */
export function record(hash: TraceHash, now: Instant, event: SimulationEvent): void {
  hash.add(now)
  hash.add(kindCodes[event.kind])
  hash.add(event.peer)
  if (event.kind !== 'deliver' && event.kind !== 'handle') return
  hash.add(event.from.index)
  hash.add(event.protocol)
  if (event.message instanceof Uint8Array) hash.addBytes(event.message)
}
