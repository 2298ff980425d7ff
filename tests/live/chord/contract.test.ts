import { describe, expect, test } from 'vitest'
import { chord, type Chord } from '../../../overlays/chord/index.ts'
import { dhtContract, routerContract } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the defaults, so that a network has settled sooner; lists so short that four peers are a ring. */
const options = {
  successors: 3,
  stabiliseInterval: 100,
  fingerInterval: 100,
  gatherInterval: 50,
  unifyInterval: 1000,
  dht: { repairInterval: 500 },
}

/** A peer has some forty timers a second with these options: a second. */
const settledTimers = 40

const open = async (): Promise<LiveNetwork<Chord>> => new LiveNetwork<Chord>(() => chord(options), { settledTimers })

/** What real nodes on one machine are not asked, with the reason. */
function leftOut(cases: readonly { readonly leftOut?: string }[]): string[] {
  return [...new Set(cases.flatMap(({ leftOut }) => leftOut ?? []))]
}

describe('Chord keeps the contract of the role Router on real connections', () => {
  const cases = routerContract({ open })
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(leftOut(cases)).toEqual(['the network cannot be partitioned'])
  })
})

describe('Chord keeps the contract of the role Dht on real connections', () => {
  const cases = dhtContract({ open })
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(leftOut(cases)).toEqual([
      'providers are remembered for longer than a test',
      'the network cannot be partitioned',
    ])
  })
})
