import { Simulation, type SimulatedPeer, type SimulationOptions } from '../../../node/simulation/index.ts'
import { echo, type EchoCore, type EchoEvent } from './echo.ts'

export interface Echo {
  readonly core: EchoCore
  readonly events: EchoEvent[]
}

export interface EchoWorld {
  readonly simulation: Simulation
  readonly peers: readonly [SimulatedPeer<Echo>, SimulatedPeer<Echo>, ...SimulatedPeer<Echo>[]]
}

/** Peers that answer what they are asked. */
export function world(options: SimulationOptions, count: number, plane: 'control' | 'bulk' = 'control'): EchoWorld {
  const simulation = new Simulation(options)
  const peers: SimulatedPeer<Echo>[] = []
  for (let index = 0; index < count; index++) {
    peers.push(
      simulation.addPeer(`peer${index}`, (host) => {
        const events: EchoEvent[] = []
        return { core: host.run(echo(plane), undefined, (event) => events.push(event)), events }
      }),
    )
  }
  return { simulation, peers: peers as [SimulatedPeer<Echo>, SimulatedPeer<Echo>, ...SimulatedPeer<Echo>[]] }
}
