import { beforeEach, expect, test } from 'vitest'
import { DocumentAsleepError, documents, type Documents } from '../../crdt/replicator/index.ts'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'

let simulation: Simulation
let alice: SimulatedPeer<Documents>
let bob: SimulatedPeer<Documents>

/** Two who have written one document each, and were stopped properly. */
beforeEach(() => {
  simulation = new Simulation({ seed: 7, encodeMessages: true })
  ;[alice, bob] = ['alice', 'bob'].map((name) => {
    let session = 0
    return simulation.addPeer(name, (host) => {
      return documents({ network: 'asleep', author: host.peer.author, counter: session++, follow: ['*'] }).attach(host)
    })
  }) as [SimulatedPeer<Documents>, SimulatedPeer<Documents>]
  simulation.connect(alice, bob)
  alice.api.open('one').text('body').insert(0, 'from Alice')
  bob.api.open('two').text('body').insert(0, 'from Bob')
  simulation.run(10_000)
  for (const peer of [alice, bob]) simulation.stop(peer)
})

test('an opened document is filled in one go; whoever edits it before that hears so, and opens it again', () => {
  simulation.restart(alice)
  const early = alice.api.open('one')
  expect(early.text('body').toString()).toBe('')
  expect(() => early.text('body').insert(0, 'too early')).toThrow(DocumentAsleepError)
  const second = alice.api.open('one')
  expect(second).not.toBe(early)
  simulation.run(1000)
  expect(second.text('body').toString()).toBe('from Alice')
  second.text('body').insert(0, 'Still ')
  simulation.run(1000)
  expect(alice.api.pending(second)).toBe(0)
  expect(alice.api.list().map(({ changeSets }) => changeSets)).toEqual(expect.arrayContaining([1, 2]))
})

test('peers that are equal compare without reading, one that changes something has the other read that alone', () => {
  for (const peer of [alice, bob]) simulation.restart(peer)
  const loaded: string[] = []
  for (const { id, api } of [alice, bob]) {
    api.subscribe((event) => (event.type === 'loaded' ? void loaded.push(id) : undefined))
  }
  simulation.connect(alice, bob)
  simulation.run(60_000)
  expect(loaded).toEqual([])
  const one = alice.api.open('one')
  simulation.run(1000)
  expect(loaded).toEqual(['alice'])
  one.text('body').insert(0, 'News ')
  simulation.run(10_000)
  expect(loaded).toEqual(['alice', 'bob'])
  expect(bob.api.openById(bob.api.carry('one'))?.text('body').toString()).toBe('News from Alice')
  expect(bob.api.openById(bob.api.carry('two'))).toBeUndefined()
})
