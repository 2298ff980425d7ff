// Run as a process of its own: when everything is stopped, nothing must keep it alive.
import { bytes, Ears, peer, service, stopAll } from './nodes.ts'

const [alice, bob, node] = await Promise.all([peer('exit'), peer('exit'), service({}, { network: 'exit' })])
const heard = [Ears.of(alice.overlays.all, 'news'), Ears.of(node.services.pubsub, 'news')]
await bob.dial(alice.addresses[0]!)
await bob.dial(node.getMultiaddrs()[0]!.toString())
bob.overlays.all.publish('news', bytes('hello'))
await Promise.all(heard.map((ears) => ears.hear('hello')))
await stopAll()
bob.overlays.all.publish('news', bytes('after the end'))
