import { expect, test } from 'vitest'
import { createDocument } from '../../../crdt/index.ts'
import { DivergenceChecker } from '../../../crdt/replicator/index.ts'
import type { DocumentId, Member, PeerId } from '../../../node/protocol/index.ts'
import { IncarnationChecker } from '../../../overlays/swim/index.ts'

const id = 'ab'.repeat(32) as DocumentId

function member(peer: string, incarnation: number): Member {
  return { peer: peer as PeerId, state: 'alive', incarnation, since: 0 }
}

test('documents of one version that show different values are found', () => {
  const left = createDocument({ replica: 'a' })
  const right = createDocument({ replica: 'b' })
  const planted = createDocument({ replica: 'a' })
  left.text('body').insert(0, 'x')
  right.merge(left.encode())
  planted.text('body').insert(0, 'y')
  const check = (...documents: (typeof left)[]): string | undefined =>
    new DivergenceChecker(() => documents.map((document, index) => ({ peer: `p${index}`, id, document }))).check(0)
  expect(check(left, right)).toBeUndefined()
  expect(check(left, createDocument({ replica: 'c' }))).toBeUndefined()
  expect(check(left, right, planted)).toMatch(/^p0 and p2 have .* at one version and show/)
})

test('an incarnation that its owner never had is found, one of an earlier session is not', () => {
  let views: { self: string; members: Member[] }[] = [
    { self: 'a', members: [member('a', 3), member('b', 0)] },
    { self: 'b', members: [member('a', 2), member('b', 0)] },
  ]
  const checker = new IncarnationChecker(() =>
    views.map(({ self, members }) => ({ self: self as PeerId, members: () => members })),
  )
  expect(checker.check(0)).toBeUndefined()
  views = [
    { self: 'a', members: [member('a', 0), member('b', 0)] },
    { self: 'b', members: [member('a', 3), member('b', 0)] },
  ]
  expect(checker.check(0)).toBeUndefined()
  views[1]!.members = [member('a', 4), member('b', 0)]
  expect(checker.check(0)).toBe('b knows a at incarnation 4, which never had more than 3')
})
