import { describe, expect, test } from 'vitest'
import { Simulation, type SimulatedPeer } from '../../node/simulation/index.ts'
import { gossip, type Gossip, type GossipEvent, type GossipOptions } from '../../overlays/gossip/index.ts'

/** Peers that are linked in a row, and what each heard. */
class Row {
  readonly simulation: Simulation
  readonly peers: SimulatedPeer<Gossip>[]
  readonly heard = new Map<string, Set<string>>()
  readonly events: GossipEvent[] = []

  constructor(size: number, { loss = 0, ...options }: GossipOptions & { readonly loss?: number } = {}) {
    this.simulation = new Simulation({ seed: 11, loss })
    this.simulation.observe((happening) => {
      if (happening.kind !== 'event') return
      const event = happening.event as GossipEvent
      this.events.push(event)
      if (event.type === 'message') this.#hear(happening.peer, new TextDecoder().decode(event.message.bytes))
    })
    this.peers = Array.from({ length: size }, (_, index) =>
      this.simulation.addPeer(`p${index}`, (host) => gossip(options).attach(host)),
    )
    for (let index = 1; index < size; index++) this.link(index - 1, index)
    this.simulation.run(5000)
  }

  link(left: number, right: number): void {
    this.simulation.connect(this.peer(left), this.peer(right))
  }

  peer(index: number): SimulatedPeer<Gossip> {
    return this.peers[index] as SimulatedPeer<Gossip>
  }

  publish(from: number, count: number, topicOf: (number: number) => string = () => 'news'): void {
    for (let number = 0; number < count; number++) {
      this.peer(from).api.publish(topicOf(number), new TextEncoder().encode(`${number}`))
    }
  }

  excluded(): number {
    return this.events.filter(({ type }) => type === 'excluded').length
  }

  #hear(peer: string, text: string): void {
    const texts = this.heard.get(peer) ?? new Set()
    this.heard.set(peer, texts.add(text))
  }
}

describe('a burst of honest messages reaches everybody, and nobody loses its place', () => {
  test.each([
    { size: 2, topics: 1000 },
    { size: 2, topics: 3000 },
    { size: 3, topics: 3000 },
  ])('$topics topics at once, $size peers', ({ size, topics }) => {
    const row = new Row(size)
    row.publish(0, topics, (number) => `document ${number}`)
    row.simulation.run(30_000)
    for (const { id } of row.peers.slice(1)) expect(row.heard.get(id)?.size).toBe(topics)
    expect(row.excluded()).toBe(0)
  })

  test.each([0, 0.05])('3,000 messages of one topic at once, with loss %s', (loss) => {
    const row = new Row(2, { loss })
    row.publish(0, 3000)
    row.simulation.run(40_000)
    expect(row.heard.get('p1')?.size).toBe(3000)
  })

  test('a thousand that are found valid only after a while', () => {
    let answer: (() => void)[] = []
    const simulation = new Simulation({ seed: 11 })
    const heard = new Set<string>()
    const [left, right] = ['left', 'right'].map((name) =>
      simulation.addPeer(name, (host) => {
        const api: Gossip = gossip(
          {},
          { validate: (_, ticket) => (answer.push(() => api.validated(ticket, 'accept')), 'later') },
        ).attach(host)
        return api
      }),
    )
    if (left === undefined || right === undefined) throw new Error('two peers')
    right.api.subscribe('news', ({ bytes }) => void heard.add(new TextDecoder().decode(bytes)))
    simulation.connect(left, right)
    simulation.run(5000)
    for (let number = 0; number < 1000; number++) left.api.publish('news', new TextEncoder().encode(`${number}`))
    for (let steps = 0; steps < 3000; steps++) {
      simulation.run(20)
      const due = answer
      answer = []
      for (const accept of due) accept()
    }
    expect(heard.size).toBe(1000)
  })
})

test('a peer that comes back with the same name is not held to what it had announced before', () => {
  const row = new Row(2)
  row.publish(1, 400)
  row.simulation.run(50)
  row.simulation.crash(row.peer(1))
  row.simulation.run(300)
  row.simulation.restart(row.peer(1))
  row.simulation.run(1000)
  row.link(0, 1)
  row.simulation.run(10_000)
  row.heard.clear()
  row.publish(0, 5, () => 'later')
  row.simulation.run(10_000)
  expect(row.excluded()).toBe(0)
  expect(row.heard.get('p1')?.size).toBe(5)
})
