/** How often each small whole number came: `counts[3]` times a three. Plain data, for outcomes. */
export type Counts = readonly number[]

export function countsOf(values: readonly number[]): Counts {
  const counts = Array.from({ length: values.reduce((most, value) => Math.max(most, value), 0) + 1 }, () => 0)
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

export function added(all: readonly Counts[]): Counts {
  const length = Math.max(0, ...all.map((counts) => counts.length))
  return Array.from({ length }, (_, value) => all.reduce((sum, counts) => sum + (counts[value] ?? 0), 0))
}

export function sizeOf(counts: Counts): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

export function meanOf(counts: Counts): number {
  return counts.reduce((sum, count, value) => sum + count * value, 0) / sizeOf(counts)
}

/** The least value that at least `share` of all do not exceed (nearest rank). */
export function percentileOf(counts: Counts, share: number): number {
  let left = Math.ceil(share * sizeOf(counts))
  return counts.findIndex((count) => (left -= count) <= 0)
}
