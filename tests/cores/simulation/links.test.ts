import { expect, test } from 'vitest'
import { createRandom, integer } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import { echo, type EchoCore } from './echo.ts'

test('among many that come and go, nobody is told twice of a link, or of the end of one it was not told of', () => {
  const random = createRandom(7)
  const simulation = new Simulation({ seed: 7, linkTimeout: 50 })
  /** What each peer was told last, by peer. A peer that begins anew knows of no links. */
  const told = new Map<string, Map<string, boolean>>()
  let links = 0
  simulation.observe((happening) => {
    if (happening.kind === 'started') told.set(happening.peer, new Map())
    if (happening.kind !== 'event') return
    const { type, value } = happening.event as { readonly type: string; readonly value: string }
    if (type !== 'connected' && type !== 'disconnected') return
    const known = told.get(happening.peer)!
    expect(known.get(value) ?? false, `${happening.peer} of ${value}`).toBe(type === 'disconnected')
    known.set(value, type === 'connected')
    links++
  })
  const peers = Array.from({ length: 60 }, (_, index): SimulatedPeer<EchoCore> =>
    simulation.addPeer(`p${index}`, (host) => host.run(echo(), undefined)),
  )
  const any = (): SimulatedPeer<EchoCore> => peers[integer(random, peers.length)]!
  for (let round = 0; round < 4000; round++) {
    const [peer, other] = [any(), any()]
    if (peer.state !== 'running') simulation.restart(peer)
    const act = integer(random, 20)
    if (act === 0) simulation.crash(peer)
    else if (act === 1) simulation.partition(peers.slice(0, integer(random, 60)), peers.slice(30))
    else if (act === 2) simulation.heal()
    else if (act === 3) simulation.cut(peer, other)
    else peer.api.ask(other.id, round)
    simulation.run(integer(random, 8))
  }
  expect(links).toBeGreaterThan(3000)
})
