// Runs one crowd of SWIM members in a process of its own, so that its memory is its own, and tells its parent.
import { Simulation, type Happening } from '../node/simulation/index.ts'
import {
  IncarnationChecker,
  KnownMembers,
  ResurrectionChecker,
  swim,
  swimPresets,
  type MembershipView,
  type Swim,
} from '../overlays/swim/index.ts'
import type { SimulatedPeer } from '../node/simulation/index.ts'

export interface Crowd {
  readonly peers: number
  /** Virtual seconds before the measurement, in which the engine compiles what is hot. */
  readonly warmUp: number
  /** Virtual seconds that are measured, together with what is begun in them. */
  readonly measured: number
  readonly crashes: number
  readonly joins: number
  /** Whether first messages make links. */
  readonly links: boolean
}

export interface CrowdFigures {
  /** Messages received and timers expired. */
  readonly handled: number
  readonly seconds: number
  /** Of all threads: the collector's and the compiler's too. */
  readonly cpuSeconds: number
  readonly setupSeconds: number
  readonly peakMemoryMB: number
  /** Share of (running peer, crashed peer) pairs in which the one has learnt of the other's end. */
  readonly noticed: number
  readonly traceHash: string
}

function run({ peers: count, warmUp, measured, crashes, joins, links }: Crowd): CrowdFigures {
  const begin = performance.now()
  const simulation = new Simulation({ seed: 1, links })
  const names = Array.from({ length: count }, (_, index) => `peer${index}`)
  const known = new KnownMembers(names)
  const memberLimit = Math.max(swimPresets.lan.memberLimit, count + joins)
  const overlay = swim({ ...swimPresets.lan, memberLimit }, { members: (self) => known.sharedTable(self) })
  const newcomer = swim({ ...swimPresets.lan, memberLimit })
  const peers: SimulatedPeer<Swim>[] = names.map((name) => simulation.addPeer(name, (host) => overlay.attach(host)))
  const views = function* (): Generator<MembershipView> {
    for (const { id, state, api } of peers) if (state === 'running') yield { self: id, members: () => api.members() }
  }
  simulation.addChecker(new IncarnationChecker(views))
  simulation.addChecker(new ResurrectionChecker())
  let failures = 0
  simulation.observe((happening) => {
    if (isFailure(happening)) failures++
  })
  const setupSeconds = (performance.now() - begin) / 1000

  simulation.run(warmUp * 1000)
  const atHalf = (share: number): number => Math.round(measured * 500 * share)
  for (let index = 0; index < crashes; index++) {
    const victim = peers[Math.floor(((index + 0.5) * count) / crashes)]
    if (victim !== undefined) simulation.at(atHalf(index / crashes), () => simulation.crash(victim))
  }
  for (let index = 0; index < joins; index++) {
    simulation.at(atHalf((index + 0.5) / joins), () => {
      const peer = simulation.addPeer(`newcomer${index}`, (host) => newcomer.attach(host))
      peers.push(peer)
      peer.api.join(peers.slice(0, 1).map(({ id }) => id))
    })
  }
  const handled = simulation.handled
  const start = performance.now()
  const cpu = process.cpuUsage()
  simulation.run(measured * 1000)
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    handled: simulation.handled - handled,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    setupSeconds,
    peakMemoryMB: process.resourceUsage().maxRSS / 1000,
    // Newcomers may learn of it too.
    noticed: crashes === 0 ? 1 : Math.min(1, failures / (crashes * (count - crashes))),
    traceHash: simulation.traceHash,
  }
}

function isFailure(happening: Happening): boolean {
  return happening.kind === 'event' && (happening.event as { readonly type: string }).type === 'failed'
}

const crowd = process.argv[2]
if (crowd !== undefined) process.send?.(run(JSON.parse(crowd) as Crowd))
