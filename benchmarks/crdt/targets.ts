import type { LibraryName } from './libraries.ts'

/** A figure that the design wants of ours. */
export interface Target {
  readonly label: string
  readonly case: string
  readonly figure: string
  readonly unit: string
  readonly floor: number
  readonly moonshot: number | undefined
  /** Whether it is a time: these depend on the machine. */
  readonly isTime: boolean
  /**
   * Who was best when floors were chosen, and what came out. The floor of a time is as much below what the same library
   * takes in this run; sizes are what they are, unless the trace is a generated one: then they are treated likewise.
   */
  readonly best?: {
    readonly library: LibraryName
    readonly figure: number
    /** Where its figure was taken in another case. */
    readonly case?: string
  }
}

/** Design, crdt.md, "Figures to reach". */
export const targets: readonly Target[] = [
  {
    label: 'automerge-paper, local, one transaction a keystroke, ms',
    case: 'local/automerge-paper',
    figure: 'milliseconds',
    unit: 'ms',
    isTime: true,
    floor: 60,
    moonshot: 30,
    best: { library: 'diamond-types', figure: 58 },
  },
  {
    label: 'encoded, full history, bytes',
    case: 'local/automerge-paper',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 100_000,
    moonshot: 75_000,
    best: { library: 'diamond-types', figure: 108_997 },
  },
  {
    label: 'load and read text, cold, ms',
    case: 'load/automerge-paper',
    figure: 'textMilliseconds',
    unit: 'ms',
    isTime: true,
    floor: 5,
    moonshot: 2,
    best: { library: 'loro', figure: 7.5 },
  },
  {
    label: 'load, text, first edit, cold, ms',
    case: 'load/automerge-paper',
    figure: 'editMilliseconds',
    unit: 'ms',
    isTime: true,
    floor: 6,
    moonshot: 3,
    best: { library: 'diamond-types', figure: 14.5 },
  },
  {
    label: 'held after load, MB',
    case: 'held/automerge-paper',
    figure: 'megabytes',
    unit: 'MB',
    isTime: false,
    floor: 0.8,
    moonshot: 0.35,
    best: { library: 'loro', figure: 1.6 },
  },
  {
    label: 'wire bytes per keystroke, live session, unsigned',
    case: 'wire/automerge-paper',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 8,
    moonshot: 5,
    best: { library: 'json-joy', figure: 20.8 },
  },
  {
    label: 'remote apply, in order, µs an update',
    case: 'wire/automerge-paper',
    figure: 'microseconds',
    unit: 'µs',
    isTime: true,
    floor: 2,
    moonshot: 0.8,
    best: { library: 'json-joy', figure: 3.6 },
  },
  {
    label: 'friendsforever, 26,078 updates one by one, ms',
    case: 'concurrent/friendsforever',
    figure: 'streamMilliseconds',
    unit: 'ms',
    isTime: true,
    floor: 15,
    moonshot: 8,
    best: { library: 'json-joy', figure: 21 },
  },
  {
    label: 'friendsforever, batch, ms',
    case: 'concurrent/friendsforever',
    figure: 'batchMilliseconds',
    unit: 'ms',
    isTime: true,
    floor: 10,
    moonshot: 5,
    best: { library: 'json-joy', figure: 15 },
  },
  {
    label: 'friendsforever, encoded bytes',
    case: 'concurrent/friendsforever',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 25_000,
    moonshot: 18_000,
    best: { library: 'collabs', figure: 29_513 },
  },
  {
    label: '2 × 6,000 random concurrent inserts, merged one by one, ms',
    case: 'crossing/one-by-one',
    figure: 'milliseconds',
    unit: 'ms',
    isTime: true,
    floor: 40,
    moonshot: 20,
    // Those of the design are of many at once: 75.5 for Yjs in one transaction, 279 for Loro in one import.
    best: { library: 'yjs', figure: 75.5, case: 'crossing/batch' },
  },
  {
    label: 'map: 100k sets over 1k keys, ms',
    case: 'map/overwritten',
    figure: 'milliseconds',
    unit: 'ms',
    isTime: true,
    floor: 80,
    moonshot: 40,
    best: { library: 'json-joy', figure: 176 },
  },
  {
    label: 'map: 100k sets over 1k keys, bytes',
    case: 'map/overwritten',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 14_000,
    moonshot: 9000,
  },
  {
    label: 'map: 100k distinct keys, bytes',
    case: 'map/distinct',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 1_000_000,
    moonshot: 500_000,
  },
  {
    label: 'map: 100k distinct keys, held MB',
    case: 'map/distinct',
    figure: 'megabytes',
    unit: 'MB',
    isTime: false,
    floor: 12,
    moonshot: 9,
  },
  {
    label: 'counter: 100k increments, 3 replicas, µs each',
    case: 'counter',
    figure: 'microseconds',
    unit: 'µs',
    isTime: true,
    floor: 1.5,
    moonshot: 0.8,
    best: { library: 'json-joy', figure: 2.3 },
  },
  {
    label: 'counter: 100k increments, 3 replicas, bytes each',
    case: 'counter',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 8,
    moonshot: 5,
  },
  {
    label: 'set: 100k add + 50k remove, 2 replicas, ms',
    case: 'set',
    figure: 'milliseconds',
    unit: 'ms',
    isTime: true,
    floor: 400,
    moonshot: 250,
    best: { library: 'json-joy', figure: 797 },
  },
  {
    label: 'set: 100k add + 50k remove, 2 replicas, bytes an op',
    case: 'set',
    figure: 'bytes',
    unit: 'B',
    isTime: false,
    floor: 14,
    moonshot: 10,
  },
  {
    label: 'browser bundle, core, gzip bytes',
    case: 'bundle',
    figure: 'core',
    unit: 'B',
    isTime: false,
    floor: 18_000,
    moonshot: 12_000,
  },
  {
    label: 'browser bundle, all, gzip bytes',
    case: 'bundle',
    figure: 'all',
    unit: 'B',
    isTime: false,
    floor: 28_000,
    moonshot: undefined,
  },
]
