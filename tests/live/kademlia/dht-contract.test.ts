import { describe, expect, test } from 'vitest'
import { dhtContract } from '../../contracts/index.ts'
import { FormedNetwork } from './formed-network.ts'

const cases = dhtContract({ open: async () => new FormedNetwork(), forgetsProviders: true })

describe('Kademlia keeps the contract of the role Dht on real connections', () => {
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual(['the network cannot be partitioned'])
  })
})
