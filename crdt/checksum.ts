/** CRC-32C (Castagnoli, polynomial 0x1edc6f41 reflected), as in RFC 3720 appendix B.4. */
const table = new Int32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
  table[byte] = remainder
}

export function crc32c(bytes: Uint8Array): number {
  // As signed 32-bit integers: V8 has those without a box before it has compiled anything, and files are read cold.
  let remainder = -1
  for (let index = 0; index < bytes.length; index++) {
    remainder = (table[(remainder ^ (bytes[index] as number)) & 0xff] as number) ^ (remainder >>> 8)
  }
  return ~remainder >>> 0
}
