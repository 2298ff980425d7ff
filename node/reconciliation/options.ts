/** What a message may hold at the most, whatever the options: part of the format. */
export const reconciliationLimits: { readonly rounds: number; readonly ranges: number; readonly items: number } =
  Object.freeze({
    rounds: 32,
    ranges: 16_384,
    /** Items listed, and places of items that are lacked. */
    items: 16_384,
  })

export interface ReconciliationOptions {
  /** Parts into which a range that differs is split. More costs bytes and spares messages. From 2 to 256. @default 16 */
  readonly branching?: number
  /** Ranges of at most so many items are listed instead of split. From 1 to 1024. @default 3 */
  readonly listLimit?: number
  /** Messages of a session, both ways together. From 4 to 32. @default 32 */
  readonly roundLimit?: number
  /** Ranges of one message as sent. From 512 to 16,384. @default 16384 */
  readonly rangeLimit?: number
  /** Bytes of one message as sent. From 32,768 to 1 MiB less 1 KiB. @default 262144 */
  readonly messageLimitBytes?: number
  /** Items reported in a session, and one more a message, so that each session gets somewhere. @default 16384 */
  readonly itemLimit?: number
  /** Bounds looked up and items compared in a session, instead of time: a bound takes about 10 µs. @default 65536 */
  readonly workLimit?: number
}

export type ResolvedReconciliationOptions = Required<ReconciliationOptions>

const reconciliationDefaults: ResolvedReconciliationOptions = Object.freeze({
  branching: 16,
  listLimit: 3,
  roundLimit: 32,
  rangeLimit: 16_384,
  messageLimitBytes: 262_144,
  itemLimit: 16_384,
  workLimit: 65_536,
})

/** Least and greatest of each. Below the least a session could end before it has got anywhere. */
const extents: Readonly<Record<keyof ReconciliationOptions, readonly [number, number]>> = {
  branching: [2, 256],
  listLimit: [1, 1024],
  roundLimit: [4, reconciliationLimits.rounds],
  rangeLimit: [512, reconciliationLimits.ranges],
  messageLimitBytes: [32_768, 1_047_552],
  itemLimit: [1, 1_048_576],
  workLimit: [1000, Number.MAX_SAFE_INTEGER],
}

/** @throws RangeError */
export function resolveReconciliationOptions(options: ReconciliationOptions): ResolvedReconciliationOptions {
  const resolved = { ...reconciliationDefaults, ...options }
  for (const name of Object.keys(extents) as (keyof ReconciliationOptions)[]) {
    const [least, greatest] = extents[name]
    const value = resolved[name]
    if (!Number.isInteger(value) || value < least || value > greatest) {
      throw new RangeError(`Cannot use ${value} as ${name}: it must be an integer from ${least} to ${greatest}`)
    }
  }
  return resolved
}
