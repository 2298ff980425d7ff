import { describe, expect, test } from 'vitest'
import { kademlia, type Kademlia, type KademliaOptions } from '../../../overlays/kademlia/index.ts'
import { dhtContract, routerContract, type NetworkCase } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the default, so that a network has settled sooner. */
const options: KademliaOptions = {
  upkeepInterval: 100,
  republishInterval: 1000,
  providerLifetime: 4800,
  stragglers: 200,
}

const open = async (): Promise<LiveNetwork<Kademlia>> => new LiveNetwork<Kademlia>(() => kademlia(options))

function runAll(cases: readonly NetworkCase[]): void {
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual(['the network cannot be partitioned'])
  })
}

describe('Kademlia keeps the contract of the role Router on real connections', () => runAll(routerContract({ open })))

describe('Kademlia keeps the contract of the role Dht on real connections', () =>
  runAll(dhtContract({ open, forgetsProviders: true })))
