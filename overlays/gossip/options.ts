import type { Duration } from '../../node/protocol/index.ts'
import { messageLimits } from './messages.ts'

/** In which order messages are told to listeners. */
export type Order = 'none' | 'fifo' | 'causal'

/** How a peer spreads messages. Only the limits on size, and `order` where it is causal, should be the same everywhere. */
export interface GossipOptions {
  /** Neighbours of a peer (the active view of HyParView). More make the overlay harder to break, its paths shorter, and
   *  cost more announcements. @default 5 */
  readonly activeViewSize?: number
  /** Peers remembered to replace lost neighbours (the passive view). More survive larger failures and cost memory, some
   *  60 bytes each. @default 30 */
  readonly passiveViewSize?: number
  /** Steps of the walk that looks for neighbours for a newcomer (ARWL). Longer spreads newcomers more evenly.
   *  @default 6 */
  readonly activeWalkLength?: number
  /** With so many steps left the walk puts the newcomer into a passive view (PRWL). At most `activeWalkLength`.
   *  @default 3 */
  readonly passiveWalkLength?: number
  /** Of its neighbours a peer tells so many in a shuffle (k_a). @default 3 */
  readonly shuffledActive?: number
  /** Of its passive view a peer tells so many in a shuffle (k_p). @default 4 */
  readonly shuffledPassive?: number
  /** How often passive views are mixed. Shorter keeps them fresher and costs a walk each time. @default 10000 */
  readonly shuffleInterval?: Duration
  /** How long a peer may take to answer when it is asked to be a neighbour; then it counts as gone. Above the round
   *  trip of a dial. @default 1000 */
  readonly promotionTimeout?: Duration
  /** How often neighbours that were silent are asked whether they are there, and lost ones replaced. @default 2000 */
  readonly viewInterval?: Duration
  /** A neighbour that was silent so long is dropped. Several times `viewInterval`. @default 10000 */
  readonly neighbourTimeout?: Duration
  /** How often one neighbour is exchanged for anybody, so that two parts that lost each other for long grow together.
   *  Shorter heals sooner and costs a duplicate of a topic's next message each time. 0 is never. @default 21600000 */
  readonly rewireInterval?: Duration
  /** Announcements to the same neighbour are gathered for so long. Longer gathers more of them in one message and
   *  repairs a broken tree later. 0 sends each at once, and to those as well who have
   *  announced it themselves, as the paper does. @default 100 */
  readonly announceInterval?: Duration
  /** How often neighbours are told that what they sent has come, and are told again of what they did not confirm. 0 is
   *  for links that lose nothing, as the paper has them. @default 1000 */
  readonly confirmInterval?: Duration
  /** How often the same message is announced to a neighbour that does not confirm it. @default 20 */
  readonly announceLimit?: number
  /** How long an announced message may still come by itself before it is asked for (the first timer of Plumtree §3.5), at
   *  the least; drawn evenly up to three times that. Above the time from the first to the last delivery, or trees grow
   *  links they do not need. @default 500 */
  readonly graftDelay?: Duration
  /** How long the asked one may take before another is asked (the second timer). Above the round trip. @default 500 */
  readonly graftTimeout?: Duration
  /** How often a message is asked for until it is announced anew, and given to the same neighbour. @default 8 */
  readonly graftLimit?: number
  /** A shaping message that came over so many more hops than a neighbour announces it with makes that link part of the
   *  tree (Plumtree §3.8). Lower gives shorter paths and changes trees more often. @default 7 */
  readonly optimisationThreshold?: number
  /** Of a topic's messages one in so long at the most shapes its tree: prunes where it comes twice, and shortens. Above
   *  the time from the first to the last delivery: two messages at a time prune two links of one cycle, and break the
   *  tree. 0 lets every message, as the paper does, and makes every new link a branch. @default 2000 */
  readonly shapeInterval?: Duration
  /** Messages that do not shape are given to all neighbours in so many rounds at the most, while ways are long. More
   *  shortens ways, for copies: some 50 for each message with 3, at five neighbours. 0 is never. @default 3 */
  readonly shortcutRounds?: number
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
  /** Most topics whose trees one neighbour may cause to be remembered; its oldest make room, and their messages go to
   *  every neighbour again. @default 1024 */
  readonly topicLimit?: number
  /** A neighbour that has met limits (or brought unknown topics) so often, less 64 for each second since, loses its
   *  place; at a quarter of that unknown topics are not passed on for it. @default 2560 */
  readonly offenceLimit?: number
  /** For how long it gets none. @default 60000 */
  readonly excludeFor?: Duration
  /** Largest message. @default 524288 */
  readonly messageLimitBytes?: number
  /** `fifo`: messages of one publisher are told in the order in which it published them. `causal`: moreover after those
   *  that their publisher had been told of before (only among publishers with this option). @default 'none' */
  readonly order?: Order
  /** How long a message waits for those it is to follow. @default 10000 */
  readonly orderTimeout?: Duration
  /** Most messages that wait; the oldest is then told out of order. @default 1024 */
  readonly orderLimit?: number
}

export type ResolvedGossipOptions = Required<GossipOptions>

const defaults: ResolvedGossipOptions = Object.freeze({
  activeViewSize: 5,
  passiveViewSize: 30,
  activeWalkLength: 6,
  passiveWalkLength: 3,
  shuffledActive: 3,
  shuffledPassive: 4,
  shuffleInterval: 10_000,
  promotionTimeout: 1000,
  viewInterval: 2000,
  neighbourTimeout: 10_000,
  rewireInterval: 21_600_000,
  announceInterval: 100,
  confirmInterval: 1000,
  announceLimit: 20,
  graftDelay: 500,
  graftTimeout: 500,
  graftLimit: 8,
  optimisationThreshold: 7,
  shapeInterval: 2000,
  shortcutRounds: 3,
  keepFor: 30_000,
  keptLimit: 4096,
  keptLimitBytes: 8 * 1024 * 1024,
  seenLimit: 65_536,
  awaitedLimit: 1024,
  topicLimit: 1024,
  offenceLimit: 2560,
  excludeFor: 60_000,
  messageLimitBytes: 512 * 1024,
  order: 'none',
  orderTimeout: 10_000,
  orderLimit: 1024,
})

/** The two papers as they are: links lose nothing, every announcement goes at once, every message shapes, nobody rewires. */
const paper: ResolvedGossipOptions = Object.freeze({
  ...defaults,
  announceInterval: 0,
  confirmInterval: 0,
  shapeInterval: 0,
  shortcutRounds: 0,
  rewireInterval: 0,
})

/** For thousands of peers and ten messages a second: shorter ways, fewer announcements, slower repair. */
const large: ResolvedGossipOptions = Object.freeze({
  ...defaults,
  activeViewSize: 8,
  passiveViewSize: 60,
  announceInterval: 1000,
  confirmInterval: 2000,
  graftDelay: 1000,
})

export const gossipPresets: Readonly<Record<'default' | 'large' | 'paper', ResolvedGossipOptions>> = Object.freeze({
  default: defaults,
  large,
  paper,
})

/** A frame holds 1 MiB, and some of it is not the message. */
const largestMessageBytes = 1024 * 1024 - 65_536

const mayBeZero: ReadonlySet<string> = new Set([
  'rewireInterval',
  'announceInterval',
  'confirmInterval',
  'shapeInterval',
  'shortcutRounds',
  'passiveWalkLength',
  'shuffledActive',
  'shuffledPassive',
])
const orders: readonly unknown[] = ['none', 'fifo', 'causal']

/** Fills in the defaults. @throws RangeError when a value, or how two of them relate, makes no sense */
export function resolveGossipOptions(options: GossipOptions = {}): ResolvedGossipOptions {
  const resolved: ResolvedGossipOptions = { ...defaults, ...options }
  for (const [name, value] of Object.entries(resolved)) {
    if (name === 'order') continue
    const least = mayBeZero.has(name) ? 0 : 1
    if (!Number.isSafeInteger(value) || Number(value) < least) refuse(name, value, `an integer of at least ${least}`)
  }
  if (!orders.includes(resolved.order)) refuse('order', resolved.order, 'none, fifo or causal')
  checkRelations(resolved)
  return Object.freeze(resolved)
}

function checkRelations(resolved: ResolvedGossipOptions): void {
  const { viewInterval, neighbourTimeout, messageLimitBytes, keptLimitBytes, keptLimit, seenLimit } = resolved
  const { activeWalkLength, passiveWalkLength, shuffledActive, shuffledPassive } = resolved
  if (activeWalkLength > messageLimits.ttl) {
    refuse('activeWalkLength', activeWalkLength, `at most ${messageLimits.ttl}`)
  }
  if (passiveWalkLength > activeWalkLength) {
    refuse('passiveWalkLength', passiveWalkLength, `at most activeWalkLength = ${activeWalkLength}`)
  }
  if (1 + shuffledActive + shuffledPassive > messageLimits.shuffled) {
    refuse('shuffledPassive', shuffledPassive, `such that a shuffle has at most ${messageLimits.shuffled} peers`)
  }
  if (neighbourTimeout < 2 * viewInterval) {
    refuse('neighbourTimeout', neighbourTimeout, `at least twice viewInterval = ${viewInterval}`)
  }
  if (messageLimitBytes > largestMessageBytes) {
    refuse('messageLimitBytes', messageLimitBytes, `at most ${largestMessageBytes}`)
  }
  if (keptLimitBytes < messageLimitBytes) {
    refuse('keptLimitBytes', keptLimitBytes, `at least messageLimitBytes = ${messageLimitBytes}`)
  }
  if (seenLimit < keptLimit) refuse('seenLimit', seenLimit, `at least keptLimit = ${keptLimit}`)
}

function refuse(name: string, value: unknown, wish: string): never {
  throw new RangeError(`Cannot use ${name} = ${String(value)} for gossip: it must be ${wish}`)
}
