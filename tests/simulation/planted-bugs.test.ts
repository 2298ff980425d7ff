import { expect, test } from 'vitest'
import type { Broadcast, Membership, Overlay } from '../../node/protocol/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { swim } from '../../overlays/swim/index.ts'
import { broadcastContract, membershipContract, type NetworkCase } from '../contracts/index.ts'
import { SimulatedNetwork } from './simulated-network.ts'

/** Names of the cases that fail. */
async function failures(cases: readonly NetworkCase[]): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of cases) {
    try {
      await run()
    } catch {
      failed.push(name)
    }
  }
  return failed
}

function spoilMembership(spoil: (api: Membership) => Partial<Membership>): Promise<string[]> {
  const overlay: Overlay<Membership> = {
    attach(host) {
      const api = swim().attach(host)
      return { ...api, ...spoil(api) }
    },
  }
  return failures(
    membershipContract({ open: async () => new SimulatedNetwork(() => overlay, {}, 5000), partitions: true }),
  )
}

function spoilBroadcast(spoil: (api: Broadcast) => Partial<Broadcast>): Promise<string[]> {
  const overlay: Overlay<Broadcast> = {
    attach(host) {
      const api = gossip().attach(host)
      return { ...api, ...spoil(api) }
    },
  }
  const tooLargeBytes = 512 * 1024 + 1
  const open = async (): Promise<SimulatedNetwork<Broadcast>> => new SimulatedNetwork(() => overlay, {}, 5000)
  return failures(broadcastContract({ open, partitions: true, tooLargeBytes }))
}

test('the contract of membership finds what is planted', async () => {
  expect(await spoilMembership(() => ({}))).toEqual([])
  expect(await spoilMembership((api) => ({ sample: () => api.members().map(({ peer }) => peer) }))).toContain(
    'a sample has distinct others, never the member itself, at most as many as asked',
  )
  expect(await spoilMembership((api) => ({ members: () => api.members().slice(1) }))).toContain(
    'a member alone knows itself, alive, and nobody else',
  )
  expect(
    await spoilMembership((api) => ({ members: () => api.members().map((member) => ({ ...member, state: 'alive' })) })),
  ).toContain('a crashed member is failed at all others, which stay alive')
  expect(await spoilMembership((api) => ({ subscribe: (listener) => api.subscribe(listener) }))).toEqual([
    'a subscription ends with its signal, and one that has ended never begins',
  ])
})

test('the contract of broadcast finds what is planted', async () => {
  expect(await spoilBroadcast(() => ({}))).toEqual([])
  expect(
    await spoilBroadcast((api) => ({
      subscribe: (topic, listener, options) => {
        api.subscribe(topic, listener, options)
        api.subscribe(topic, listener, options)
      },
    })),
  ).toContain('a message reaches every subscriber exactly once, and not its publisher')
  expect(await spoilBroadcast((api) => ({ subscribe: (topic, listener) => api.subscribe(topic, listener) }))).toContain(
    'a subscription ends with its signal, others of the topic go on',
  )
  expect(
    await spoilBroadcast((api) => ({
      subscribe: (topic, listener, options) => api.subscribe(topic, listener, options),
      publish: (_topic, bytes) => api.publish('news', bytes),
    })),
  ).toContain('topics do not mix, and subscribers hear through peers that do not subscribe')
  expect(
    await spoilBroadcast((api) => ({ publish: (topic, bytes) => api.publish(topic, bytes.slice(0, 512 * 1024)) })),
  ).toContain('a message that is too large is refused with a RangeError, and the next one is sent')
})

test('cases that the network cannot run are named, not passed over', () => {
  const cases = membershipContract({ open: () => Promise.reject(new Error('not opened')) })
  expect(cases.filter(({ leftOut }) => leftOut !== undefined).map(({ name }) => name)).toEqual([
    'after a partition heals every member knows every other again',
  ])
})
