import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { ringNode, type ChordMessage, type RingNode } from '../../../overlays/chord/index.ts'
import { RecordedPeer, inOrder } from './recorded-peer.ts'

/** Ten peers; the lowest comes to the ring of the others, and is to follow the highest. */
const [newcomer, ...ring] = inOrder(Array.from({ length: 10 }, (_, index) => `p${index}`)) as [PeerId, ...PeerId[]]
const [door] = ring as [PeerId]
const followed = ring.at(-1) as PeerId
const successors = ring.slice(0, 8).map((peer) => ringNode(peer))

type Asked = Extract<ChordMessage, { readonly type: 'step' | 'state' }>

/** A newcomer that has asked whom it is to follow, and been answered with that list. */
function answeredWith(list: readonly RingNode[]): RecordedPeer {
  const peer = new RecordedPeer({}, newcomer)
  const asked = (type: Asked['type'], to: PeerId): number => {
    const sent = peer.recorder.sent().filter((effect) => effect.to === to && effect.message.type === type)
    const [question] = sent.map(({ message }) => message as Asked)
    return question?.number ?? 0
  }
  peer.hear(door, { type: 'inside' })
  peer.hear(door, { type: 'closer', number: asked('step', door), nodes: [ringNode(followed)] })
  peer.hear(followed, { type: 'found', number: asked('step', followed), at: 0, successors })
  const number = asked('state', followed)
  peer.hear(followed, { type: 'neighbourhood', number, successors: list, predecessor: undefined })
  return peer
}

test('whoever joins takes over the list of the member that it follows', () => {
  const [place] = answeredWith(successors).core.nodes
  expect(place?.successors).toEqual(successors)
})

test.each([
  ['out of the order of the ring', [...successors.slice(0, 6), successors[7] as RingNode, successors[6] as RingNode]],
  ['with somebody in it twice', [successors[0] as RingNode, ...successors.slice(0, 7)]],
  ['longer than those of a ring with lists of eight', ring.map((peer) => ringNode(peer))],
])('it does not take a list %s', (_, list) => {
  const peer = answeredWith(list)
  expect(peer.core.isMember).toBe(false)
  expect(peer.rejections()).toEqual([[followed, 'disordered']])
})
