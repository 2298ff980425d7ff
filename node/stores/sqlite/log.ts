import { readFileSync } from 'node:fs'

/** Layout of SQLite's write-ahead log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
const headerLength = 32
const frameHeaderLength = 24
const bigEndianMagic = 0x377f_0683
const littleEndianMagic = 0x377f_0682

/**
 * Whether transactions that were flushed are lost because something before them in the log is damaged.
 *
 * SQLite plays a log back up to the first frame that is not right and is silent about the rest. That is as it should be
 * for the last transaction, torn by a crash; but each transaction is flushed before the next one is written, so a frame
 * after a commit beyond the bad one shows that more than an unfinished tail is gone. Damage within the very last
 * transaction looks like a torn tail and is taken for one.
 */
export function isLogDamaged(file: string): boolean {
  const log = readLog(file)
  if (log === undefined || log.byteLength <= headerLength) return false
  const header = readHeader(log)
  if (header === undefined) return true
  let commits = 0
  for (let offset = firstBadFrame(log, header); offset + header.frameLength <= log.byteLength;) {
    const own = log.getUint32(offset + 8) === header.salt1 && log.getUint32(offset + 12) === header.salt2
    if (own && commits > 0) return true
    if (own && log.getUint32(offset + 4) !== 0) commits++
    offset += header.frameLength
  }
  return false
}

interface LogHeader {
  readonly littleEndian: boolean
  readonly frameLength: number
  readonly salt1: number
  readonly salt2: number
  readonly sum: Sum
}

type Sum = readonly [number, number]

function readLog(file: string): DataView | undefined {
  try {
    const bytes = readFileSync(file)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function readHeader(log: DataView): LogHeader | undefined {
  const magic = log.getUint32(0)
  if (magic !== bigEndianMagic && magic !== littleEndianMagic) return undefined
  const littleEndian = magic === littleEndianMagic
  const sum = add([0, 0], log, 0, 24, littleEndian)
  if (!isEqual(sum, log, 24)) return undefined
  const frameLength = frameHeaderLength + log.getUint32(8)
  return { littleEndian, frameLength, salt1: log.getUint32(16), salt2: log.getUint32(20), sum }
}

/** Each frame's checksum goes on from that of the frame before it. */
function firstBadFrame(log: DataView, { littleEndian, frameLength, salt1, salt2, sum }: LogHeader): number {
  let offset = headerLength
  for (let running = sum; offset + frameLength <= log.byteLength; offset += frameLength) {
    if (log.getUint32(offset + 8) !== salt1 || log.getUint32(offset + 12) !== salt2) return offset
    running = add(running, log, offset, 8, littleEndian)
    running = add(running, log, offset + frameHeaderLength, frameLength - frameHeaderLength, littleEndian)
    if (!isEqual(running, log, offset + 16)) return offset
  }
  return offset
}

function add([first, second]: Sum, log: DataView, offset: number, length: number, littleEndian: boolean): Sum {
  let one = first
  let other = second
  for (let at = offset; at < offset + length; at += 8) {
    one = (one + log.getUint32(at, littleEndian) + other) >>> 0
    other = (other + log.getUint32(at + 4, littleEndian) + one) >>> 0
  }
  return [one, other]
}

function isEqual([one, other]: Sum, log: DataView, offset: number): boolean {
  return log.getUint32(offset) === one && log.getUint32(offset + 4) === other
}
