import { expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { KnownMembers, swim, type Swim, type SwimOptions, type SwimSetup } from '../../overlays/swim/index.ts'

type Peer = SimulatedPeer<Swim>

const names = Array.from({ length: 1000 }, (_, index) => `m${index}`)
const known = new KnownMembers(names)

/** 1,000 members with crashes, restarts, newcomers, a departure and a partition. */
function run(setup: SwimSetup, options: SwimOptions): { readonly hash: string; readonly views: readonly string[] } {
  const simulation = new Simulation({ seed: 7, loss: 0.01 })
  const overlay = swim(options, setup)
  const peers: Peer[] = names.map((name) => simulation.addPeer(name, (host) => overlay.attach(host)))
  const at = (index: number): Peer => peers[index] as Peer
  simulation.run(1500)
  for (let index = 0; index < 4; index++) simulation.crash(at(index * 31))
  simulation.run(1500)
  for (let index = 0; index < 3; index++) {
    const joiner = simulation.addPeer(`new${index}`, (host) => swim(options).attach(host))
    joiner.api.join([at(500 + index).id])
    peers.push(joiner)
  }
  simulation.partition(peers.slice(900, 904), peers.slice(0, 900))
  simulation.run(6000)
  for (let index = 0; index < 2; index++) simulation.restart(at(index * 31))
  at(321).api.leave()
  simulation.heal()
  simulation.run(6000)
  const views = [at(100), at(902), at(1002)].map(({ api }) =>
    api
      .members()
      .map(({ peer, state, incarnation }) => `${peer} ${state} ${incarnation}`)
      .join(),
  )
  return { hash: simulation.traceHash, views }
}

test('1,000 members with tables of their own and with shared ones live through the very same run', () => {
  // A fixed and short time to clear one's name, so that there are failures to disagree about.
  const options = { suspicionMultiplier: 1, suspicionMaximumMultiplier: 1 }
  const own = run({ members: (self) => known.table(self) }, options)
  const shared = run({ members: (self) => known.sharedTable(self) }, options)
  expect(shared).toEqual(own)
  expect(own.views[0]).toContain('failed')
})

test('with a small table and a short memory both kinds forget and make room alike', () => {
  const options = { memberLimit: 1000, forgetAfter: 2000, suspicionMultiplier: 1, suspicionMaximumMultiplier: 1 }
  const own = run({ members: (self) => known.table(self) }, options)
  const shared = run({ members: (self) => known.sharedTable(self) }, options)
  expect(shared).toEqual(own)
})
