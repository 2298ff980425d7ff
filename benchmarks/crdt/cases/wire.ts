import { isConcurrent } from '../../../tests/traces/trace.ts'
import type { Case } from '../cases.ts'
import { byteLength, write } from '../library.ts'
import { check, elapsed } from '../measuring.ts'

const keystrokes = 20_000

/** A live session: each keystroke is put on the wire, then all are received by somebody else, in order. */
export const wire: Case = ({ library, trace: read }) => {
  const trace = read()
  if (isConcurrent(trace)) throw new Error('A sequential trace is wanted')
  const writer = library.create(0)
  writer.track()
  const updates = trace.txns.slice(0, keystrokes).map(({ patches }) => {
    write(writer, patches)
    return writer.take()
  })
  const reader = library.create(1)
  const milliseconds = elapsed(() => {
    for (const update of updates) reader.receive(update)
  })
  check(reader.text() === writer.text(), 'the reader has another text')
  return {
    bytes: updates.reduce((sum, update) => sum + byteLength(update), 0) / updates.length,
    microseconds: (milliseconds * 1000) / updates.length,
  }
}
