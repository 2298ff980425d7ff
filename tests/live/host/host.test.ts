import { describe, expect, test } from 'vitest'
import { dial, introduced, stockNode, Story, toy, toyHost } from './toy.ts'

describe('two hosts', () => {
  test('exchange messages of a protocol in both directions', async () => {
    await using alice = await toyHost()
    await using bob = await toyHost()
    await introduced(alice, bob)
    alice.toy.say(bob.host.self, 1, new Uint8Array(100))
    bob.toy.say(alice.host.self, 2)
    expect(await bob.told.type('heard')).toMatchObject([{ from: alice.host.self, number: 1, size: 100 }])
    expect(await alice.told.type('heard')).toMatchObject([{ from: bob.host.self, number: 2, size: 0 }])
    expect(alice.host.connections('/test/toy/1.0.0')).toEqual([bob.host.self])
  })
})
