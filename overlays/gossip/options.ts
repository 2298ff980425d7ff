import type { Duration } from '../../node/protocol/index.ts'

/** How a peer spreads messages. Only the limits on size should be the same everywhere. */
export interface GossipOptions {
  /** Neighbours a peer asks for. More make the overlay harder to break and cost more announcements. @default 6 */
  readonly viewTarget?: number
  /** Neighbours a peer accepts. Above `viewTarget`, or peers would have to refuse each other. @default 12 */
  readonly viewLimit?: number
  /** To how many neighbours a message is pushed at once (the fanout of the literature); the others are told its id.
   *  @default 4 */
  readonly fanout?: number
  /** How often neighbours are told the ids they have not confirmed. Shorter repairs losses sooner. @default 300 */
  readonly announceInterval?: Duration
  /** How often the same id is told to a neighbour that does not confirm it. @default 20 */
  readonly announceLimit?: number
  /** How long an announced message may still come by itself before it is asked for. About the time a push takes to
   *  reach everybody. @default 200 */
  readonly graftDelay?: Duration
  /** How long the asked one may take before another is asked. Above the round trip. @default 500 */
  readonly graftTimeout?: Duration
  /** How often a message is asked for, until it is announced anew. @default 8 */
  readonly graftLimit?: number
  /** How often the neighbourhood is looked after: lost neighbours replaced, silent ones asked. @default 2000 */
  readonly viewInterval?: Duration
  /** A neighbour that was silent so long is dropped. Several times `viewInterval`. @default 10000 */
  readonly neighbourTimeout?: Duration
  /** One neighbour is exchanged this often, so that groups that lost each other grow together. @default 10000 */
  readonly shuffleInterval?: Duration
  /** How long a message is kept for those who ask for it. @default 30000 */
  readonly keepFor?: Duration
  /** Most messages kept for those who ask; the oldest make room. @default 4096 */
  readonly keptLimit?: number
  /** Most bytes kept for those who ask; the oldest make room. @default 8388608 */
  readonly keptLimitBytes?: number
  /** Most ids remembered in order to know a message again; the oldest make room. @default 65536 */
  readonly seenLimit?: number
  /** Most ids that one neighbour may have announced and this peer still awaits. @default 1024 */
  readonly awaitedLimit?: number
  /** Largest message. @default 524288 */
  readonly messageLimitBytes?: number
}

export type ResolvedGossipOptions = Required<GossipOptions>

const defaults: ResolvedGossipOptions = Object.freeze({
  viewTarget: 6,
  viewLimit: 12,
  fanout: 4,
  announceInterval: 300,
  announceLimit: 20,
  graftDelay: 200,
  graftTimeout: 500,
  graftLimit: 8,
  viewInterval: 2000,
  neighbourTimeout: 10_000,
  shuffleInterval: 10_000,
  keepFor: 30_000,
  keptLimit: 4096,
  keptLimitBytes: 8 * 1024 * 1024,
  seenLimit: 65_536,
  awaitedLimit: 1024,
  messageLimitBytes: 512 * 1024,
})

/** A frame holds 1 MiB, and some of it is not the message. */
const largestMessageBytes = 1024 * 1024 - 4096

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveGossipOptions(options: GossipOptions = {}): ResolvedGossipOptions {
  const resolved: ResolvedGossipOptions = { ...defaults, ...options }
  for (const [name, value] of Object.entries<number>(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) refuse(name, value, 'an integer of at least 1')
  }
  const { viewTarget, viewLimit, viewInterval, neighbourTimeout, messageLimitBytes, keptLimitBytes } = resolved
  if (viewLimit < viewTarget) refuse('viewLimit', viewLimit, `at least viewTarget = ${viewTarget}`)
  if (neighbourTimeout < 2 * viewInterval) {
    refuse('neighbourTimeout', neighbourTimeout, `at least twice viewInterval = ${viewInterval}`)
  }
  if (messageLimitBytes > largestMessageBytes) {
    refuse('messageLimitBytes', messageLimitBytes, `at most ${largestMessageBytes}`)
  }
  if (keptLimitBytes < messageLimitBytes) {
    refuse('keptLimitBytes', keptLimitBytes, `at least messageLimitBytes = ${messageLimitBytes}`)
  }
  if (resolved.seenLimit < resolved.keptLimit) {
    refuse('seenLimit', resolved.seenLimit, `at least keptLimit = ${resolved.keptLimit}`)
  }
  return Object.freeze(resolved)
}

function refuse(name: string, value: number, wish: string): never {
  throw new RangeError(`Cannot use ${name} = ${value} for gossip: it must be ${wish}`)
}
