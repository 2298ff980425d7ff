import { describe, expect, test } from 'vitest'
import { keyOf, type PeerId } from '../../../node/protocol/index.ts'
import { Simulation, type SimulatedPeer } from '../../../node/simulation/index.ts'
import {
  chord,
  chordName,
  ringFaults,
  ringNode,
  type Chord,
  type ChordEvent,
  type DhtEvent,
} from '../../../overlays/chord/index.ts'
import { endedLists, everBusy, falseSuccessors, HostileRing, roundLists, wrongArcs } from './hostile-ring.ts'

describe('hostile members', () => {
  test('one in ten names successors that do not exist: the others find what they look for', () => {
    const ring = new HostileRing(1, 50, 0.1, () => falseSuccessors)
    // Whoever follows one of the hostile comes in when that one has been passed over.
    expect(ring.members).toBeGreaterThan(0.95)
    expect(ring.rightLookups(200)).toBeGreaterThan(0.95)
  })

  // Without a doubt of those who claim too much of the ring it is less than a half.
  test('one in ten says of every key that it belongs to the band: hardly anybody believes it', () => {
    const ring = new HostileRing(1, 100, 0.1, wrongArcs)
    expect(ring.members).toBeGreaterThan(0.95)
    expect(ring.rightLookups(200)).toBeGreaterThan(0.95)
  })

  test('even one in five does not take the ring over', () => {
    const ring = new HostileRing(1, 50, 0.2, wrongArcs)
    expect(ring.members).toBeGreaterThan(0.9)
    expect(ring.rightLookups(200)).toBeGreaterThan(0.85)
  })
})

describe('a hostile member', () => {
  test.each([
    ['that says the ring is too small to be one', roundLists],
    ['whose list ends at once', endedLists],
    ['that is always busy', everBusy],
  ])('%s puts nobody off the ring', (_, corruption) => {
    // The ring is complete by then: who is behind one of them from the beginning does not come in at all.
    const one = new HostileRing(1, 20, 0.05, () => corruption, 60_000)
    expect(one.fewestMembers(5)).toBe(1)
    expect(one.fittingLookups(100)).toBeGreaterThan(0.97)
    const band = new HostileRing(2, 50, 0.1, () => corruption, 65_000)
    expect(band.fewestMembers(5)).toBeGreaterThan(0.95)
    expect(band.fittingLookups(200)).toBeGreaterThan(0.9)
  })
})

describe('a stranger', () => {
  const stranger = 'stranger' as PeerId

  /** Peers that each have dialled the two before them. */
  function addPeers(simulation: Simulation, name: string, count: number): SimulatedPeer<Chord>[] {
    const peers: SimulatedPeer<Chord>[] = []
    for (let index = 0; index < count; index++) {
      const peer = simulation.addPeer(`${name}-${index}`, (host) => chord().attach(host))
      for (const other of peers.slice(-2)) simulation.connect(peer, other)
      peers.push(peer)
      simulation.run(300)
    }
    return peers
  }

  function ringOfTen(): {
    simulation: Simulation
    victim: Chord
    events: (ChordEvent | DhtEvent)[]
    readonly tell: (message: unknown) => void
  } {
    const simulation = new Simulation({ seed: 1 })
    const peers = addPeers(simulation, 'peer', 10)
    simulation.run(20_000)
    const [victim] = peers as [(typeof peers)[0]]
    const events: (ChordEvent | DhtEvent)[] = []
    victim.api.subscribe((event) => void events.push(event))
    const tell = (message: unknown): void => victim.host?.deliver(chordName, message, stranger)
    return { simulation, victim: victim.api, events, tell }
  }

  const places = (victim: Chord): string => JSON.stringify(victim.places())

  test('that answers what nobody has asked is refused', () => {
    const { victim, events, tell } = ringOfTen()
    const before = places(victim)
    const nodes = [ringNode(stranger, 1), ringNode(stranger, 2)]
    for (let number = 0; number < 1000; number++) {
      tell({ type: 'neighbourhood', number, successors: nodes, predecessor: nodes[0] })
      tell({ type: 'found', number, at: 0, successors: nodes })
      tell({ type: 'routed', lookup: number, at: 0, path: [], successors: nodes })
    }
    expect(places(victim)).toBe(before)
    expect(events.filter((event) => event.type === 'rejected' && event.reason === 'unasked').length).toBe(3000)
  })

  test('that says it is the predecessor is believed only while it answers', () => {
    const { simulation, victim, tell } = ringOfTen()
    for (let from = 0; from < 64; from++) tell({ type: 'notify', at: 0, from })
    simulation.run(30_000)
    const predecessor = victim.places()[0]?.predecessor?.peer
    expect(predecessor).toMatch(/^peer-/)
  })

  test('that invites to other rings by the thousand costs a few lookups, and moves nobody', () => {
    const { simulation, victim, events, tell } = ringOfTen()
    for (let count = 0; count < 10_000; count++) tell({ type: 'elsewhere', door: `door ${count}` })
    const before = simulation.traffic(chordName).messages
    simulation.run(30_000)
    // Ten peers at rest send some sixty messages a second.
    expect(simulation.traffic(chordName).messages - before).toBeLessThan(4000)
    expect(events.some(({ type }) => type === 'unified' || type === 'left')).toBe(false)
    expect(victim.places()[0]?.isMember).toBe(true)
  })

  test.each([
    ['once', 1],
    ['every second', 300],
  ])('that invites everybody to rings that are not there, %s, keeps nobody from the one that is', (_, times) => {
    const simulation = new Simulation({ seed: 1 })
    const [here, there] = [addPeers(simulation, 'here', 12), addPeers(simulation, 'there', 12)]
    const peers = [...here, ...there]
    let doors = 0
    const invite = (): void => {
      for (const { host } of peers) {
        for (let count = 0; count < 300; count++)
          host?.deliver(chordName, { type: 'elsewhere', door: `door ${doors++}` }, stranger)
      }
    }
    simulation.run(30_000)
    for (let second = 0; second < 300; second++) {
      if (second < times) invite()
      if (second === 0) simulation.connect(here[0] as SimulatedPeer<Chord>, there[0] as SimulatedPeer<Chord>)
      simulation.run(1000)
    }
    const places = peers.flatMap(({ api }) => api.places())
    expect(places.every(({ isMember }) => isMember)).toBe(true)
    expect(ringFaults(places, 8)).toEqual([])
  })

  test('that tells of ten thousand peers while there is no ring is heard as far as there is room', async () => {
    const simulation = new Simulation({ seed: 1 })
    const lone = simulation.addPeer('lone', (host) => chord({ gatherLimit: 64 }).attach(host))
    simulation.run(5000)
    for (let count = 0; count < 200; count++) {
      const members = Array.from({ length: 50 }, (_, index) => `invented ${count}/${index}`)
      lone.host?.deliver(chordName, { type: 'gather', members }, `stranger ${count}` as PeerId)
    }
    const before = simulation.traffic(chordName).messages
    simulation.run(5000)
    // Ten rounds to sixty-four peers.
    expect(simulation.traffic(chordName).messages - before).toBeLessThan(1000)
    expect(lone.api.neighbours(10_000).length).toBeLessThanOrEqual(64)
    const lookup = lone.api.lookup(keyOf('key'))
    simulation.run(10_000)
    expect((await lookup).length).toBeGreaterThan(0)
  })
})
