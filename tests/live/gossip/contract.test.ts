import { describe, expect, test } from 'vitest'
import { gossip, resolveGossipOptions, type Gossip } from '../../../overlays/gossip/index.ts'
import { broadcastContract } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the defaults, so that a network has settled sooner. */
const options = { viewInterval: 200, neighbourTimeout: 2000 }

const cases = broadcastContract({
  open: async () => new LiveNetwork<Gossip>(() => gossip(options)),
  tooLargeBytes: resolveGossipOptions().messageLimitBytes + 1,
})

describe('gossip keeps the contract of the role Broadcast on real connections', () => {
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual(['the network cannot be partitioned'])
  })
})
