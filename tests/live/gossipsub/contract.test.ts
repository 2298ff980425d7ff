import { describe, expect, test } from 'vitest'
import { gossipsub, resolveGossipsubOptions, type Gossipsub } from '../../../overlays/gossipsub/index.ts'
import { broadcastContract } from '../../contracts/index.ts'
import { LiveNetwork } from '../live-network.ts'

/** Quicker than the default, so that a network has settled sooner. */
const options = { heartbeatInterval: 100, keptHeartbeats: 30, announcedHeartbeats: 20 }

const cases = broadcastContract({
  open: async () => new LiveNetwork<Gossipsub>(() => gossipsub(options)),
  tooLargeBytes: resolveGossipsubOptions().messageLimitBytes + 1,
})

describe('gossipsub keeps the contract of the role Broadcast on real connections', () => {
  for (const { name, run, leftOut } of cases) if (leftOut === undefined) test.concurrent(name, { timeout: 90_000 }, run)

  test('what is left out needs a network that real nodes on one machine are not', () => {
    expect(cases.flatMap(({ leftOut }) => leftOut ?? [])).toEqual(['the network cannot be partitioned'])
  })
})
