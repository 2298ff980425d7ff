import { ByteReader, ByteWriter, MalformedMessageError } from '../node/protocol/index.ts'
import type { Dot } from './change.ts'
import { parseContainerId } from './container-id.ts'
import type { ContainerId } from './container.ts'
import { DecodeError } from './errors.ts'
import { limits } from './limits.ts'
import { isReplicaId } from './replica-id.ts'

/**
 * A place in a text or list that keeps to a character or item, wherever others' edits move it. Plain data: it may be
 * kept, sent (`encodeAnchor`) and resolved on any replica that has the character. Where the character is deleted, the
 * anchor stays at the gap.
 */
export interface Anchor {
  readonly container: ContainerId
  /**
   * `before`: in front of the character, so that text inserted at the anchor lands in front of it; without a character,
   * the end. `after`: behind the character, so that text inserted at the anchor lands behind it; without one, the start.
   */
  readonly side: 'before' | 'after'
  readonly character: Dot | undefined
}

const anchorFormat = 1

export function encodeAnchor(anchor: Anchor): Uint8Array<ArrayBuffer> {
  const { container, side, character } = anchor
  const writer = new ByteWriter(64)
  writer
    .u8(anchorFormat)
    .u8((side === 'after' ? 1 : 0) + (character === undefined ? 0 : 2))
    .text(container)
  if (character !== undefined) writer.text(character.replica).varint(character.sequence)
  return writer.finish()
}

/** @throws DecodeError for bytes that `encodeAnchor` cannot have written */
export function decodeAnchor(bytes: Uint8Array): Anchor {
  try {
    return readAnchor(new ByteReader(bytes))
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    throw new DecodeError(`Cannot read the anchor: ${cause.message}`, { cause })
  }
}

function readAnchor(reader: ByteReader): Anchor {
  if (reader.u8() !== anchorFormat) throw new MalformedMessageError('An anchor of an unknown format')
  const flags = reader.u8()
  if (flags > 3) throw new MalformedMessageError('An anchor with unknown flags')
  const container = reader.text(limits.nameBytes + 128)
  const type = parseContainerId(container)?.type
  if (type !== 'text' && type !== 'list') throw new MalformedMessageError('An anchor in no text and no list')
  const character = flags >= 2 ? readDot(reader) : undefined
  reader.finish()
  return { container: container as ContainerId, side: flags % 2 === 1 ? 'after' : 'before', character }
}

function readDot(reader: ByteReader): Dot {
  const replica = reader.text(64)
  if (!isReplicaId(replica)) throw new MalformedMessageError('An anchor at a character of no replica')
  return { replica, sequence: reader.varint() }
}
