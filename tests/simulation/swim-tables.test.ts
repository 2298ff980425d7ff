import { expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { KnownMembers, swim, type Swim, type SwimSetup } from '../../overlays/swim/index.ts'

type Peer = SimulatedPeer<Swim>

/** 1,000 members with crashes, restarts, newcomers, a departure and a partition. */
function run(setup: SwimSetup, names: readonly string[], options = {}): { hash: string; views: string[] } {
  const simulation = new Simulation({ seed: 7, loss: 0.05 })
  const overlay = swim(options, setup)
  const peers: Peer[] = names.map((name) => simulation.addPeer(name, (host) => overlay.attach(host)))
  const at = (index: number): Peer => peers[index] as Peer
  simulation.run(3000)
  for (let index = 0; index < 20; index++) simulation.crash(at(index * 31))
  simulation.run(7000)
  for (let index = 0; index < 5; index++) {
    const joiner = simulation.addPeer(`new${index}`, (host) => swim(options).attach(host))
    joiner.api.join([at(500 + index).id])
    peers.push(joiner)
  }
  simulation.partition(peers.slice(900, 950), peers.slice(0, 900))
  simulation.run(10_000)
  for (let index = 0; index < 10; index++) simulation.restart(at(index * 31))
  at(321).api.leave()
  simulation.run(5000)
  simulation.heal()
  simulation.run(10_000)
  const views = [at(100), at(925), at(1002)].map(({ api }) =>
    api
      .members()
      .map(({ peer, state, incarnation }) => `${peer} ${state} ${incarnation}`)
      .join(),
  )
  return { hash: simulation.traceHash, views }
}

test('1,000 members with tables of their own and with shared ones live through the very same run', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `m${index}`)
  const known = new KnownMembers(names)
  const own = run({ members: (self) => known.table(self) }, names)
  const shared = run({ members: (self) => known.sharedTable(self) }, names)
  expect(shared.hash).toBe(own.hash)
  expect(shared.views).toEqual(own.views)
  expect(own.views[0]).toContain('failed')
})

test('with a small table and a short memory both kinds forget and make room alike', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `m${index}`)
  const known = new KnownMembers(names)
  const options = { memberLimit: 1001, forgetAfter: 4000, suspicionMultiplier: 1, suspicionMaximumMultiplier: 1 }
  const own = run({ members: (self) => known.table(self) }, names, options)
  const shared = run({ members: (self) => known.sharedTable(self) }, names, options)
  expect(shared).toEqual(own)
})
