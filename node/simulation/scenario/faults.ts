import type { Duration } from '../../protocol/index.ts'
import { peerChoice, type PeerChoice } from './peer-choice.ts'
import { duration, share } from './quantities.ts'
import {
  converted,
  fallback,
  flag,
  list,
  optional,
  record,
  required,
  tagged,
  wholeNumber,
  type Field,
  type Shape,
} from './shape.ts'
import { wires, type Wires } from './wires.ts'

/** When a fault strikes. */
interface Timing {
  /** After the start of the run. */
  readonly at: Duration
  /** Strikes again each so long after. */
  readonly every?: Duration
  /** How often in all, with `every`; left out: to the end. */
  readonly times?: number
}

/** A fault that may end by itself. */
interface Lasting extends Timing {
  readonly for?: Duration
}

/** What befalls some of the peers or the wires between them. */
export type Fault =
  | (Lasting & { readonly fault: 'partition'; readonly groups: readonly PeerChoice[]; readonly over?: PeerChoice })
  | (Lasting & { readonly fault: 'block'; readonly from: PeerChoice; readonly to: PeerChoice })
  | (Timing & {
      readonly fault: 'flap'
      readonly groups: readonly PeerChoice[]
      readonly down: Duration
      readonly up: Duration
      readonly for: Duration
    })
  | (Lasting & {
      readonly fault: 'degrade'
      readonly peers: PeerChoice
      readonly sendLoss?: number
      readonly receiveLoss?: number
    })
  | (Lasting & { readonly fault: 'suspend'; readonly peers: PeerChoice; readonly timers?: boolean })
  | (Lasting & { readonly fault: 'slow'; readonly peers: PeerChoice; readonly delay: Duration })
  | (Lasting & { readonly fault: 'crash'; readonly peers: PeerChoice; readonly disk?: boolean })
  | (Lasting & { readonly fault: 'stop'; readonly peers: PeerChoice; readonly disk?: boolean })
  | (Timing & { readonly fault: 'restart'; readonly peers: PeerChoice; readonly disk?: boolean })
  | (Timing & { readonly fault: 'resume'; readonly peers: PeerChoice })
  | (Timing & { readonly fault: 'wires'; readonly wires: Wires })
  | (Timing & { readonly fault: 'heal' })

type Kind = Fault['fault']
type Content<Name extends Kind> = Omit<Extract<Fault, { fault: Name }>, 'fault'>

const timing: { at: Field<Duration>; every: Field<Duration>; times: Field<number> } = {
  at: required(duration(), 'When it strikes, after the start.'),
  every: optional(duration(1), 'It strikes again each so long after; shares and counts are drawn anew each time.'),
  times: optional(wholeNumber({ least: 1, most: 1_000_000 }), 'How often in all, with "every". Left out: to the end.'),
}

const lasting: typeof timing & { for: Field<Duration> } = {
  ...timing,
  for: optional(duration(1), 'How long it lasts. Left out: to the end.'),
}

const peers: Field<PeerChoice> = required(peerChoice, 'Whom it strikes.')
const groups: Field<readonly PeerChoice[]> = required(
  list(peerChoice, { least: 2, most: 100 }),
  'Between which groups nothing passes; "others" are all peers in none of the other groups.',
)
const disk: Field<boolean> = fallback(flag, true, 'Whether a peer that comes back has what its disk held.')

const shapes: { readonly [Name in Kind]: Shape<Content<Name>> } = {
  partition: record<Content<'partition'>>('a partition', {
    ...lasting,
    groups,
    over: optional(peerChoice, 'A bridge: these still reach every group, and are reached by it.'),
  }),
  block: record<Content<'block'>>('a one-way block', {
    ...lasting,
    from: required(peerChoice, 'Whose messages do not arrive …'),
    to: required(peerChoice, '… at these; the other way they do.'),
  }),
  flap: record<Content<'flap'>>('a partition that comes and goes', {
    ...timing,
    groups,
    down: required(duration(1), 'How long nothing passes, each time.'),
    up: required(duration(1), 'How long all passes, each time.'),
    for: required(duration(1), 'How long it comes and goes.'),
  }),
  degrade: record<Content<'degrade'>>('a degradation', {
    ...lasting,
    peers,
    sendLoss: optional(share, 'Share of what they send that is lost.'),
    receiveLoss: optional(share, 'Share of what is sent to them that is lost.'),
  }),
  suspend: record<Content<'suspend'>>('a suspension', {
    ...lasting,
    peers,
    timers: optional(
      flag,
      'true: only messages are held back, both ways, and timers run on (the anomaly of the Lifeguard paper). false: the whole process stands still. Left out: true.',
    ),
  }),
  slow: record<Content<'slow'>>('a slow-down', {
    ...lasting,
    peers,
    delay: required(duration(1), 'How long each message takes to be handled, one after another.'),
  }),
  crash: record<Content<'crash'>>('a crash', { ...lasting, peers, disk }),
  stop: record<Content<'stop'>>('a stop', { ...lasting, peers, disk }),
  restart: record<Content<'restart'>>('a restart', { ...timing, peers, disk }),
  resume: record<Content<'resume'>>('the end of a suspension', { ...timing, peers }),
  wires: record<Content<'wires'>>('a change of all wires', {
    ...timing,
    wires: required(wires, 'What changes; what is not named stays.'),
  }),
  heal: record<Content<'heal'>>('the end of all partitions and blocks', { ...timing }),
}

export const fault: Shape<Fault> = converted(
  tagged<Fault>(
    'fault',
    'an object with the keys "at" and "fault"',
    shapes as unknown as Readonly<Record<Kind, Shape<Fault>>>,
  ),
  (given) => {
    const missing = missingPart(given)
    if (missing !== undefined) throw new RangeError(missing)
    return given
  },
)

/** @returns what would make such a fault do nothing, or less than it says */
function missingPart(given: Fault): string | undefined {
  if (given.times !== undefined && given.every === undefined) {
    return 'found "times" without "every", allowed is both of them or "every" alone'
  }
  if (given.fault === 'degrade' && given.sendLoss === undefined && given.receiveLoss === undefined) {
    return 'found neither "sendLoss" nor "receiveLoss", allowed is at least one of them'
  }
  if (given.fault === 'wires' && Object.keys(given.wires).length === 0) {
    return 'found wires of which nothing changes, allowed is at least one change'
  }
  return undefined
}

/** Where a choice of peers stands in a fault. */
export interface FaultChoice {
  readonly key: string
  readonly index?: number
  readonly choice: PeerChoice
}

export function choicesIn(fault: Fault): readonly FaultChoice[] {
  const found: FaultChoice[] = []
  for (const [key, value] of Object.entries(fault)) {
    if (singleChoices.has(key)) found.push({ key, choice: value as PeerChoice })
    if (key !== 'groups') continue
    for (const [index, choice] of (value as readonly PeerChoice[]).entries()) found.push({ key, index, choice })
  }
  return found
}

const singleChoices: ReadonlySet<string> = new Set(['peers', 'from', 'to', 'over'])
