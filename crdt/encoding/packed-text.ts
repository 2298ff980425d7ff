import { MalformedMessageError, type ByteReader, type ByteWriter } from '../../node/protocol/index.ts'
import { readPacked, writePacked } from './packing.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const surrogate = /\p{Surrogate}/u

/** UTF-8, or code units of two bytes where a pair was cut, as only a hostile change can. */
const encodings = { utf8: 0, units: 1 } as const

export function writeText(writer: ByteWriter, text: string): void {
  if (!surrogate.test(text)) {
    writePacked(writer.u8(encodings.utf8), encoder.encode(text))
    return
  }
  const bytes = new Uint8Array(text.length * 2)
  for (let at = 0; at < text.length; at++) {
    bytes[at * 2] = text.charCodeAt(at)
    bytes[at * 2 + 1] = text.charCodeAt(at) >>> 8
  }
  writePacked(writer.u8(encodings.units), bytes)
}

/** Text as it was written: as bytes where all of it is ASCII, since that needs no decoding. */
export type StoredText = { readonly ascii: Uint8Array } | { readonly text: string }

/** @throws MalformedMessageError */
export function readText(reader: ByteReader): StoredText {
  const encoding = reader.u8()
  const bytes = readPacked(reader)
  if (encoding === encodings.utf8) {
    if (isAscii(bytes)) return { ascii: bytes }
    try {
      return { text: decoder.decode(bytes) }
    } catch (cause) {
      throw new MalformedMessageError('Text that is not UTF-8', { cause })
    }
  }
  if (encoding !== encodings.units || bytes.length % 2 === 1) throw new MalformedMessageError('Text of no encoding')
  let text = ''
  for (let at = 0; at < bytes.length; at += 2) {
    text += String.fromCharCode((bytes[at] as number) + (bytes[at + 1] as number) * 256)
  }
  return { text }
}

export function textOf(stored: StoredText): string {
  return 'text' in stored ? stored.text : decoder.decode(stored.ascii)
}

function isAscii(bytes: Uint8Array): boolean {
  const { byteOffset, length } = bytes
  // Four at a time, as far as that goes.
  const words = byteOffset % 4 === 0 ? new Int32Array(bytes.buffer, byteOffset, length >>> 2) : new Int32Array(0)
  for (let at = 0; at < words.length; at++) if (((words[at] as number) & 0x80808080) !== 0) return false
  for (let at = words.length * 4; at < length; at++) if ((bytes[at] as number) > 0x7f) return false
  return true
}
