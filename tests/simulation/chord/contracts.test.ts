import { describe, expect, test } from 'vitest'
import { chord, type ChordOverlayOptions } from '../../../overlays/chord/index.ts'
import { SimulatedNetwork, dhtContract, routerContract, type NetworkCase } from '../../contracts/index.ts'

function runAll(cases: readonly NetworkCase[]): void {
  for (const { name, run } of cases) test(name, run)
  test('no case is left out', () => {
    expect(cases.filter(({ leftOut }) => leftOut !== undefined)).toEqual([])
  })
}

const shortMemory = { providerLifetime: 60_000, provideInterval: 20_000 }

/** Small networks of eight members and less gather; with lists of two, three members are a ring. */
const networks: readonly [string, ChordOverlayOptions][] = [
  ['while peers are too few for a ring', { dht: shortMemory }],
  ['on a ring with lists of three', { successors: 3, dht: shortMemory }],
  ['with three virtual nodes each', { successors: 4, virtualNodes: 3, dht: shortMemory }],
  ['recursively', { successors: 3, routing: 'recursive', dht: shortMemory }],
  [
    'three questions at a time, with fingers of base 16',
    { successors: 3, parallelism: 3, fingerBase: 16, dht: shortMemory },
  ],
]

describe.each(networks)('Chord keeps the contract of the role Router %s', (_, options) => {
  runAll(
    routerContract({
      open: async () => new SimulatedNetwork(() => chord(options), { encodeMessages: true }),
      partitions: true,
      restarts: true,
    }),
  )
})

describe.each(networks)('Chord keeps the contract of the role Dht %s', (_, options) => {
  runAll(
    dhtContract({
      open: async () => new SimulatedNetwork(() => chord(options), { encodeMessages: true }),
      partitions: true,
      restarts: true,
      forgetsProviders: true,
    }),
  )
})
