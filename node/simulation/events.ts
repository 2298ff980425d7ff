import type { Instant } from '../protocol/index.ts'
import type { PeerEvent } from './simulated-host.ts'
import type { SimulatedPeer } from './simulated-peer.ts'
import type { TraceHash } from './trace-hash.ts'

/** What can happen next. */
export type SimulationEvent =
  | PeerEvent
  | {
      readonly kind: 'deliver'
      readonly peer: number
      readonly from: SimulatedPeer<unknown>
      readonly protocol: string
      readonly message: unknown
    }
  | { readonly kind: 'link'; readonly peer: number; readonly other: number }
  | { readonly kind: 'linkTimeout'; readonly peer: number; readonly other: number }
  | { readonly kind: 'unlink'; readonly peer: number; readonly other: number; readonly session: number }
  | { readonly kind: 'act'; readonly peer: number; readonly act: () => void }

/** Distinguishes kinds of events in the trace hash. */
const kindCodes = { deliver: 1, expire: 2, answer: 3, credit: 4, link: 5, linkTimeout: 6, unlink: 7, act: 8 } as const

/** Adds an event to the hash of the run. */
export function record(hash: TraceHash, now: Instant, event: SimulationEvent): void {
  hash.add(now)
  hash.add(kindCodes[event.kind])
  hash.add(event.peer)
  if (event.kind !== 'deliver') return
  hash.add(event.from.index)
  hash.addText(event.protocol)
  if (event.message instanceof Uint8Array) hash.addBytes(event.message)
}
