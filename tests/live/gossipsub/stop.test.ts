import { fork } from 'node:child_process'
import { once } from 'node:events'
import { identify } from '@libp2p/identify'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import { createHost, networkSecret } from '../../../node/libp2p/index.ts'
import { createPeer } from '../../../node/peer/index.ts'
import { gossipsub } from '../../../overlays/gossipsub/index.ts'
import { swim } from '../../../overlays/swim/index.ts'
import { bytes, Ears, peer, quick, stockOptions, stopAll } from './nodes.ts'

afterEach(stopAll)

test('a process whose peers are stopped ends by itself', async () => {
  const child = fork(new URL('exit-process.ts', import.meta.url), { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a host that stops leaves the node without gossipsub, and the node goes on', async () => {
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify() } })
  const host = createHost({ node, network: networkSecret('home') })
  const api = gossipsub(quick).attach(host)
  const before = node.getProtocols()
  api.subscribe('news', () => {})
  api.publish('news', bytes('before the start'))
  await host.start()
  expect(node.getProtocols()).toContain('/meshsub/1.2.0')
  await host.stop()
  expect(node.getProtocols()).toEqual(before)
  expect(node.status).toBe('started')
  api.publish('news', bytes('after the end'))
  expect(api.counters).toMatchObject({ published: 0, unsent: 2 })
  expect(() => gossipsub().attach(host)).toThrow('is mounted before its host starts')
  await node.stop()
})

test('what was published before the host stops still goes out', async () => {
  const alice = await peer('home')
  const heard = Ears.of(alice.overlays.all, 'news')
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify() } })
  const host = createHost({ node, network: networkSecret('home') })
  const api = gossipsub(quick).attach(host)
  await host.start()
  await node.dial(alice.libp2p.getMultiaddrs())
  api.publish('news', bytes('hello'))
  await heard.hear('hello')
  for (let count = 0; count < 100; count++) api.publish('news', bytes(`good-bye ${count}`))
  await host.stop()
  await heard.hear('good-bye 99')
  expect(api.counters).toMatchObject({ published: 101, unsent: 0 })
  await node.stop()
})

test('documents are pushed by gossipsub as by any broadcast', async () => {
  const create = () =>
    createPeer({
      network: 'documents',
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      overlays: { members: swim(), all: gossipsub(quick) },
    })
  await using alice = await create()
  await using bob = await create()
  await bob.dial(alice.addresses[0]!)
  const signal = AbortSignal.timeout(20_000)
  await bob.ready({ members: 2, replicas: 1, signal })
  const [left, right] = await Promise.all([alice.documents.open('notes'), bob.documents.open('notes')])
  const changed = new Promise<void>((resolve) => {
    const look = () => (right.text('body').toString() === 'hello' ? resolve() : undefined)
    right.subscribe(look)
  })
  left.text('body').insert(0, 'hello')
  await changed
  expect(bob.overlays.all.topics().length).toBeGreaterThan(0)
  expect(alice.overlays.all.counters.published).toBeGreaterThan(0)
})
