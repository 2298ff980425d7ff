import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import type { SealedChangeSet } from '../../../crdt/replicator/index.ts'
import { Chain, Stage, operations } from '../../cores/replicator/stage.ts'

const mebibyte = 1024 * 1024

function authorKey(number: number): Uint8Array {
  const key = new Uint8Array(32).fill(99)
  new DataView(key.buffer).setUint32(0, number)
  return key
}

/** The second set of an author, whose first nobody ever sees. */
function orphan(stage: Stage, author: number, bytes = 1): SealedChangeSet {
  const chain = new Chain(stage.document, authorKey(author))
  chain.next()
  return chain.next({ operations: operations(bytes) })
}

/** Everything waits together for something that does not exist. */
function hear(stage: Stage, sets: readonly SealedChangeSet[]): void {
  const from = 'attacker' as PeerId
  for (let start = 0; start < sets.length; start += 1000) {
    stage.hear({ type: 'sets', sets: sets.slice(start, start + 1000).map(({ bytes }) => bytes) }, from)
    stage.speak()
  }
}

function waitingBytes(stage: Stage, size: number): number {
  return stage.core.log(stage.document)!.waiting * size
}

test('10,000 orphans of one author, and of 10,000 authors, keep nobody else from being heard', () => {
  const stage = new Stage()
  const honest = new Chain(stage.document, authorKey(0))
  let heard = 0
  for (const authors of [1, 10_000]) {
    for (let batch = 0; batch < 10; batch++) {
      const sets = Array.from({ length: 1000 }, (_, index) => {
        const number = batch * 1000 + index
        if (authors > 1) return orphan(stage, 1 + number)
        const chain = new Chain(stage.document, authorKey(1))
        return chain.next({ sequence: 1 + number, previous: new Uint8Array(32).fill(1) })
      })
      hear(stage, sets)
      stage.arrive(honest.next())
      expect(stage.versionOf(authorKey(0))).toBe(++heard)
    }
  }
  expect(stage.core.log(stage.document)!.waiting).toBeGreaterThan(10_000)
  stage.recorder.advance(62_000)
  stage.speak()
  expect(stage.core.log(stage.document)!.waiting).toBe(0)
})

test('however many authors there are, what waits of them all has a limit, and the most of one goes first', () => {
  const stage = new Stage()
  const size = orphan(stage, 1, 40_000).bytes.length
  for (let author = 1; author <= 60; author++) {
    hear(
      stage,
      Array.from({ length: 10 }, (_, index) => {
        const chain = new Chain(stage.document, authorKey(author))
        return chain.next({
          sequence: 1 + index,
          previous: new Uint8Array(32).fill(author),
          operations: operations(40_000),
        })
      }),
    )
    expect(waitingBytes(stage, size)).toBeLessThanOrEqual(16 * mebibyte + size)
  }
  const modest = orphan(stage, 1000)
  hear(stage, [modest])
  expect(stage.core.log(stage.document)!.isKnown(modest)).toBe(true)
  hear(stage, [orphan(stage, 1001, 40_000), orphan(stage, 1002, 40_000)])
  expect(stage.core.log(stage.document)!.isKnown(modest)).toBe(true)
})

test('once there is no room, each further orphan of a new author costs little', () => {
  const stage = new Stage()
  const log = stage.core.log(stage.document)!
  const size = orphan(stage, 1, 300).bytes.length
  const room = Math.floor((16 * mebibyte) / size)
  for (let author = 1; author <= 2 * room; author++) log.admit(orphan(stage, author, 300))
  expect(log.waiting).toBeGreaterThan(room / 2)
  expect(log.waiting).toBeLessThanOrEqual(room)
})

test('a set from the future waits for its past, whatever its clock says', () => {
  const stage = new Stage()
  const chain = new Chain(stage.document, authorKey(1))
  const sets = [0, 2 ** 51, Number.MAX_SAFE_INTEGER].map((time) => chain.next({ time }))
  hear(stage, sets.toReversed())
  expect(stage.versionOf(authorKey(1))).toBe(3)
})
