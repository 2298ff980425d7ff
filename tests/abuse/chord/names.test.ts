import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { decodeMessage, encodeMessage, MalformedMessageError, type PeerId } from '../../../node/protocol/index.ts'
import { chordCodec, ringNode } from '../../../overlays/chord/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const mebibyte = 1024 * 1024

/** What is forgotten is forgotten in turns of its own. */
async function heapUsed(): Promise<number> {
  for (let count = 0; count < 3; count++) {
    collect()
    await pause(10)
  }
  return process.memoryUsage().heapUsed
}

function frame(names: readonly string[]): Uint8Array {
  const nodes = names.map((name) => ({ peer: name as PeerId, index: 0, point: ringNode('any' as PeerId).point }))
  return encodeMessage(chordCodec, { type: 'closer', number: 1, nodes })
}

test('names that are made up by the hundred thousand leave nothing behind', async () => {
  const before = await heapUsed()
  for (let round = 0; round < 4000; round++) {
    const names = Array.from({ length: 64 }, (_, index) => `${round}/${index}`.padEnd(120, '.'))
    decodeMessage(chordCodec, frame(names))
    if (round % 20 === 0) await pause(0)
  }
  const grown = (await heapUsed()) - before
  expect(grown).toBeLessThan(16 * mebibyte)
})

test('a node that somebody holds is one object, however many others are named meanwhile', async () => {
  const held = ringNode('held' as PeerId, 3)
  for (let count = 0; count < 10_000; count++) ringNode(`other ${count}` as PeerId)
  await heapUsed()
  expect(ringNode('held' as PeerId, 3)).toBe(held)
})

test('nobody is named as another’s virtual node', () => {
  expect(() => decodeMessage(chordCodec, frame(['victim#1']))).toThrow(MalformedMessageError)
  expect(ringNode('victim' as PeerId, 1)).toMatchObject({ peer: 'victim', index: 1 })
})
