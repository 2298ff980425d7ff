const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
  return remainder
})

/** CRC-32C (Castagnoli). */
export function crc32c(bytes: Uint8Array): number {
  return finish(continueChecksum(0xffffffff, bytes, 0, bytes.length))
}

function continueChecksum(remainder: number, bytes: Uint8Array, start: number, end: number): number {
  let result = remainder
  for (let at = start; at < end; at++) {
    result = (table[(result ^ (bytes[at] as number)) & 0xff] as number) ^ (result >>> 8)
  }
  return result
}

function finish(remainder: number): number {
  return ~remainder >>> 0
}

/** Where a file holds a checksum, and of what. */
export interface Seal {
  readonly start: number
  readonly end: number
  /** Of its four bytes, from `at` on. */
  readonly at: number
  readonly littleEndian: boolean
}

/**
 * Finds the checksums in bytes without knowing their format: four bytes that are the CRC-32C of a stretch which ends
 * where they begin, or begins where they end. The longest stretches come last.
 */
export function findSeals(bytes: Uint8Array): Seal[] {
  const seals: Seal[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const places = new Map<number, { at: number; littleEndian: boolean }[]>()
  for (let at = 0; at + 4 <= bytes.length; at++) {
    for (const littleEndian of [false, true]) {
      const value = view.getUint32(at, littleEndian)
      places.set(value, [...(places.get(value) ?? []), { at, littleEndian }])
    }
  }
  for (let start = 0; start < bytes.length; start++) {
    let remainder = 0xffffffff
    for (let end = start + 1; end <= bytes.length; end++) {
      remainder = continueChecksum(remainder, bytes, end - 1, end)
      for (const place of places.get(finish(remainder)) ?? []) {
        if (place.at === end || place.at + 4 === start) seals.push({ start, end, ...place })
      }
    }
  }
  return seals.sort((left, right) => left.end - left.start - (right.end - right.start))
}

/** Corrects the checksums of bytes that were changed between their places, or behind them. */
export function reseal(bytes: Uint8Array, seals: readonly Seal[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (const { start, end, at, littleEndian } of seals) {
    view.setUint32(at, crc32c(bytes.subarray(start, end)), littleEndian)
  }
}
