// Ids as wide and nearly as random as those that each library chooses by itself, so that bytes are what users see; but
// the same in every run, and ordered as replicas are numbered: traces of several authors break ties so. There may be
// 32,767 replicas.

/** 32 bits, spread by the multiplicative hash of Knuth (The Art of Computer Programming 3, §6.4). */
function spread(number: number): number {
  return Math.imul(number + 1, 2_654_435_761) >>> 0
}

export function id32(replica: number): number {
  return 2 ** 31 + replica * 2 ** 16 + (spread(replica) & 0xffff)
}

export function id52(replica: number): number {
  return id32(replica) * 2 ** 20 + (spread(replica + 7) & 0xfffff)
}

export function id64(replica: number): bigint {
  return (BigInt(id32(replica)) << 32n) | BigInt(spread(replica + 7))
}

/** 32 hexadecimal digits. */
export function id128(replica: number): string {
  const parts = [id32(replica), ...[13, 26, 39].map((part) => spread(replica + part))]
  return parts.map((part) => part.toString(16).padStart(8, '0')).join('')
}

/** 22 characters. */
export function id110(replica: number): string {
  const rest = [0, 1, 2]
    .map((part) =>
      spread(replica + part * 13)
        .toString(32)
        .padStart(7, '0'),
    )
    .join('')
  return `${replica.toString(32).padStart(4, '0')}${rest}`.slice(0, 22)
}
