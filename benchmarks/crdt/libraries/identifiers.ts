// Ids as wide and as random as those that each library chooses by itself, so that bytes are what users see; but the same
// in every run.

/** 32 bits, spread by the multiplicative hash of Knuth (The Art of Computer Programming 3, §6.4). */
export function id32(replica: number): number {
  return Math.imul(replica + 1, 2_654_435_761) >>> 0
}

export function id52(replica: number): number {
  return id32(replica) * 2 ** 20 + (id32(replica + 7) & 0xfffff)
}

export function id64(replica: number): bigint {
  return (BigInt(id32(replica)) << 32n) | BigInt(id32(replica + 7))
}

/** 32 hexadecimal digits. */
export function id128(replica: number): string {
  return [0, 1, 2, 3]
    .map((part) =>
      id32(replica + part * 13)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('')
}

/** 22 characters that are ordered as the numbers are. */
export function orderedId(replica: number): string {
  const rest = [0, 1, 2]
    .map((part) =>
      id32(replica + part * 13)
        .toString(32)
        .padStart(7, '0'),
    )
    .join('')
  return `${replica.toString(32).padStart(4, '0')}${rest}`.slice(0, 22)
}
