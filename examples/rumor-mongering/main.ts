// node examples/rumor-mongering/main.ts [LOSS] [CRASHED]
//
// Rumors and gossip() on the same network: what either leaves out, what it costs, and how long it takes. LOSS is the
// share of all messages that the wires lose, CRASHED that of the peers which crash just before.

import { sample, type PeerId } from 'peerloom/protocol'
import { gossip, type Gossip, type GossipEvent, type GossipMessage } from 'peerloom/overlays/gossip'
import { Simulation, constantLatency, type Happening, type SimulatedPeer } from 'peerloom/simulation'
import { rumorMongering, type RumorEvent, type RumorMessage, type RumorOptions } from './rumor-mongering.ts'

const [loss = 0, crashed = 0] = process.argv.slice(2).map(Number)
const [size, rounds, latency, cycle] = [1000, 10, 10, 50]
const bytes = new TextEncoder().encode('the king has the ears of an ass')

interface Contender<Api> {
  readonly name: string
  /** Peers that have found each other. */
  readonly open: (simulation: Simulation) => readonly SimulatedPeer<Api>[]
  readonly publish: (peer: SimulatedPeer<Api>) => void
  readonly hears: (event: unknown) => boolean
  readonly carriesPayload: (message: unknown) => boolean
}

function rumors(name: string, options: Omit<RumorOptions, 'cycle'>): Contender<{ publish(bytes: Uint8Array): void }> {
  const definition = rumorMongering({ ...options, cycle })
  const names = Array.from({ length: size }, (_, index) => `p${index}` as PeerId)
  return {
    name,
    open: (simulation) => names.map((peer) => simulation.addPeer(peer, (host) => host.run(definition, names))),
    publish: ({ api }) => api.publish(bytes),
    hears: (event) => (event as RumorEvent).type === 'infective',
    carriesPayload: (message) => (message as RumorMessage).type === 'rumors',
  }
}

const trees: Contender<Gossip> = {
  name: 'gossip(), a tree',
  open(simulation) {
    const overlay = gossip()
    const peers = Array.from({ length: size }, (_, index) =>
      simulation.addPeer(`p${index}`, (host) => overlay.attach(host)),
    )
    const random = simulation.random('contacts')
    for (const peer of peers.slice(1)) {
      const [contact] = sample(random, peers.slice(0, peers.indexOf(peer)), 1)
      if (contact !== undefined) simulation.connect(peer, contact)
      simulation.run(latency)
    }
    for (let round = 0; round < 30; round++) {
      simulation.run(1000)
      peers[0]?.api.publish('news', bytes)
    }
    simulation.run(10_000)
    return peers
  },
  publish: ({ api }) => api.publish('news', bytes),
  hears: (event) => (event as GossipEvent).type === 'message',
  carriesPayload: (message) => (message as GossipMessage).type === 'gossip',
}

/** Of one message, on average. */
interface Figures {
  residue: number
  /** Messages a peer that carry it, and all. */
  payload: number
  messages: number
  /** Milliseconds until the mean and the last one of those who heard it did. */
  mean: number
  last: number
}

function measure<Api>({ open, publish, hears, carriesPayload }: Contender<Api>): Figures {
  const simulation = new Simulation({ seed: 7, latency: constantLatency(latency), links: false, encodeMessages: true })
  const peers = open(simulation)
  simulation.network.configure({ loss })
  const [publisher] = peers
  if (publisher === undefined) throw new RangeError('There is nobody')
  for (const peer of sample(simulation.random('crashes'), peers.slice(1), crashed * size)) simulation.crash(peer)
  const living = peers.filter(({ state }) => state === 'running').length
  let [since, heard, payload, sum, last] = [0, 0, 0, 0, 0]
  simulation.observe(
    (happening: Happening) => {
      if (happening.kind === 'sent' && carriesPayload(happening.message)) payload++
      if (happening.kind !== 'event' || happening.peer === publisher.id || !hears(happening.event)) return
      heard++
      sum += simulation.now - since
      last = Math.max(last, simulation.now - since)
    },
    { messages: true },
  )
  const before = simulation.traffic().messages
  let lasts = 0
  for (let round = 0; round < rounds; round++) {
    since = simulation.now
    last = 0
    publish(publisher)
    simulation.run(100 * cycle)
    lasts += last
  }
  const share = living * rounds
  return {
    residue: 1 - (heard + rounds) / share,
    payload: payload / share,
    messages: (simulation.traffic().messages - before) / share,
    mean: sum / heard,
    last: lasts / rounds,
  }
}

function print(...cells: readonly (string | number)[]): void {
  const texts = cells.map((cell) => (typeof cell === 'number' ? figure(cell) : cell))
  console.log(texts.map((text, column) => (column === 0 ? text.padEnd(38) : text.padStart(10))).join(''))
}

function compare<Api>(contender: Contender<Api>): void {
  const { residue, payload, messages, mean, last } = measure(contender)
  print(contender.name, residue, payload, messages, mean, last)
}

print('', 'residue', 'payload', 'messages', 'mean ms', 'last ms')
compare(rumors('push, feedback, counter of 1', { direction: 'push', response: 'feedback', loss: 'counter', k: 1 }))
compare(rumors('push, feedback, counter of 4', { direction: 'push', response: 'feedback', loss: 'counter', k: 4 }))
compare(rumors('push, blind, coin of 1/4', { direction: 'push', response: 'blind', loss: 'coin', k: 4 }))
compare(rumors('pull, feedback, counter of 2', { direction: 'pull', response: 'feedback', loss: 'counter', k: 2 }))
compare(trees)

/** Three digits, and those before the point. */
function figure(value: number): string {
  return value < 1000 ? value.toPrecision(3) : value.toFixed()
}
