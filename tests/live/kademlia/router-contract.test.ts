import { describe, expect, test } from 'vitest'
import { routerContract } from '../../contracts/index.ts'
import { FormedNetwork } from './formed-network.ts'

const cases = routerContract({ open: async () => new FormedNetwork() })

describe('Kademlia keeps the contract of the role Router on real connections', () => {
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual(['the network cannot be partitioned'])
  })
})
