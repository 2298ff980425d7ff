import { expect, test } from 'vitest'
import { createRandom } from '../../../node/protocol/index.ts'
import type { HeadRecord } from '../../../node/reconciliation/index.ts'
import { compareStores, indexOf, randomHead, randomRecords, type StoreCourse } from './two-stores.ts'

const records = randomRecords('cost', 20_000)

/** Bytes until the hashes that differ are known, and how often symbols were sent. */
function sketchCost({ messages, sizes }: StoreCourse): { readonly bytes: number; readonly batches: number } {
  const places = messages.flatMap(({ kind }, place) => (kind === 'sketch' || kind === 'more' ? [place] : []))
  return {
    bytes: places.reduce((sum, place) => sum + (sizes[place] as number), 0),
    batches: messages.filter(({ kind }) => kind === 'sketch').length,
  }
}

// A difference is a hash that one side has: a document that has changed makes two. Seeds, so that chance is fixed.
test.each([
  { documents: 5, batches: 1, bytes: 1100, whole: 1700 },
  { documents: 500, batches: 2, bytes: 24_000, whole: 76_000 },
  { documents: 2000, batches: 3, bytes: 22 * 4000, whole: 74 * 4000 },
])('$documents changed documents cost $bytes bytes of symbols at the most, $whole in all', (cost) => {
  const random = createRandom(`cost/${cost.documents}`)
  const changed = records.map(({ document, head }, place): HeadRecord => {
    return { document, head: place < cost.documents ? randomHead(random) : head }
  })
  const [one, other] = [indexOf(records, { symbolLimit: 16_384 }), indexOf(changed, { symbolLimit: 16_384 })]
  const course = compareStores(one, other)
  expect(course.begun.carried).toHaveLength(cost.documents)
  const { bytes, batches } = sketchCost(course)
  expect(bytes).toBeLessThanOrEqual(cost.bytes)
  expect(batches).toBeLessThanOrEqual(cost.batches)
  expect(course.sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(cost.whole)
})
