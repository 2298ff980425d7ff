// Run as a process of its own: when everything is stopped, nothing must keep it alive.
import { introduced, toyHost } from './toy.ts'

const alice = await toyHost()
const bob = await toyHost()
await introduced(alice, bob)
alice.toy.environment.schedule('never', 3_600_000)
alice.toy.say(bob.host.self, 1)
await bob.told.type('heard')
await alice[Symbol.asyncDispose]()
await bob[Symbol.asyncDispose]()
alice.toy.environment.schedule('after the end', 3_600_000)
alice.toy.say(bob.host.self, 2)
