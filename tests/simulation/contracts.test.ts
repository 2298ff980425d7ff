import { describe, expect, test } from 'vitest'
import type { Broadcast, Host, Overlay } from '../../node/protocol/index.ts'
import { gossip, resolveGossipOptions } from '../../overlays/gossip/index.ts'
import { swim } from '../../overlays/swim/index.ts'
import { broadcastContract, membershipContract, SimulatedNetwork, type NetworkCase } from '../contracts/index.ts'

function runAll(cases: readonly NetworkCase[]): void {
  for (const { name, run } of cases) test(name, run)
  test('no case is left out', () => {
    expect(cases.filter(({ leftOut }) => leftOut !== undefined)).toEqual([])
  })
}

/** Gossip that finds its peers through SWIM. */
const gossipOverSwim: Overlay<Broadcast> = {
  attach(host: Host) {
    swim().attach(host)
    return gossip().attach(host)
  },
}

const tooLargeBytes = resolveGossipOptions().messageLimitBytes + 1

describe('SWIM keeps the contract of the role Membership', () => {
  runAll(
    membershipContract({
      open: async () => new SimulatedNetwork(() => swim(), { encodeMessages: true }),
      partitions: true,
      restarts: true,
      rejoins: true,
      tags: true,
    }),
  )
})

describe('gossip keeps the contract of the role Broadcast', () => {
  runAll(
    broadcastContract({
      open: async () => new SimulatedNetwork(() => gossip(), { encodeMessages: true }),
      partitions: true,
      tooLargeBytes,
    }),
  )
})

describe('gossip over SWIM keeps the contract of the role Broadcast while messages are lost, doubled and overtaken', () => {
  const faults = { loss: 0.2, duplication: 0.1, reordering: 0.1, encodeMessages: true }
  runAll(
    broadcastContract({
      open: async () => new SimulatedNetwork(() => gossipOverSwim, faults),
      partitions: true,
      tooLargeBytes,
    }),
  )
})
