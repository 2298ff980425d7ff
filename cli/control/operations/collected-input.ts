import type { Failure } from '../../failure.ts'
import type { Call } from '../server.ts'

/** All input of an exchange. @throws Failure what `tooLarge` gives, once it is more than the limit */
export async function collect(call: Call, limitBytes: number, tooLarge: () => Failure): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of call.input()) {
    length += piece.length
    if (length > limitBytes) throw tooLarge()
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
