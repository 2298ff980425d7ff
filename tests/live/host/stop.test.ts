import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Libp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { createHost, networkSecret } from '../../../node/libp2p/index.ts'
import { dial, introduced, stockNode, Story, toy, type ToyEvent, toyHost } from './toy.ts'

test('a process whose hosts and nodes are stopped ends by itself', async () => {
  const child = fork(new URL('exit.ts', import.meta.url), { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('what a core says in its last call still goes out', async () => {
  const alice = await toyHost()
  await using bob = await toyHost()
  await introduced(alice, bob)
  const { toy } = alice
  Object.assign(toy, { stop: () => void toy.say(bob.host.self, 99, new Uint8Array(200_000)) })
  await alice.host.stop()
  expect(await bob.told.type('heard')).toMatchObject([{ number: 99, size: 200_000 }])
  await bob.told.type('disconnected')
  await alice.node.stop()
})

async function manyTurns(): Promise<string> {
  for (let turn = 0; turn < 1000; turn++) await setImmediate()
  return 'waiting'
}

/** The socket under the only connection of a node. */
function socketOf(node: Libp2p): Socket {
  const [connection] = node.getConnections()
  return Reflect.get(Reflect.get(connection!, 'maConn') as object, 'socket') as Socket
}

test('who is busy still hears what was said last: a listener waits before it cuts connections off', async () => {
  const alice = await toyHost()
  await using bob = await toyHost()
  await dial(bob, alice)
  await Promise.all([alice.told.type('connected'), bob.told.type('connected')])
  const { toy } = alice
  Object.assign(toy, { stop: () => void toy.say(bob.host.self, 99) })
  socketOf(bob.node).pause()
  const stopped = alice.host.stop().then(() => 'stopped')
  // Its channels have ended, and nothing but the answer of the other side is to come.
  await alice.events.some(({ type }) => type === 'closed')
  expect(await Promise.race([stopped, manyTurns()])).toBe('waiting')
  socketOf(bob.node).resume()
  expect(await bob.told.type('heard')).toMatchObject([{ number: 99 }])
  await stopped
  await alice.node.stop()
})

test('who does not read any more is not waited for for ever', async () => {
  const alice = await toyHost()
  await using bob = await toyHost()
  await dial(bob, alice)
  await Promise.all([alice.told.type('connected'), bob.told.type('connected')])
  socketOf(bob.node).pause()
  const stopped = alice.host.stop().then(() => 'stopped')
  expect(await Promise.race([stopped, setTimeout(30_000, 'waiting', { ref: false })])).toBe('stopped')
  await alice.node.stop()
})

test('a stopped host is silent: it hears, sends and keeps nothing', async () => {
  const alice = await toyHost()
  await using bob = await toyHost({ limits: { dialTimeout: 50 } })
  await introduced(alice, bob)
  await alice.host.stop()
  const before = alice.told.events.length
  expect(alice.toy.say(bob.host.self, 1)).toBe(true)
  alice.toy.environment.schedule('late', 0)
  await bob.told.type('disconnected')
  bob.toy.say(alice.host.self, 2)
  await bob.events.some((event) => event.type === 'dropped')
  expect(alice.told.events).toHaveLength(before)
  expect(alice.node.getProtocols().filter((protocol) => protocol.startsWith('/peerloom/'))).toEqual([])
  expect(() => alice.host.run(toy('/test/more/1.0.0'), undefined)).toThrow(/stopped/)
  await alice.host.stop()
  await alice.node.stop()
})

test('the libp2p node outlives its host, and a second host may follow', async () => {
  const alice = await toyHost()
  await using bob = await toyHost({ limits: { retryLeast: 1, retryMost: 50 } })
  await introduced(alice, bob)
  await alice.host.stop()
  await bob.told.type('disconnected')
  await using again = await toyHost({ node: alice.node })
  await dial(again, bob)
  await Promise.all([again.told.type('connected'), bob.told.type('connected', 2)])
})

test('a host that is stopped in the middle of a hello leaves nothing behind', async () => {
  const alice = await toyHost()
  await using bob = await toyHost()
  const told = new Story<ToyEvent>()
  alice.host.run(toy('/test/bulk/1.0.0', 'bulk'), undefined, told.tell)
  await dial(alice, bob)
  await alice.host.stop()
  await alice.node.stop()
  expect(told.events).toEqual([])
})

test('a second host on one node is refused, and leaves the first as it was', async () => {
  await using alice = await toyHost()
  await using bob = await toyHost()
  await expect(toyHost({ node: alice.node })).rejects.toThrow('/peerloom/control/1.0.0')
  await introduced(alice, bob)
})

test('a host that is stopped while it starts leaves the node without its streams', async () => {
  const node = await stockNode()
  const host = createHost({ node, network: networkSecret('test') })
  const started = host.start()
  await host.stop()
  await started
  expect(node.getProtocols().filter((protocol) => protocol.startsWith('/peerloom/'))).toEqual([])
  await node.stop()
})

test('three hundred connections in a row have one channel each, and leave no memory behind', async () => {
  const child = fork(new URL('cycles.ts', import.meta.url), { stdio: 'inherit', execArgv: ['--expose-gc'] })
  const [{ kept, opened }] = (await once(child, 'message')) as [{ kept: number[]; opened: number }]
  expect(opened).toBe(300)
  // A connection with its channel is about 70 KiB: two hundred of them would be 14 MiB.
  expect((kept[2] ?? Infinity) - (kept[0] ?? 0)).toBeLessThan(7 << 20)
})

test('a process survives a connection that is aborted while a stream is being opened on it', async () => {
  const child = fork(new URL('aborted.ts', import.meta.url), ['under a stream'], { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a process survives a packet that resets a channel and then breaks the connection', async () => {
  const child = fork(new URL('aborted.ts', import.meta.url), ['by a packet'], { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
})
