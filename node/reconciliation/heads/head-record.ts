import { assert, type DocumentId } from '../../protocol/index.ts'
import { item, type Item } from '../item.ts'

declare const brand: unique symbol

/** Digest of a document's state: 16 bytes as 32 lower-case hexadecimal digits. Equal heads mean equal documents. */
export type Head = string & { readonly [brand]: 'Head' }

/** What a store says of one document. */
export interface HeadRecord {
  readonly document: DocumentId
  readonly head: Head
}

const documentBytes = 32
export const headBytes = 16
export const recordBytes: number = documentBytes + headBytes

/** A record as big-endian words: first the document's, then the head's. */
export const documentWords: number = documentBytes / 4
export const recordWords: number = recordBytes / 4

const headDigits = /^[0-9a-f]{32}$/

/** @throws AssertionError when the text is not 32 lower-case hexadecimal digits */
export function head(text: string): Head {
  assert(headDigits.test(text), 'a head is 32 lower-case hexadecimal digits')
  return text as Head
}

/** @throws AssertionError when it is not 64 lower-case hexadecimal digits */
export function writeDocument(words: Uint32Array, at: number, document: DocumentId): void {
  const isWhole = document.length === 2 * documentBytes && writeDigits(words, at, document)
  assert(isWhole, 'a document id is 64 lower-case hexadecimal digits')
}

/** @throws AssertionError when it is not 32 lower-case hexadecimal digits */
export function writeHead(words: Uint32Array, at: number, text: Head): void {
  const isWhole = text.length === 2 * headBytes && writeDigits(words, at + documentWords, text)
  assert(isWhole, 'a head is 32 lower-case hexadecimal digits')
}

export function readDocument(words: Uint32Array, at: number): DocumentId {
  return readDigits(words, at, documentWords) as DocumentId
}

export function readHead(words: Uint32Array, at: number): Head {
  return readDigits(words, at + documentWords, recordWords - documentWords) as Head
}

/** As sets for ranges have it. */
export function recordItem({ document, head }: HeadRecord): Item {
  return item(document + head)
}

export function itemRecord(item: Item): HeadRecord {
  return { document: item.slice(0, 2 * documentBytes) as DocumentId, head: item.slice(2 * documentBytes) as Head }
}

/** Of each byte its two digits as they lie in memory. */
const digitPairs: Uint16Array = new Uint16Array(
  Uint8Array.from({ length: 512 }, (_, at) => {
    const digits = (at >>> 1).toString(16).padStart(2, '0')
    return digits.charCodeAt(at & 1)
  }).buffer,
)

/** Of each character its value as a digit, or one that is greater than any. */
const digitValues: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value < 0 ? 0x10 : value
})

/** @returns false when there are other characters than digits */
function writeDigits(words: Uint32Array, at: number, digits: string): boolean {
  let seen = 0
  for (let digit = 0, place = at; digit < digits.length; place++) {
    let word = 0
    for (const end = digit + 8; digit < end; digit++) {
      const value = digitValues[digits.charCodeAt(digit)] ?? 0x10
      seen |= value
      word = (word << 4) | value
    }
    words[place] = word
  }
  return seen < 0x10
}

const documentDigits = new Uint8Array(2 * documentBytes)
const firstDigits = documentDigits.subarray(0, 2 * headBytes)
const scratchPairs = new Uint16Array(documentDigits.buffer)
const ascii = new TextDecoder('latin1')

/** One string in one piece: made of parts it takes twice the time as soon as somebody looks at it. */
function readDigits(words: Uint32Array, at: number, count: number): string {
  for (let place = 0; place < count; place++) {
    const word = words[at + place] as number
    scratchPairs[4 * place] = digitPairs[word >>> 24] as number
    scratchPairs[4 * place + 1] = digitPairs[(word >>> 16) & 0xff] as number
    scratchPairs[4 * place + 2] = digitPairs[(word >>> 8) & 0xff] as number
    scratchPairs[4 * place + 3] = digitPairs[word & 0xff] as number
  }
  return ascii.decode(count === documentWords ? documentDigits : firstDigits)
}
