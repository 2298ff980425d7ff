/** What a message may hold at the most, whatever the options: part of the format. */
export const storeLimits: {
  readonly rounds: number
  readonly bytes: number
  readonly records: number
  readonly fed: number
  readonly wants: number
  readonly symbols: number
  readonly counts: number
} = Object.freeze({
  rounds: 32,
  bytes: 262_144,
  records: 5400,
  /** Records of a feed, and their standings: both fit in one message. */
  fed: 4000,
  wants: 32_000,
  symbols: 17_000,
  counts: 1024,
})
