import { fromString, toString } from 'uint8arrays'
import { decodeAnchor, encodeAnchor, type Anchor } from 'peerloom/crdt'
import type { TextSelection } from 'peerloom/codemirror'
import { isColour, tidyName, type Person } from './person.ts'

/** What a tab tells the others of whoever sits before it. Unsigned: all of it is a claim. */
export interface PresenceMessage extends Person {
  /** Grows with each message of a tab: what arrives late is known as such. */
  readonly clock: number
  /** Public key of the author, base64url: two tabs of one browser have the same. */
  readonly author: string
  /** False in the last message of a tab. */
  readonly here: boolean
  /** What is selected, while the editor has the focus. */
  readonly selection: TextSelection | undefined
}

/** Longest message, in bytes: a name, a key and two anchors are well below it. */
const messageLimitBytes = 2048

const format = 1
const anchorLimit = 512
const authorPattern = /^[\w-]{43}$/

export function presenceTopic(document: string): string {
  return `presence/${document}`
}

export function encodePresence({ clock, author, here, name, colour, selection }: PresenceMessage): Uint8Array {
  const places = selection === undefined ? null : [selection.anchor, selection.head].map(writeAnchor)
  return new TextEncoder().encode(JSON.stringify({ format, clock, author, here, name, colour, selection: places }))
}

/** @returns undefined for anything that `encodePresence` cannot have written: strangers may send what they like */
export function decodePresence(bytes: Uint8Array): PresenceMessage | undefined {
  if (bytes.length > messageLimitBytes) return undefined
  try {
    return readPresence(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    return undefined
  }
}

function readPresence(given: unknown): PresenceMessage | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  const { format: version, clock, author, here, name, colour, selection } = given as Record<string, unknown>
  if (version !== format || typeof here !== 'boolean') return undefined
  if (typeof clock !== 'number' || !Number.isSafeInteger(clock) || clock < 0) return undefined
  if (typeof author !== 'string' || !authorPattern.test(author)) return undefined
  if (typeof name !== 'string' || name === '' || tidyName(name) !== name) return undefined
  if (typeof colour !== 'string' || !isColour(colour)) return undefined
  if (selection === null) return { clock, author, here, name, colour, selection: undefined }
  if (!Array.isArray(selection) || selection.length !== 2) return undefined
  const [anchor, head] = selection.map(readAnchor) as [Anchor, Anchor]
  return { clock, author, here, name, colour, selection: { anchor, head } }
}

function writeAnchor(anchor: Anchor): string {
  return toString(encodeAnchor(anchor), 'base64url')
}

/** @throws for anything that is no anchor */
function readAnchor(given: unknown): Anchor {
  if (typeof given !== 'string' || given.length > anchorLimit) throw new TypeError('No anchor')
  return decodeAnchor(fromString(given, 'base64url'))
}
