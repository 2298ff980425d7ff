export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

export function mean(values: readonly number[]): number {
  return total(values) / values.length
}

/** The least of the values that at least `share` of all do not exceed (nearest rank). @param share above 0, at most 1 */
export function percentile(values: readonly number[], share: number): number {
  const rank = Math.ceil(share * values.length)
  return values.toSorted((left, right) => left - right)[Math.max(0, rank - 1)] ?? Number.NaN
}

/** Over the seeds: `1.56 … 1.60`. */
export function spread(values: readonly number[], format: (value: number) => string = plain): string {
  const known = values.filter((value) => Number.isFinite(value))
  return known.length === 0 ? '' : `${format(Math.min(...known))} … ${format(Math.max(...known))}`
}

export function plain(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toFixed(2)
}

/** `1.53 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

/** Milliseconds as `12.44 s`. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
