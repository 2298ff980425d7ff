// SWIM under every fault and latency model there is, for as many seeds as one likes, and one hash over all of it. No
// platform but the language: it runs in Node and, bundled, in a browser, and must say the same in both.
import { integer } from '../../node/protocol/index.ts'
import {
  Simulation,
  cityLatency,
  logNormalLatency,
  startChurn,
  uniformLatency,
  type Latency,
  type SimulatedPeer,
} from '../../node/simulation/index.ts'
import { swim, type Swim } from '../../overlays/swim/index.ts'

type Peer = SimulatedPeer<Swim>

const latencies: readonly Latency[] = [uniformLatency(1, 50), logNormalLatency(30, 0.7), cityLatency()]

/** @returns the trace hash of one run of two virtual minutes */
export function traceHashOf(seed: number): string {
  const simulation = new Simulation({
    seed,
    latency: latencies[seed % latencies.length] as Latency,
    loss: 0.05,
    duplication: 0.05,
    reordering: 0.1,
    encodeMessages: seed % 2 === 0,
  })
  const overlay = swim({ syncInterval: 10_000 })
  const add = (name: string): Peer => {
    const contact = simulation.peers[0]?.id
    return simulation.addPeer(name, (host) => {
      const members = overlay.attach(host)
      if (contact !== undefined) members.join([contact])
      return members
    })
  }
  const peers = Array.from({ length: 8 }, (_, index) => add(`peer${index}`))
  strike(simulation, peers)
  startChurn(simulation, {
    spawn: (number) => add(`newcomer${number}`),
    arrivals: 4,
    peers: peers.slice(5),
    lifetime: { scale: 40_000, shape: 0.6 },
    restartShare: 0.5,
    downtime: { scale: 5000 },
    until: 90_000,
  })
  simulation.run(120_000)
  return simulation.traceHash
}

/** Faults of the first five, drawn from the seed. */
function strike(simulation: Simulation, peers: readonly Peer[]): void {
  const random = simulation.random('faults')
  const any = (): Peer => peers[integer(random, 5)] as Peer
  const faults: readonly ((peer: Peer, other: Peer) => void)[] = [
    (peer) => simulation.suspend(peer, { timers: false }),
    (peer) => simulation.suspend(peer),
    (peer) => simulation.resume(peer),
    (peer) => simulation.slow(peer, integer(random, 80)),
    (peer) => simulation.degrade(peer, { sendLoss: integer(random, 9) / 10, receiveLoss: integer(random, 9) / 10 }),
    (peer, other) => simulation.block(peer, other),
    (peer, other) => simulation.join(peer, other),
    (peer) => simulation.flap([[peer], peers.slice(5)], { down: 3000, up: 2000, until: simulation.now + 15_000 }),
    () => simulation.partition(peers.slice(0, 2), peers.slice(3)),
    () => simulation.heal(),
    (peer) => simulation.crash(peer),
    (peer) => {
      if (peer.state !== 'running') simulation.restart(peer)
    },
  ]
  for (let count = 0; count < 30; count++) {
    simulation.at(integer(random, 100_000), () => faults[integer(random, faults.length)]?.(any(), any()))
  }
}

/** @returns a hash over the trace hashes of seeds 1 to `seeds`, 8 hexadecimal digits */
export function combinedTraceHash(seeds: number): string {
  let hash = 0x811c9dc5
  for (let seed = 1; seed <= seeds; seed++) {
    const text = traceHashOf(seed)
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
