import { fork } from 'node:child_process'
import { once } from 'node:events'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { createLibp2p } from 'libp2p'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, expect, test } from 'vitest'
import { asService, authorKey, createHost, networkSecret } from '../../../node/libp2p/index.ts'
import { immutableKey, LookupFailedError } from '../../../node/protocol/index.ts'
import { kademlia } from '../../../overlays/kademlia/index.ts'
import { bytes, knows, peer, quick, stockOptions, stopAll } from './nodes.ts'

afterEach(stopAll)

const value = bytes('hello')
const key = immutableKey(value)

test('a process whose peers are stopped ends by itself', async () => {
  const child = fork(new URL('exit-process.ts', import.meta.url), { stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('a host that stops leaves the node without Kademlia, and the node goes on', async () => {
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify(), ping: ping() } })
  const author = authorKey(await generateKeyPair('Ed25519'))
  const host = createHost({ node, network: networkSecret('home'), author })
  const api = kademlia(quick).attach(host)
  const before = node.getProtocols()
  await expect(api.lookup(key)).rejects.toThrow(LookupFailedError)
  await expect(api.get(key)).rejects.toThrow('this peer has not started yet')
  await host.start()
  expect(node.getProtocols()).toContain('/peerloom/kad/1.0.0')
  await api.put(key, { kind: 'immutable', value })
  expect(await api.get(key)).toHaveLength(1)
  await host.stop()
  expect(node.getProtocols()).toEqual(before)
  expect(node.status).toBe('started')
  await expect(api.put(key, { kind: 'immutable', value })).rejects.toThrow('this peer has stopped')
  expect(api.neighbours(3)).toEqual([])
  await node.stop()
})

test('a host without an author key cannot carry it, and says so', async () => {
  const node = await createLibp2p({ ...stockOptions, services: { identify: identify(), ping: ping() } })
  const host = createHost({ node, network: networkSecret('home') })
  expect(() => kademlia().attach(host)).toThrow('a host that carries kademlia() is created with an author key')
  await node.stop()
})

test('a node without ping, which kad-dht needs, is refused when it is made', async () => {
  const services = { identify: identify(), dht: asService(kademlia()) }
  await expect(createLibp2p({ ...stockOptions, services })).rejects.toThrow('@libp2p/ping')
})

test('the routing table shows contacts by the bits they have in common with this peer', async () => {
  const peers = await Promise.all(Array.from({ length: 5 }, () => peer('buckets')))
  const [first, ...others] = peers
  for (const other of others) await other.dial(first!.addresses[0]!)
  await knows(first!.overlays.dht, ...others.map(({ id }) => id))
  const buckets = first!.overlays.dht.buckets()
  expect(buckets.flatMap((bucket) => bucket.peers).toSorted()).toEqual(others.map(({ id }) => id).toSorted())
  const lengths = buckets.map(({ prefixLength }) => prefixLength)
  expect(lengths).toEqual(lengths.toSorted((left, right) => left - right))
  expect(new Set(lengths).size).toBe(lengths.length)
  // The nearest peers share the longest prefix.
  expect(buckets.at(-1)?.peers).toContain(first!.overlays.dht.neighbours(1)[0])
})
