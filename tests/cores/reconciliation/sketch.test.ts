import { describe, expect, test } from 'vitest'
import { createRandom, integer, type Random } from '../../../node/protocol/index.ts'
import { Peeling, Sketch, estimateDifference, symbolsFor, type PeeledHash } from '../../../node/reconciliation/index.ts'
import { figure } from '../../figures.ts'

function randomHash(random: Random): PeeledHash {
  return { high: integer(random, 0x1_0000_0000), low: integer(random, 0x1_0000_0000) }
}

function randomHashes(random: Random, count: number): PeeledHash[] {
  return Array.from({ length: count }, () => randomHash(random))
}

function sketchOf(hashes: readonly PeeledHash[], length: number): Sketch {
  const sketch = new Sketch(length)
  for (const { high, low } of hashes) sketch.change(high, low, 1)
  return sketch
}

function texts(hashes: readonly PeeledHash[]): string[] {
  return hashes.map(({ high, low }) => `${high}/${low}`).sort()
}

/** Symbol after symbol, until it is no longer open. */
function peel(theirs: Sketch, ours: Sketch, step = 1): Peeling {
  const peeling = new Peeling()
  for (let from = 0; from < theirs.length && peeling.state === 'open'; from += step) {
    peeling.extend(theirs.slice(from, from + step), ours.slice(from, from + step))
  }
  return peeling
}

test('taking a hash away undoes adding it', () => {
  const random = createRandom('undone')
  const [kept, gone] = [randomHashes(random, 50), randomHashes(random, 50)]
  const sketch = sketchOf([...kept, ...gone], 200)
  for (const { high, low } of gone) sketch.change(high, low, -1)
  expect(sketch).toEqual(sketchOf(kept, 200))
})

test('a symbol has a hash with a chance of 1/(1 + i/2)', () => {
  const count = 20_000
  const { counts } = sketchOf(randomHashes(createRandom('chance'), count), 200)
  expect(counts[0]).toBe(count)
  for (const index of [2, 10, 50, 199]) {
    const expected = count / (1 + index / 2)
    expect(Math.abs((counts[index] as number) - expected)).toBeLessThan(6 * Math.sqrt(expected))
  }
})

describe.each([
  [0, 0, 0],
  [0, 0, 1],
  [0, 40, 0],
  [1000, 1, 0],
  [1000, 0, 30],
  [1000, 25, 25],
  [50, 300, 200],
])('%i hashes alike, %i ours, %i theirs', (common, ours, theirs) => {
  test.each([1, 7, 5000])('are told apart, by %i symbols at a time', (step) => {
    for (let seed = 0; seed < 5; seed++) {
      const random = createRandom(`peel/${seed}`)
      const [both, own, lacked] = [common, ours, theirs].map((count) => randomHashes(random, count)) as [
        PeeledHash[],
        PeeledHash[],
        PeeledHash[],
      ]
      const peeling = peel(sketchOf([...both, ...lacked], 5000), sketchOf([...both, ...own], 5000), step)
      expect(peeling.state).toBe('complete')
      expect(texts(peeling.own)).toEqual(texts(own))
      expect(texts(peeling.lacked)).toEqual(texts(lacked))
    }
  })
})

test('many differences take 1.36 symbols each, as in the paper', () => {
  const random = createRandom('many')
  const peeling = peel(sketchOf(randomHashes(random, 2000), 4000), sketchOf([], 4000), 20)
  expect(peeling.length / 2000).toBeGreaterThan(1.3)
  expect(peeling.length / 2000).toBeLessThan(1.45)
})

test.each([100, 1000])('%i differences among many are estimated from 368 counts to within a third', (differences) => {
  for (let seed = 0; seed < 10; seed++) {
    const random = createRandom(`estimate/${seed}`)
    const common = randomHashes(random, 20_000)
    const [own, lacked] = [randomHashes(random, differences / 2), randomHashes(random, differences / 2)]
    const { counts: theirs } = sketchOf([...common, ...lacked], 368)
    const { counts: ours } = sketchOf([...common, ...own], 368)
    const ratio = estimateDifference(theirs, ours) / differences
    expect(Math.abs(ratio - 1)).toBeLessThan(1 / 3)
    expect(symbolsFor(differences * ratio, 368)).toBeGreaterThan(differences)
  }
})

test('where all differ on one side, their number is no estimate', () => {
  const { counts } = sketchOf(randomHashes(createRandom('one side'), 500), 48)
  expect(estimateDifference(counts, new Int32Array(48))).toBeGreaterThanOrEqual(500)
})

test('two hashes that are the same leave it open', () => {
  const random = createRandom('same')
  const twice = randomHash(random)
  const peeling = peel(sketchOf([twice, twice, ...randomHashes(random, 5)], 300), sketchOf([], 300))
  expect(peeling.state).toBe('open')
  expect(peeling.own).toEqual([])
})

/** Symbols as a hostile peer might make them: noise, hashes in the wrong symbols, or many times over. */
function hostileSketch(random: Random, length: number): Sketch {
  const sketch = sketchOf(randomHashes(random, integer(random, 30)), length)
  const pure = sketchOf([randomHash(random)], 1)
  for (let index = 0; index < length; index++) {
    const kind = integer(random, 4)
    if (kind === 0) continue
    const isPure = kind < 3
    sketch.highs[index] = isPure ? (pure.highs[0] as number) : integer(random, 0x1_0000_0000)
    sketch.lows[index] = isPure ? (pure.lows[0] as number) : integer(random, 0x1_0000_0000)
    sketch.checks[index] = isPure ? (pure.checks[0] as number) : integer(random, 0x1_0000_0000)
    sketch.counts[index] = kind === 1 ? 1 : integer(random, 5) - 2
  }
  return sketch
}

test('whatever the symbols are, peeling comes to an end and finds no more than there are symbols', () => {
  const random = createRandom('hostile')
  const states = new Set<string>()
  for (let frames = 0; frames < figure('frames', 2000, 20_000); frames++) {
    const length = 1 + integer(random, 60)
    const peeling = peel(
      hostileSketch(random, length),
      sketchOf(randomHashes(random, integer(random, 3)), length),
      1 + integer(random, 60),
    )
    states.add(peeling.state)
    expect(peeling.own.length + peeling.lacked.length).toBeLessThanOrEqual(length)
  }
  expect(states).toContain('open')
  expect(states).toContain('stuck')
})
