/**
 * log10 of an integer of at least 1, by linear interpolation between powers of two (at most 0.026 too low).
 *
 * `Math.log10` may differ in the last bit from engine to engine, and with it a timeout and a whole simulated run.
 */
export function logarithm(count: number): number {
  const exponent = 31 - Math.clz32(count)
  return 0.301_03 * (exponent + count / ((1 << exponent) >>> 0) - 1)
}
