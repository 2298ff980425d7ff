import { MalformedMessageError, type ByteReader, type ByteWriter, type Tags } from '../../node/protocol/index.ts'

/** What a member says of itself, and the how manieth time it says something new. */
export interface VersionedTags {
  /** Raised only by the member itself, at each change; 0 means that it never had any. */
  readonly version: number
  readonly tags: Tags
}

export const noTags: VersionedTags = Object.freeze({ version: 0, tags: Object.freeze({}) })

/** Frozen into the protocol's version, as tags ride on updates. Lengths are of UTF-8. */
export const tagLimits: {
  readonly count: number
  readonly keyBytes: number
  readonly valueBytes: number
  /** All keys and values together. */
  readonly bytes: number
} = Object.freeze({ count: 32, keyBytes: 64, valueBytes: 256, bytes: 512 })

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * @returns a frozen copy, its keys in order, so that equal tags are equal on the wire
 * @throws RangeError when they exceed a limit, when a key is empty, or when a text has no form in UTF-8
 */
export function checkedTags(tags: Tags): Tags {
  const entries = Object.entries(tags)
  let bytes = 0
  for (const [key, value] of entries) {
    const [keyBytes, valueBytes] = [encodedLength(key), encodedLength(value)]
    bytes += keyBytes + valueBytes
    if (keyBytes === 0 || keyBytes > tagLimits.keyBytes || valueBytes > tagLimits.valueBytes) {
      throw new RangeError(
        `Cannot use the tag ${JSON.stringify(key.slice(0, 80))}: a key has 1 to ${tagLimits.keyBytes} bytes, a value at most ${tagLimits.valueBytes}`,
      )
    }
  }
  if (entries.length > tagLimits.count || bytes > tagLimits.bytes) {
    throw new RangeError(
      `Cannot use ${entries.length} tags of ${bytes} bytes: at most ${tagLimits.count} of ${tagLimits.bytes} bytes together`,
    )
  }
  return fromEntries(inOrder(entries))
}

/** @param left both with their keys in order, as they come from here @param right see left */
export function sameTags(left: Tags, right: Tags): boolean {
  const others = Object.entries(right)
  const entries = Object.entries(left)
  return (
    entries.length === others.length &&
    entries.every(([key, value], index) => key === others[index]?.[0] && value === others[index]?.[1])
  )
}

export function encodeTags({ version, tags }: VersionedTags, writer: ByteWriter): void {
  // JavaScript puts keys that look like integers first, in whatever order they were defined.
  const entries = inOrder(Object.entries(tags))
  writer.varint(version).varint(entries.length)
  for (const [key, value] of entries) writer.text(key).text(value)
}

/** @param versionLimit greatest version */
export function decodeTags(reader: ByteReader, versionLimit: number): VersionedTags {
  const version = reader.varint(versionLimit)
  if (version === 0) throw new MalformedMessageError('Tags of version 0, which are none')
  const start = reader.remaining
  let before = ''
  const entries = reader.list(tagLimits.count, (reader): [string, string] => {
    const key = reader.text(tagLimits.keyBytes)
    // In order, so that there is one form of them, without doubles and without the empty key.
    if (key <= before) throw new MalformedMessageError('Tags that are not in order')
    before = key
    return [key, reader.text(tagLimits.valueBytes)]
  })
  if (start - reader.remaining > tagLimits.bytes + 3 * tagLimits.count) throw new MalformedMessageError('Too many tags')
  return { version, tags: fromEntries(entries) }
}

function inOrder(entries: readonly [string, string][]): [string, string][] {
  return entries.toSorted(([left], [right]) => (left < right ? -1 : 1))
}

/** Defines own properties, also for a key such as `__proto__`. */
function fromEntries(entries: readonly (readonly [string, string])[]): Tags {
  return Object.freeze(Object.fromEntries(entries))
}

function encodedLength(text: string): number {
  const bytes = textEncoder.encode(text)
  if (textDecoder.decode(bytes) !== text) {
    throw new RangeError('Cannot use a tag with a lone surrogate: it would not arrive as it is')
  }
  return bytes.length
}
