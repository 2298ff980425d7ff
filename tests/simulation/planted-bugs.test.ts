import { expect, test } from 'vitest'
import type { Broadcast, MembershipEvent, Overlay } from '../../node/protocol/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { swim, type Swim } from '../../overlays/swim/index.ts'
import { broadcastContract, membershipContract, SimulatedNetwork, type NetworkCase } from '../contracts/index.ts'

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

function spoilMembership(spoil: (api: Swim) => Partial<Swim>): Promise<string[]> {
  const overlay: Overlay<Swim> = {
    attach(host) {
      const api = swim().attach(host)
      return { ...api, ...spoil(api) }
    },
  }
  const open = async (): Promise<SimulatedNetwork<Swim>> => new SimulatedNetwork(() => overlay, {}, 5000)
  return failures(membershipContract({ open, partitions: true, restarts: true, rejoins: true, tags: true }))
}

/** Listeners hear what comes of each event, or nothing. */
function retelling(api: Swim, retell: (event: MembershipEvent) => readonly MembershipEvent[]): Partial<Swim> {
  return {
    subscribe: (listener, options) => api.subscribe((event) => retell(event).forEach(listener), options),
  }
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
  expect(await spoilMembership((api) => ({ members: () => api.members().toReversed() }))).toContain(
    'a member is the first in its own list, and each other one is in it once',
  )
  expect(await spoilMembership((api) => retelling(api, (event) => [event, event]))).toContain(
    'listeners hear of who joins, once each',
  )
  const story = 'what is told of a member is what is listed, and one thing follows from the other'
  const mistold: Record<string, (event: MembershipEvent) => readonly MembershipEvent[]> = {
    'departures are told as failures': (event) => [event.type === 'left' ? { ...event, type: 'failed' } : event],
    'arrivals are not told': (event) => (event.type === 'joined' ? [] : [event]),
    'failures are told as recoveries': (event) => [event.type === 'failed' ? { ...event, type: 'alive' } : event],
  }
  for (const [what, retell] of Object.entries(mistold)) {
    expect(await spoilMembership((api) => retelling(api, retell)), what).toContain(story)
  }
})

test('the contract of membership finds what is planted in what not every overlay has', async () => {
  expect(await spoilMembership(() => ({ join: () => {} }))).toEqual([
    'a member that left and joins again is alive at all others',
  ])
  const tags = 'what a member says of itself is known to all others, later joiners too, and the newest of it lasts'
  expect(await spoilMembership(() => ({ setTags: () => {} }))).toEqual([tags])
  expect(await spoilMembership((api) => retelling(api, (event) => (event.type === 'updated' ? [] : [event])))).toEqual([
    tags,
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
    'a member that crashed and is back is alive at all others, which tell of it',
    'a member that left and joins again is alive at all others',
    'what a member says of itself is known to all others, later joiners too, and the newest of it lasts',
    'after a partition heals every member knows every other again',
  ])
})
