import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { isConcurrent } from '../../../tests/traces/trace.ts'
import type { Case, Figures } from '../cases.ts'
import { write, type Replica } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

/** One writer, one transaction a keystroke. */
export const local: Case = ({ library, trace: read, encodedFile }) => {
  const trace = read()
  if (isConcurrent(trace)) throw new Error('A sequential trace is wanted')
  const replica = library.create(0)
  if (trace.startContent !== '') replica.insert(0, trace.startContent)
  const milliseconds = elapsed(() => {
    for (const { patches } of trace.txns) write(replica, patches)
  })
  check(replica.text() === trace.endContent, 'the text differs from the end of the trace')
  const encodeMilliseconds = elapsed(() => writeFileSync(encodedFile, replica.encode()))
  return { milliseconds, encodeMilliseconds, ...encodedSizes(replica) }
}

/** `bytes` and `gzip`, and those of other encodings with the encoding's name behind: `bytes v2`. */
export function encodedSizes(replica: Replica): Figures {
  const sizes: Record<string, number> = {}
  const encodings = { '': () => replica.encode(), ...replica.encodings }
  for (const [name, encode] of Object.entries(encodings)) {
    const bytes = encode()
    sizes[`bytes ${name}`.trim()] = bytes.length
    sizes[`gzip ${name}`.trim()] = gzipSync(bytes, { level: 9 }).length
  }
  return sizes
}
