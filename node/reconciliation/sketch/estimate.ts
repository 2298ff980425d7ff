/** Symbols that a first sketch has: enough for some twenty differences. */
export const firstSymbols = 48

/**
 * Counts alone that follow the first symbols: a byte or two each, where a symbol has thirteen. From 48 + 320 counts the
 * difference is estimated to within 8 %, from 48 to within 20 %, and then the second batch would be a quarter larger.
 */
export const firstCounts = 320

/** With fewer hashes than this the chances of the design are nearer the truth than measured ones. */
const fewHashes = 4096

/**
 * How many hashes are in one of two sets only, from the counts of their sketches. Each count of the difference, less its
 * share of the first, is a sum of as many random signs as the symbol has of them, so its square measures their number.
 * The shares are measured on all that both have. Deviation: the paper has no estimate; its sender goes on until told to stop.
 */
export function estimateDifference(theirs: Int32Array, ours: Int32Array): number {
  const both = (theirs[0] as number) + (ours[0] as number)
  const first = (theirs[0] as number) - (ours[0] as number)
  let sum = 0
  let terms = 0
  for (let index = 2; index < Math.min(theirs.length, ours.length); index++) {
    const mine = ours[index] as number
    const share = both < fewHashes ? 1 / (1 + index / 2) : ((theirs[index] as number) + mine) / both
    if (!(share > 0 && share < 1)) continue
    const deviation = (theirs[index] as number) - mine - first * share
    sum += (deviation * deviation) / (share * (1 - share))
    terms++
  }
  return Math.max(Math.abs(first), terms === 0 ? 0 : sum / terms)
}

/**
 * How many symbols it takes, in 19 of 20 cases, to find the differences: 1.36 each (the paper's figure for many), more
 * where they are few, and a margin for the estimate, whose relative error is √(2/counts).
 *
 * @param counts from which it was estimated
 */
export function symbolsFor(differences: number, counts: number): number {
  const most = differences * (1 + 2 * Math.sqrt(2 / Math.max(2, counts)))
  return Math.ceil(1.36 * most + 2.8 * Math.sqrt(most) + 6)
}
