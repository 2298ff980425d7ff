// Run as a process of its own with --expose-gc: peers share documents while one after the other crashes and comes back, for
// as many virtual hours as are asked for. Tells its parent how much memory is in use after a quarter of them, and at the end.
import { createRandom, integer } from '../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { gossip } from '../../overlays/gossip/index.ts'
import { swim } from '../../overlays/swim/index.ts'
import { documents, type Documents } from '../../crdt/replicator/index.ts'

const hour = 3_600_000
const hours = Number(process.argv[2])
const random = createRandom('long churn')
const simulation = new Simulation({ seed: 1, loss: 0.02 })
const peers: SimulatedPeer<Documents>[] = []
for (let number = 0; number < 6; number++) {
  let session = 0
  const peer = simulation.addPeer(`peer${number}`, (host) => {
    const members = swim({}).attach(host)
    gossip().attach(host)
    members.join(peers.slice(0, 2).map(({ id }) => id))
    return documents({ network: 'long', author: host.peer.author, counter: session++, follow: ['*'] }).attach(host)
  })
  peers.push(peer)
}
// What is written grows by itself: nobody writes any more after the first minutes.
for (let number = 0; number < 60; number++) {
  simulation.run(5000)
  const { api } = peers[number % peers.length] as SimulatedPeer<Documents>
  api
    .open(`document ${number % 10}`)
    .text('body')
    .insert(0, 'word ')
}
const kept: number[] = []
let crashes = 0
for (let quarter = 0; quarter < 4; quarter++) {
  const end = simulation.now + (hours * hour) / 4
  while (simulation.now < end) churn()
  for (const peer of peers) if (peer.state !== 'running') simulation.restart(peer)
  simulation.run(300_000)
  globalThis.gc?.()
  globalThis.gc?.()
  kept.push(process.memoryUsage().heapUsed)
}
const states = peers.map(({ api }) => JSON.stringify(api.list().map(({ id, version }) => [id, version])))
process.send?.({ kept, crashes, states: new Set(states).size, documents: peers[0]?.api.list().length })

/** Some minutes, in which a peer crashes and comes back. */
function churn(): void {
  const peer = peers[integer(random, peers.length)] as SimulatedPeer<Documents>
  simulation.crash(peer)
  crashes++
  simulation.run(10_000 + integer(random, 300_000))
  simulation.restart(peer)
  simulation.run(10_000 + integer(random, 300_000))
}
