import { expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { RecordedPeer, idOf, payload } from './recorded-peer.ts'

const [id0, id1] = [idOf(0), idOf(1)]

test('a peer joins, is found neighbours, and takes part in a tree', () => {
  const peer = new RecordedPeer()
  peer.recorder.take()
  peer.core.connected('contact' as PeerId)
  peer.hear('contact', { type: 'accept' })
  peer.hear('far', { type: 'neighbour', urgent: true })
  peer.gossip('contact', payload(0), 3)
  peer.gossip('far', payload(0), 5)
  peer.recorder.advance(100)
  expect(`\n${peer.recorder.transcript()}\n`).toBe(`
send contact join
schedule +1000 promotion peers=[contact]
emit neighbour-up peer=contact
emit neighbour-up peer=far
send far accept
emit message message=(topic=news bytes=0x68656c6c6f publisher=publisher from=contact) id=${id0} hops=3
send far gossip round=4 shapes=true isShortcut=false payload=(topic=news publisher=publisher life=7 sequence=0 past=[] bytes=0x68656c6c6f)
schedule +1000 confirm
emit duplicate id=${id0} from=far
send far prune id=${id0}
`)
})

test('a branch breaks: what is missing is announced by another neighbour, asked for, and the tree is whole again', () => {
  const peer = new RecordedPeer({ confirmInterval: 0 })
  peer.meet('b', 'c')
  peer.gossip('b', payload(0))
  peer.gossip('c', payload(0))
  peer.recorder.take()
  peer.core.disconnected('b' as PeerId)
  peer.announce('c', [id1], 4)
  peer.recorder.advance(1000)
  peer.gossip('c', payload(1), 5)
  expect(`\n${peer.recorder.transcript()}\n`).toBe(`
emit neighbour-down peer=b
schedule +793 graft ids=[${id1}]
send c graft payload=true ids=[${id1}]
schedule +500 graft ids=[${id1}]
emit message message=(topic=news bytes=0x68656c6c6f publisher=publisher from=c) id=${id1} hops=5
`)
  expect(peer.core.trees()).toEqual([])
})
