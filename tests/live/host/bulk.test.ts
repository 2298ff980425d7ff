import { describe, expect, test } from 'vitest'
import { type HostLimits } from '../../../node/libp2p/index.ts'
import type { Ticket } from '../../../node/protocol/index.ts'
import { introduced, toy, type ToyHost, toyHost } from './toy.ts'

const definition = toy('/test/bulk/1.0.0', 'bulk')

/** A receiver that writes what it hears to a disk which is as slow as the test wants. */
async function slowReceiver(
  limits: Partial<HostLimits>,
): Promise<{ readonly bob: ToyHost; readonly release: () => void }> {
  let open = (): void => {}
  let gate: Promise<void> = new Promise((resolve) => {
    open = resolve
  })
  const bob = await toyHost({
    definition,
    limits,
    prepare: (host) => host.keep<string>('/test/bulk/1.0.0', { entries: () => [], append: () => gate }),
  })
  const tickets: Ticket[] = []
  bob.toy.onMessage = () => void tickets.push(bob.toy.environment.write('entry'))
  return {
    bob,
    release: () => {
      open()
      gate = Promise.resolve()
    },
  }
}

describe('a sender of bulk data', () => {
  test('stops when its credit is used up and goes on when the receiver has caught up', async () => {
    const { bob, release } = await slowReceiver({ openTickets: 4 })
    await using receiver = bob
    await using alice = await toyHost({ definition })
    await introduced(alice, receiver)
    const payload = new Uint8Array(16 << 10)
    let sent = 0
    while (alice.toy.say(receiver.host.self, sent++, payload));
    // The window, and no more, is under way: the receiver has it all and gives nothing back.
    expect(sent).toBe(16)
    await receiver.told.type('heard', 16)
    expect(alice.told.events.filter(({ type }) => type === 'writable')).toEqual([])
    release()
    await alice.told.type('writable')
    for (; sent < 500; sent++) {
      if (!alice.toy.say(receiver.host.self, sent, payload)) {
        await alice.told.some(
          ({ type }) => type === 'writable',
          alice.told.events.filter(({ type }) => type === 'writable').length + 1,
        )
      }
    }
    const heard = await receiver.told.type('heard', 500)
    expect(heard.map(({ number }) => number)).toEqual(Array.from({ length: 500 }, (_, number) => number))
    expect(alice.host.counters.dropped['queue-full']).toBe(0)
  })

  test('that does not stop fills a bounded queue; what exceeds it is dropped and counted', async () => {
    const { bob, release } = await slowReceiver({ openTickets: 1 })
    await using receiver = bob
    await using alice = await toyHost({ definition, limits: { bulkQueueSize: 1 << 20 } })
    await introduced(alice, receiver)
    const payload = new Uint8Array(64 << 10)
    for (let number = 0; number < 200; number++) alice.toy.say(receiver.host.self, number, payload)
    const dropped = alice.host.counters.dropped['queue-full']
    expect(dropped).toBeGreaterThan(170)
    expect(dropped).toBeLessThan(200)
    release()
    const heard = await receiver.told.type('heard', 200 - dropped)
    expect(heard.map(({ number }) => number)).toEqual(heard.map((_, number) => number))
    await alice.told.type('writable')
    alice.toy.say(receiver.host.self, 1000)
    await receiver.told.some((event) => event.type === 'heard' && event.number === 1000)
  })

  test('sends a frame that is longer than the window', async () => {
    await using alice = await toyHost({ definition })
    await using bob = await toyHost({ definition, limits: { bulkWindow: 32 << 10 } })
    await introduced(alice, bob)
    expect(alice.toy.say(bob.host.self, 1, new Uint8Array(900 << 10))).toBe(false)
    expect(await bob.told.type('heard')).toMatchObject([{ number: 1, size: 900 << 10 }])
    await alice.told.type('writable')
    alice.toy.say(bob.host.self, 2, new Uint8Array(900 << 10))
    await bob.told.type('heard', 2)
  })

  test('does not hold up the control plane', async () => {
    const { bob, release } = await slowReceiver({ openTickets: 1 })
    await using receiver = bob
    await using alice = await toyHost({ definition })
    const control = alice.host.run(toy('/test/control/1.0.0'), undefined)
    let heard = (): void => {}
    const arrived = new Promise<void>((resolve) => {
      heard = resolve
    })
    receiver.host.run(toy('/test/control/1.0.0'), undefined, (event) => {
      if (event.type === 'heard') heard()
    })
    await introduced(alice, receiver)
    for (let number = 0; number < 100; number++) alice.toy.say(receiver.host.self, number, new Uint8Array(60 << 10))
    control.say(receiver.host.self, 1)
    await arrived
    release()
  })

  test('to a peer that is not connected yet is told to wait once enough waits', async () => {
    await using alice = await toyHost({ definition, limits: { dialQueueSize: 100_000 } })
    await using bob = await toyHost({ definition })
    await alice.node.peerStore.merge(bob.node.peerId, { multiaddrs: bob.node.getMultiaddrs() })
    const answers = Array.from({ length: 12 }, (_, number) =>
      alice.toy.say(bob.host.self, number, new Uint8Array(10_000)),
    )
    expect(answers.indexOf(false)).toBe(9)
    await alice.told.type('writable')
    await bob.told.type('heard', 9)
  })
})

test('a fast sender on the control plane is bounded too', async () => {
  await using alice = await toyHost({ limits: { queueSize: 1 << 20 } })
  await using bob = await toyHost()
  await introduced(alice, bob)
  const payload = new Uint8Array(100_000)
  for (let number = 0; number < 100; number++) expect(alice.toy.say(bob.host.self, number, payload)).toBe(true)
  const dropped = alice.host.counters.dropped['queue-full']
  expect(dropped).toBeGreaterThan(80)
  await bob.told.type('heard', 100 - dropped)
})
