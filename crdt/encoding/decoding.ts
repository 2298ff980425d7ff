import { MalformedMessageError } from '../../node/protocol/index.ts'
import { DecodeError } from '../errors.ts'
import { ChunkReader } from './chunk.ts'

/** @throws DecodeError */
export function openChunk(bytes: Uint8Array): ChunkReader {
  return decoding(() => new ChunkReader(bytes))
}

/** @throws DecodeError where `work` throws MalformedMessageError */
export function decoding<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof MalformedMessageError)) throw cause
    throw new DecodeError(`Cannot read the document: ${cause.message}`, { cause })
  }
}
