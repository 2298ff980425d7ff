import { isConcurrent } from '../../../tests/traces/trace.ts'
import { writeTrace } from '../authors.ts'
import type { Case } from '../cases.ts'
import { byteLength } from '../library.ts'
import { check, elapsed } from '../measuring.ts'
import { encodedSizes } from './local.ts'

/** What several replicas wrote, received by another that has nothing: one update after the other, then many at once. */
export const concurrent: Case = ({ library, trace: read }) => {
  const trace = read()
  if (!isConcurrent(trace)) throw new Error('A concurrent trace is wanted')
  const updates = writeTrace(trace, library)
  const [streamed, batched] = [library.create(20_000), library.create(20_001)]
  const streamMilliseconds = elapsed(() => {
    for (const update of updates) streamed.receive(update)
  })
  const text = streamed.text()
  const batchMilliseconds = elapsed(() => batched.receiveAll(updates))
  check(batched.text() === text, 'many at once give another text')
  check(library.load(streamed.encode(), 20_002).text() === text, 'the encoding holds another text')
  return {
    streamMilliseconds,
    batchMilliseconds,
    updates: updates.length,
    wireBytes: updates.reduce((sum, update) => sum + byteLength(update), 0) / updates.length,
    isEnd: text === trace.endContent,
    ...encodedSizes(streamed),
  }
}
