import { describe, expect, test } from 'vitest'
import { swim, type Swim } from '../../../overlays/swim/index.ts'
import { membershipContract } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** As patient with a busy machine as the defaults, and quicker to give up whoever is silent. */
const options = { suspicionMultiplier: 3, suspicionMaximumMultiplier: 1, syncInterval: 3000 }

const cases = membershipContract({
  open: async () => new LiveNetwork<Swim>(() => swim(options)),
  rejoins: true,
  tags: true,
})

describe('SWIM keeps the contract of the role Membership on real connections', () => {
  for (const { name, run, leftOut } of cases)
    if (leftOut === undefined) test.concurrent(name, { timeout: 180_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual([
      'the network cannot restart a peer',
      'the network cannot be partitioned',
    ])
  })
})
