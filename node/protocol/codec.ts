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

export function encodeMessage<Message>(codec: Codec<Message>, message: Message): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  codec.encode(message, writer)
  return writer.finish()
}

/** @throws MalformedMessageError also when bytes are left over */
export function decodeMessage<Message>(codec: Codec<Message>, bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes)
  const message = codec.decode(reader)
  reader.finish()
  return message
}
