const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Three digits: `5 B`, `1.23 kB`. Units are powers of 1,000. */
export function bytesInWords(bytes: number): string {
  let [value, unit] = [bytes, 0]
  // 999.5 and more would be written as 1000.
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${units[unit]}`
}

/** In the largest unit that is not too coarse: `12s`, `5m`, `47h`, `3d`. */
export function ageInWords(seconds: number): string {
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** `0 hops`, `1 hop`. */
export function countInWords(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
