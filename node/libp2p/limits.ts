import { assert, type Duration } from '../protocol/index.ts'

/** What one host spends on others at the most. Reaching a limit is a counter and an event, never an exception. */
export interface HostLimits {
  /** Longest frame, its four bytes of length left out. Both ends must agree, so lower it in tests only. @default 1 MiB */
  readonly frameSize: number
  /** Frames are gathered to packets of about this size; a Noise message holds 65,519 bytes. @default 60 KiB */
  readonly packetSize: number
  /** Waiting to be written on one control or broadcast channel; what exceeds it is dropped. @default 2 MiB */
  readonly queueSize: number
  /** Waiting for credit on one bulk channel; what exceeds it is dropped. @default 4 MiB */
  readonly bulkQueueSize: number
  /** What a bulk sender may have under way before the receiver has dealt with it. @default 256 KiB */
  readonly bulkWindow: number
  /** Held back per plane while a peer is being dialled. @default 256 KiB */
  readonly dialQueueSize: number
  /** A message to a peer that is not reached within this time is dropped. @default 10 s */
  readonly dialTimeout: Duration
  /** From the first byte of a channel to the end of its hello, and before that for its stream to be opened. @default 5 s */
  readonly helloTimeout: Duration
  /** All of the hello of one side. @default 8 KiB */
  readonly helloSize: number
  /** Protocols one host may run, and so a hello may name. @default 64 */
  readonly protocols: number
  /** Peers that are remembered at once, connected ones included. Channels beyond it are refused. @default 4096 */
  readonly peers: number
  /** First pause before a failed dial or channel is tried again; doubles up to `retryMost`, jittered by a quarter. @default 250 */
  readonly retryLeast: Duration
  /** @default 60 s */
  readonly retryMost: Duration
  /** Signatures under way at once. More do not make it faster, fewer leave cores idle. @default 64 */
  readonly signatures: number
  /** Tickets of a bulk protocol that may be open before its peers get no further credit. @default 256 */
  readonly openTickets: number
  /** libp2p's own buffer of a stream; exceeding it resets the stream. @default 8 MiB */
  readonly streamBuffer: number
  /** Waiting to be delivered to this peer itself. @default 65536 messages */
  readonly selfQueue: number
}

export const defaultHostLimits: HostLimits = Object.freeze({
  frameSize: 1 << 20,
  packetSize: 60 << 10,
  queueSize: 2 << 20,
  bulkQueueSize: 4 << 20,
  bulkWindow: 256 << 10,
  dialQueueSize: 256 << 10,
  dialTimeout: 10_000,
  helloTimeout: 5_000,
  helloSize: 8 << 10,
  protocols: 64,
  peers: 4096,
  retryLeast: 250,
  retryMost: 60_000,
  signatures: 64,
  openTickets: 256,
  streamBuffer: 8 << 20,
  selfQueue: 65_536,
})

/** @throws AssertionError when a limit is no positive integer, or two of them contradict each other */
export function resolveHostLimits(limits: Partial<HostLimits> = {}): HostLimits {
  const resolved = { ...defaultHostLimits, ...limits }
  for (const [name, value] of Object.entries(resolved)) {
    assert(Number.isSafeInteger(value) && value > 0, `Limit ${name} must be a positive integer`)
  }
  assert(resolved.frameSize <= 1 << 20, 'Limit frameSize must not exceed 1 MiB, which every peer expects')
  assert(resolved.retryLeast <= resolved.retryMost, 'Limit retryLeast must not exceed retryMost')
  assert(resolved.queueSize >= resolved.frameSize, 'Limit queueSize must hold one frame')
  assert(resolved.bulkQueueSize >= resolved.frameSize, 'Limit bulkQueueSize must hold one frame')
  return resolved
}
