import { expect, test } from 'vitest'
import {
  MalformedMessageError,
  createRandom,
  decodeMessage,
  encodeMessage,
  integer,
  type PeerId,
  type Random,
} from '../../../node/protocol/index.ts'
import { gossipCodec, resolveGossipOptions, type GossipMessage } from '../../../overlays/gossip/index.ts'
import { RecordedPeer, idOf, payload } from '../../cores/gossip/recorded-peer.ts'
import { figure } from '../../figures.ts'

const frames = figure('frames', 10_000, 100_000)
const names = ['a', '__proto__', 'constructor', 'self', 'p'.repeat(128), '\u{1F980}', 'b', 'c', 'd', 'e'] as PeerId[]
const codec = gossipCodec(resolveGossipOptions().messageLimitBytes)

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}

/** Any message, of few ids and names, so that it meets what earlier ones left behind. */
function anyMessage(random: Random): GossipMessage {
  const id = idOf(integer(random, 50))
  const [peer, ttl, round] = [pick(random, names), integer(random, 33), integer(random, 256)]
  const past = [{ publisher: pick(random, names), life: 7, count: integer(random, 2 ** 32) }]
  const topic = pick(random, ['news', '__proto__', 'constructor', 'toString'])
  const content = payload(integer(random, 50), { topic, publisher: pick(random, names), past })
  return pick<GossipMessage>(random, [
    { type: 'gossip', round, shapes: true, isShortcut: false, payload: content },
    { type: 'ihave', again: random.next() < 0.5, announced: [{ id, round }] },
    { type: 'graft', payload: random.next() < 0.5, ids: [id, id] },
    { type: 'prune', id },
    { type: 'join' },
    { type: 'forward-join', joiner: peer, ttl },
    { type: 'neighbour', urgent: random.next() < 0.5 },
    { type: 'accept' },
    { type: 'reject' },
    { type: 'disconnect' },
    { type: 'shuffle', origin: peer, ttl, peers: names },
    { type: 'shuffle-reply', peers: names },
  ])
}

test.each(['none', 'fifo', 'causal'] as const)(
  'whatever frames come, in order %s, a peer goes on within its limits',
  (order) => {
    const peer = new RecordedPeer({
      order,
      viewInterval: 1000,
      neighbourTimeout: 5000,
      shuffleInterval: 1000,
      orderLimit: 20,
    })
    const random = createRandom(`frames ${order}`)
    const senders = names.filter((name) => name !== 'self')
    let decoded = 0
    for (let count = 0; count < frames; count++) {
      const bytes = encodeMessage(codec, anyMessage(random))
      for (let changes = integer(random, 3); changes > 0; changes--) {
        bytes[integer(random, bytes.length)] = integer(random, 256)
      }
      try {
        peer.hear(pick(random, senders), decodeMessage(codec, bytes))
        decoded++
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessageError)
      }
      if (random.next() < 0.01) peer.core.disconnected(pick(random, senders))
      if (count % 20 === 0) peer.recorder.advance(integer(random, 300))
      if (count % 100 === 0) peer.recorder.take()
      expect(peer.core.neighbours().length).toBeLessThanOrEqual(5)
      expect(peer.core.reserves().length).toBeLessThanOrEqual(30)
      expect(peer.core.neighbours()).not.toContain('self')
    }
    expect(decoded).toBeGreaterThan(frames / 3)
  },
)
