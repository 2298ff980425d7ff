// Run as a process of its own: when everything is stopped, nothing must keep it alive.
import { immutableKey } from '../../../node/protocol/index.ts'
import { bytes, knows, peer, service, stopAll } from './nodes.ts'

const [alice, bob, node] = await Promise.all([peer('exit'), peer('exit'), service({}, { network: 'exit' })])
await bob.dial(alice.addresses[0]!)
await bob.dial(node.getMultiaddrs()[0]!.toString())
await knows(bob.overlays.dht, alice.id, node.peerId)
const value = bytes('hello')
await bob.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
await node.services.dht.provide(immutableKey(value))
const pending = alice.overlays.dht.get(immutableKey(value)).catch(() => [])
await stopAll()
await pending
await bob.overlays.dht.get(immutableKey(value)).catch(() => [])
