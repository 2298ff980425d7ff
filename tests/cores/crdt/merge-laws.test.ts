import { expect, test } from 'vitest'
import { createDocument, decodeChanges, encodeChanges, loadDocument, type Document } from '../../../crdt/index.ts'
import { createRandom } from '../../../node/protocol/index.ts'
import { editRandomly } from './random-edits.ts'
import { figure } from '../../figures.ts'

/** Three replicas that share a beginning and then go on alone. */
function fork(seed: number): readonly [Document, Document, Document] {
  const random = createRandom(seed)
  const base = createDocument({ replica: 'base' })
  for (let edit = 0; edit < 10; edit++) editRandomly(base, random)
  const branch = (replica: string): Document => {
    const document = loadDocument(base.encode(), { replica })
    for (let edit = 0; edit < 15; edit++) editRandomly(document, random)
    return document
  }
  return [branch('a'), branch('b'), branch('c')]
}

function union(...documents: readonly Document[]): Document {
  const merged = createDocument({ replica: 'reader' })
  for (const document of documents) merged.merge(document.encode())
  return merged
}

const seeds = Array.from({ length: figure('groups', 20, 500) }, (_, index) => index + 1)

test.each(seeds)('merging is commutative (seed %i)', (seed) => {
  const [a, b] = fork(seed)
  expect(union(a, b).toJSON()).toEqual(union(b, a).toJSON())
  expect(union(a, b).encode()).toEqual(union(b, a).encode())
})

test.each(seeds)('merging is associative (seed %i)', (seed) => {
  const [a, b, c] = fork(seed)
  const left = union(union(a, b), c)
  const right = union(a, union(b, c))
  expect(left.toJSON()).toEqual(right.toJSON())
  expect(left.encode()).toEqual(right.encode())
})

test.each(seeds)('merging again changes nothing and shows nothing (seed %i)', (seed) => {
  const [a, b] = fork(seed)
  const merged = union(a, b)
  const before = merged.encode()
  const content = merged.toJSON()
  expect(merged.merge(before)).toEqual({ changes: [], replicas: [], deltas: [] })
  expect(merged.merge(a.encode()).changes).toEqual([])
  expect(merged.encode()).toEqual(before)
  expect(merged.toJSON()).toEqual(content)
})

test.each(seeds)('a group of changes gives what they give one by one (seed %i)', (seed) => {
  const [a, b, c] = fork(seed)
  const whole = union(a, b, c)
  const single = loadDocument(a.encode())
  for (const change of [...decodeChanges(c.encode()), ...decodeChanges(b.encode())]) single.apply([change])
  expect(single.toJSON()).toEqual(whole.toJSON())
})

test.each(seeds)('decoding what was encoded gives the same, and the same bytes again (seed %i)', (seed) => {
  const bytes = union(...fork(seed)).encode()
  const changes = decodeChanges(bytes)
  expect(encodeChanges(changes)).toEqual(bytes)
  expect(encodeChanges([...changes, ...changes].reverse())).toEqual(bytes)
  expect(loadDocument(bytes).encode()).toEqual(bytes)
})

test.each(seeds)('what is new since a version, merged into that version, gives the whole (seed %i)', (seed) => {
  const [a, b] = fork(seed)
  const merged = union(a, b)
  b.merge(merged.changesSince(b.version))
  expect(b.encode()).toEqual(merged.encode())
  expect(b.toJSON()).toEqual(merged.toJSON())
  expect(decodeChanges(b.changesSince(merged.version))).toEqual([])
})
