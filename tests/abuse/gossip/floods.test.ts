import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { Simulation, uniformLatency } from '../../../node/simulation/index.ts'
import { gossip, messageId, type GossipMessage, type MessageId, type Payload } from '../../../overlays/gossip/index.ts'
import { swim } from '../../../overlays/swim/index.ts'
import { RecordedPeer } from '../../cores/gossip/recorded-peer.ts'
import { figure } from '../../figures.ts'
import { hostileDefinition, type Attack } from './hostile-peer.ts'

const mebibyte = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function heapUsed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

function madeUp(number: number): MessageId {
  return number.toString(16).padStart(32, '0') as MessageId
}

function ids(round: number, count: number): MessageId[] {
  return Array.from({ length: count }, (_, index) => madeUp(round * count + index))
}

function onTopic(number: number): Payload {
  const bytes = new Uint8Array()
  return {
    topic: `topic ${number}`.padEnd(256, '.'),
    publisher: 'liar' as PeerId,
    life: 1,
    sequence: number,
    past: [],
    bytes,
  }
}

function numbered(sequence: number): Payload {
  return { ...onTopic(0), sequence }
}

/** What a flood is made of: one message of each round, the shapes of CVE-2026-46679 and CVE-2026-86040 among them. */
const floods: Record<string, (round: number) => GossipMessage[]> = {
  'GRAFT of ids that nobody has': (round) => [{ type: 'graft', payload: true, ids: ids(round, 1000) }],
  'IHAVE of ids that never come': (round) => [
    { type: 'ihave', again: true, announced: ids(round, 1000).map((id) => ({ id, round: 1 })) },
  ],
  'a topic for each message': (round) =>
    Array.from({ length: 20 }, (_, index) => ({
      type: 'gossip',
      round: 1,
      shapes: true,
      isShortcut: false,
      payload: onTopic(round * 20 + index),
    })),
  'PRUNE': (round) => ids(round, 100).map((id) => ({ type: 'prune', id })),
  'JOIN and walks for made-up peers': (round) => [
    { type: 'join' },
    ...ids(round, 20).map((id) => ({ type: 'forward-join' as const, joiner: id as string as PeerId, ttl: 6 })),
  ],
}

describe.each(Object.entries(floods))('a flood of %s', (_, flood) => {
  test('costs at most 1 MiB for each neighbour that sends it', () => {
    const liars = Array.from({ length: 4 }, (_, index) => `liar${index}`)
    // What all share is held small, so that only what each causes is seen.
    const peer = new RecordedPeer({ keptLimit: 16, seenLimit: 16, offenceLimit: Number.MAX_SAFE_INTEGER })
    peer.meet('honest', ...liars)
    const play = (rounds: number, start: number): void => {
      for (let round = start; round < start + rounds; round++) {
        for (const [index, liar] of liars.entries()) {
          for (const message of flood(round * liars.length + index)) {
            peer.hear(liar, message)
            // Its neighbours give the same, so that it makes a tree.
            if (message.type === 'gossip') peer.hear(liars[(index + 1) % liars.length] as string, message)
          }
        }
        peer.recorder.advance(100)
        peer.recorder.take()
      }
    }
    // All share the figures of 1,024 topics: they are full before the flood.
    for (let number = 0; number < 1024; number++) peer.core.publish(`own topic ${number}`, new Uint8Array(1))
    play(2, 0)
    const before = heapUsed()
    play(300, 2)
    expect(heapUsed() - before).toBeLessThan(liars.length * mebibyte)
  })

  test('takes its place from the sender or costs nothing, and honest messages arrive within 3 s', () => {
    const simulation = new Simulation({ seed: 7, latency: uniformLatency(5, 50), encodeMessages: true })
    const size = 30
    const heard = new Map<string, number>()
    const peers = Array.from({ length: size }, (_, index) =>
      simulation.addPeer(`p${index}`, (host) => {
        const members = swim().attach(host)
        if (index > 0) members.join(['p0' as PeerId])
        const api = gossip().attach(host)
        api.subscribe('news', ({ bytes }) => {
          const text = new TextDecoder().decode(bytes)
          heard.set(text, (heard.get(text) ?? 0) + 1)
        })
        return api
      }),
    )
    simulation.run(20_000)
    const attack: Attack = {
      interval: 100,
      act: (round, victims, say) => {
        for (const victim of victims) for (const message of flood(round)) say(victim, message)
      },
    }
    const targets = peers.map(({ id }) => id)
    simulation.addPeer('liar', (host) => host.run(hostileDefinition(targets.slice(0, 10), attack), undefined))
    simulation.run(1000)
    const messages = figure('groups', 10, 40)
    let late = 0
    // One each second, so that several are on their way at once.
    for (let second = 0; second < messages + 3; second++) {
      if (second >= 3) late += size - 1 - (heard.get(`${second - 3}`) ?? 0)
      if (second < messages) peers[second % size]?.api.publish('news', new TextEncoder().encode(`${second}`))
      simulation.run(1000)
    }
    expect(late / (messages * (size - 1))).toBeLessThan(0.01)
  })
})

test.each(['GRAFT of ids that nobody has', 'IHAVE of ids that never come', 'a topic for each message'])(
  'whoever floods with %s is nobody’s neighbour any more',
  (name) => {
    const simulation = new Simulation({ seed: 3, encodeMessages: true })
    const peers = Array.from({ length: 4 }, (_, index) =>
      simulation.addPeer(`p${index}`, (host) => gossip().attach(host)),
    )
    for (const peer of peers.slice(1)) if (peers[0] !== undefined) simulation.connect(peers[0], peer)
    simulation.run(20_000)
    const act: Attack['act'] = (round, victims, say) => {
      // Honest publishers begin thousands of topics too: a flood is told by its rate alone.
      for (let part = 0; part < 5; part++) {
        const messages = floods[name]?.(5 * round + part) ?? []
        for (const victim of victims) for (const message of messages) say(victim, message)
      }
    }
    const targets = peers.map(({ id }) => id)
    const liar = simulation.addPeer('liar', (host) =>
      host.run(hostileDefinition(targets, { interval: 100, act }), undefined),
    )
    simulation.run(30_000)
    expect(peers.filter(({ api }) => api.neighbours().includes(liar.id)).map(({ id }) => id)).toEqual([])
  },
)

test('a flood of messages fills what all share to its limits and no further, and ids are still told apart', () => {
  const peer = new RecordedPeer({ keptLimit: 64, seenLimit: 128 })
  peer.meet('liar', 'b')
  const flood = (from: number, to: number): void => {
    for (let sequence = from; sequence < to; sequence++) {
      peer.hear('liar', { type: 'gossip', round: 1, shapes: true, isShortcut: false, payload: numbered(sequence) })
      if (sequence % 100 === 0) peer.recorder.take()
    }
    peer.recorder.take()
  }
  flood(0, 1000)
  const before = heapUsed()
  flood(1000, 30_000)
  expect(heapUsed() - before).toBeLessThan(mebibyte)
  peer.hear('b', { type: 'gossip', round: 1, shapes: true, isShortcut: false, payload: numbered(29_999) })
  expect(peer.recorder.emitted()).toMatchObject([{ type: 'duplicate', id: messageId(numbered(29_999)) }])
})
