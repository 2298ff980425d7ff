import { ByteReader, ByteWriter } from './bytes.ts'

/**
 * How the messages of a protocol stand on the wire.
 *
 * `decode` checks shape and size: it throws `MalformedMessageError` for whatever no honest peer would send, and what it
 * returns holds no view into the reader's bytes.
 */
export interface Codec<Message> {
  encode(message: Message, writer: ByteWriter): void
  decode(reader: ByteReader): Message
}

/** Lent to one message after another: to make a writer, and have it grow, takes longer than to write most messages. */
let spare: ByteWriter | undefined
/** One that has grown beyond this is not kept, in bytes. */
const keptCapacity = 65_536

export function encodeMessage<Message>(codec: Codec<Message>, message: Message): Uint8Array<ArrayBuffer> {
  const writer = spare ?? new ByteWriter()
  // Whoever encodes a message within a message has a writer of its own.
  spare = undefined
  codec.encode(message, writer)
  const bytes = writer.finish()
  if (bytes.length <= keptCapacity) {
    writer.truncate(0)
    spare = writer
  }
  return bytes
}

/** @throws MalformedMessageError also when bytes are left over */
export function decodeMessage<Message>(codec: Codec<Message>, bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes)
  const message = codec.decode(reader)
  reader.finish()
  return message
}
