import { chunkSize } from '../control/client.ts'

/** Bytes in pieces that fit into a frame. */
export async function* chunks(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
  }
}
