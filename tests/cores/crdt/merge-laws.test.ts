import { describe, expect, test } from 'vitest'
import {
  containerTypes,
  createDocument,
  decodeChanges,
  loadDocument,
  type Container,
  type ContainerType,
  type Document,
  type VersionVector,
} from '../../../crdt/index.ts'
import { createRandom, type Random } from '../../../node/protocol/index.ts'
import { figure } from '../../figures.ts'
import { editContainer, editRandomly } from './random-edits.ts'

/** One container of that type, or everything there is, containers inside others as well. */
type Subject = ContainerType | 'everything'

const subjects: readonly Subject[] = ['everything', ...containerTypes]

function edit(document: Document, subject: Subject, random: Random): void {
  if (subject === 'everything') editRandomly(document, random)
  else editContainer(document.map('root').get('it') as Container, random)
}

/** Three replicas that share a beginning and then go on alone, two of them having heard of a third in between. */
function fork(subject: Subject, seed: number): readonly [Document, Document, Document] {
  const random = createRandom(`${subject} ${seed}`)
  const base = createDocument({ replica: 'base' })
  if (subject !== 'everything') base.map('root').create('it', subject)
  for (let count = 0; count < 10; count++) edit(base, subject, random)
  const branch = (replica: string): Document => {
    const document = loadDocument(base.encode(), { replica })
    for (let count = 0; count < 15; count++) edit(document, subject, random)
    return document
  }
  const [a, b, c] = [branch('a'), branch('b'), branch('c')]
  b.merge(c.encode())
  a.merge(c.encode())
  for (const document of [a, b, c]) for (let count = 0; count < 5; count++) edit(document, subject, random)
  return [a, b, c]
}

function union(...documents: readonly Document[]): Document {
  const merged = createDocument({ replica: 'reader' })
  for (const document of documents) merged.merge(document.encode())
  return merged
}

function expectEqual(one: Document, other: Document): void {
  expect(one.statistics).toMatchObject({ waiting: 0, rejected: 0 })
  expect(one.toJSON()).toEqual(other.toJSON())
  expect(one.version.equals(other.version)).toBe(true)
  expect(one.frontier).toEqual(other.frontier)
  expect(one.encode()).toEqual(other.encode())
}

const seeds = Array.from({ length: figure('groups', 5, 200) }, (_, index) => index + 1)
const cases = subjects.flatMap((subject) => seeds.map((seed) => [subject, seed] as const))

describe.each(cases)('%s (seed %i)', (subject, seed) => {
  const [a, b, c] = fork(subject, seed)

  test('merges commutatively', () => {
    expectEqual(union(a, b), union(b, a))
  })

  test('merges associatively', () => {
    expectEqual(union(union(a, b), c), union(a, union(b, c)))
    expectEqual(union(union(c, a), b), union(a, b, c))
  })

  test('does not change by merging again, and shows nothing then', () => {
    const merged = union(a, b)
    const before = union(a, b)
    expect(merged.merge(before.encode())).toMatchObject({ changes: [], replicas: [], deltas: [] })
    expect(merged.merge(a.encode()).changes).toEqual([])
    expectEqual(merged, before)
  })

  test('is the same by a group of changes, by one at a time, and by the state', () => {
    const whole = union(a, b, c)
    const grouped = loadDocument(a.encode(), { replica: 'reader' })
    grouped.apply([b, c].flatMap((other) => decodeChanges(other.changesSince(grouped.version))))
    expectEqual(grouped, whole)
    const single = loadDocument(a.encode(), { replica: 'reader' })
    for (const change of [...decodeChanges(c.encode()), ...decodeChanges(b.encode())]) {
      single.apply([change])
    }
    expectEqual(single, whole)
  })

  test('is the same by groups that overlap', () => {
    const random = createRandom(`overlap ${subject} ${seed}`)
    const reader = createDocument({ replica: 'reader' })
    const writer = loadDocument(c.encode(), { replica: 'writer' })
    const versions: VersionVector[] = [reader.version]
    for (let group = 0; group < 4; group++) {
      for (let count = 0; count < 4; count++) edit(writer, subject, random)
      versions.push(writer.version)
      const since = versions[Math.max(0, group - 1)] as VersionVector
      reader.merge(writer.changesSince(since))
      reader.merge(writer.changesSince(since))
    }
    expectEqual(reader, writer)
  })

  test('is the same once encoded and decoded, in the same bytes', () => {
    const merged = union(a, b, c)
    const bytes = merged.encode()
    expectEqual(loadDocument(bytes), merged)
    const changes = decodeChanges(bytes)
    const again = createDocument()
    again.apply([...changes, ...changes].reverse())
    expect(again.encode()).toEqual(bytes)
  })

  test('is whole when what is new since a version is merged into that version', () => {
    const merged = union(a, b)
    const reader = loadDocument(b.encode(), { replica: 'reader' })
    reader.merge(merged.changesSince(reader.version))
    expectEqual(reader, merged)
    expect(decodeChanges(reader.changesSince(merged.version))).toEqual([])
  })
})
