import { Failure } from '../failure.ts'

/** Longest line, in bytes. */
const lineLimit = 1024 * 1024

/** Bytes as lines, without their line breaks. A last one without a break counts; an empty one after the last does not. */
export async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let held = Buffer.alloc(0)
  for await (const bytes of source) {
    held = Buffer.concat([held, bytes])
    let start = 0
    for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10, start)) {
      yield withoutReturn(held.subarray(start, end))
      start = end + 1
    }
    held = held.subarray(start)
    if (held.length > lineLimit) throw new Failure('too-large', `A line is longer than ${lineLimit} bytes`)
  }
  if (held.length > 0) yield held
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line
}
