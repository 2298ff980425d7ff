import type { Duration } from '../../../node/protocol/index.ts'
import { dhtMessageLimits } from './messages.ts'

/** How records are kept on the ring. `replicas`, `readQuorum` and `writeQuorum` should be the same at all peers. */
export interface ChordDhtOptions {
  /** The N of Dynamo: peers that hold a record, the owner of its key and those that follow. At most `successors`.
   *  @default 3 */
  readonly replicas?: number
  /** The R of Dynamo: replicas that must answer a read. With R + W > N every read meets every write. @default 2 */
  readonly readQuorum?: number
  /** The W of Dynamo: replicas that must have a record on disk before a write is acknowledged. @default 2 */
  readonly writeQuorum?: number
  /** Asked again elsewhere if a replica takes longer. @default 1000 */
  readonly requestTimeout?: Duration
  /** How often it is looked whether the right peers hold what is held here, the same for all of it. Changes of the ring nearby
   *  are followed by a look at once. @default 10000 */
  readonly repairInterval?: Duration
  /** How long a record is kept after it was last put. @default 86400000 */
  readonly recordLifetime?: Duration
  /** How often a peer puts again what it has put, so that it does not expire. At most half of `recordLifetime`.
   *  @default 21600000 */
  readonly republishInterval?: Duration
  /** How long it is remembered who provides something. @default 1800000 */
  readonly providerLifetime?: Duration
  /** How often a peer tells again what it provides. At most half of `providerLifetime`. @default 600000 */
  readonly provideInterval?: Duration
  /** Most records held for others. More are refused. @default 100000 */
  readonly recordLimit?: number
  /** Most bytes of records held for others. @default 67108864 */
  readonly byteLimit?: number
  /** Most keys whose providers are remembered; one peer may provide an eighth of them. @default 10000 */
  readonly providerKeyLimit?: number
  /** Most providers remembered of one key, at most 256. @default 64 */
  readonly providerLimit?: number
  /** Most announcements remembered, of all keys together. @default 40000 */
  readonly providerTotalLimit?: number
  /**
   * Most records that this peer keeps putting again, and most keys that it keeps telling that it provides. More records can
   * be put, but expire unless they are put anew: an `unpublished` event tells. @default 10000
   */
  readonly publishedLimit?: number
  /** Most records whose signature or flush is waited for. @default 1024 */
  readonly pendingLimit?: number
}

export type ResolvedDhtOptions = Required<ChordDhtOptions>

const defaults: ResolvedDhtOptions = Object.freeze({
  replicas: 3,
  readQuorum: 2,
  writeQuorum: 2,
  requestTimeout: 1000,
  repairInterval: 10_000,
  recordLifetime: 86_400_000,
  republishInterval: 21_600_000,
  providerLifetime: 1_800_000,
  provideInterval: 600_000,
  recordLimit: 100_000,
  byteLimit: 64 * 1024 * 1024,
  providerKeyLimit: 10_000,
  providerLimit: 64,
  providerTotalLimit: 40_000,
  publishedLimit: 10_000,
  pendingLimit: 1024,
})

/** Fills in the defaults. @param successors length of the ring's lists. @throws RangeError */
export function resolveDhtOptions(options: ChordDhtOptions = {}, successors: number): ResolvedDhtOptions {
  const resolved: ResolvedDhtOptions = { ...defaults, ...options }
  for (const [name, value] of Object.entries(resolved)) {
    if (!Number.isSafeInteger(value) || value < 1) refuse(name, value, 'an integer of at least 1')
  }
  const { replicas, readQuorum, writeQuorum, recordLifetime, republishInterval, providerLifetime, provideInterval } =
    resolved
  if (replicas > successors) refuse('replicas', replicas, `at most successors = ${successors}`)
  if (readQuorum > replicas) refuse('readQuorum', readQuorum, `at most replicas = ${replicas}`)
  if (writeQuorum > replicas) refuse('writeQuorum', writeQuorum, `at most replicas = ${replicas}`)
  if (2 * republishInterval > recordLifetime) {
    refuse('republishInterval', republishInterval, `at most half of recordLifetime = ${recordLifetime}`)
  }
  if (2 * provideInterval > providerLifetime) {
    refuse('provideInterval', provideInterval, `at most half of providerLifetime = ${providerLifetime}`)
  }
  const { providers } = dhtMessageLimits
  if (resolved.providerLimit > providers) refuse('providerLimit', resolved.providerLimit, `at most ${providers}`)
  return Object.freeze(resolved)
}

function refuse(name: string, value: number, wish: string): never {
  throw new RangeError(`Cannot use ${name} = ${value} for Chord's DHT: it must be ${wish}`)
}
