import { afterEach, describe, expect, test } from 'vitest'
import { asService } from '../../../node/libp2p/index.ts'
import { gossipsub } from '../../../overlays/gossipsub/index.ts'
import { createLibp2p } from 'libp2p'
import { gossipsub as stockGossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { bytes, Ears, peer, service, stock, stockOptions, stopAll, subscriberOf } from './nodes.ts'

afterEach(stopAll)

describe('gossipsub that is open to anyone', () => {
  test('exchanges messages with a stock libp2p node, as a service of somebody’s own node', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    const heardByStock = Ears.ofStock(theirs.services.pubsub, 'news')
    const heardByUs = Ears.of(ours.services.pubsub, 'news')
    await ours.dial(theirs.getMultiaddrs())

    await subscriberOf(theirs.services.pubsub, 'news')
    await theirs.services.pubsub.publish('news', bytes('from stock'))
    await heardByUs.hear('from stock')
    const them = theirs.peerId.toString()
    expect(heardByUs.messages).toMatchObject([{ topic: 'news', publisher: them, from: them }])

    ours.services.pubsub.publish('news', bytes('from ours'))
    await heardByStock.hear('from ours')
    expect(ours.services.pubsub.neighbours()).toEqual([them])
    expect(ours.services.pubsub.subscribers('news')).toEqual([them])
  })

  test('exchanges messages with a stock libp2p node, as an overlay of createPeer', async () => {
    const [theirs, ours] = await Promise.all([stock(), peer('home', { openTo: 'anyone' })])
    const heardByStock = Ears.ofStock(theirs.services.pubsub, 'news')
    const heardByUs = Ears.of(ours.overlays.all, 'news')
    await ours.dial(theirs.getMultiaddrs()[0]!.toString())

    await subscriberOf(theirs.services.pubsub, 'news')
    await theirs.services.pubsub.publish('news', bytes('from stock'))
    await heardByUs.hear('from stock')
    ours.overlays.all.publish('news', bytes('from ours'))
    await heardByStock.hear('from ours')
  })

  test('passes on between stock nodes, and says who published and who handed it on', async () => {
    const [left, right] = await Promise.all([stock(), stock()])
    const [middle, end] = await Promise.all([service({ openTo: 'anyone' }), service({ openTo: 'anyone' })])
    const heard = [Ears.ofStock(right.services.pubsub, 'news'), Ears.of(end.services.pubsub, 'news')] as const
    Ears.of(middle.services.pubsub, 'news')
    for (const node of [left, right, end]) await middle.dial(node.getMultiaddrs())
    await subscriberOf(left.services.pubsub, 'news')
    await left.services.pubsub.publish('news', bytes('far away'))
    await Promise.all(heard.map((ears) => ears.hear('far away')))
    expect(heard[1].messages).toMatchObject([{ publisher: left.peerId.toString(), from: middle.peerId.toString() }])
  })

  test('tells a stock node that subscribes late what was published a moment before', async () => {
    const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone' })])
    await ours.dial(theirs.getMultiaddrs())
    ours.services.pubsub.publish('news', bytes('nobody is listening yet'))
    const heardByStock = Ears.ofStock(theirs.services.pubsub, 'news')
    await heardByStock.hear('nobody is listening yet')
  })
})

test('a node that has gossipsub already refuses ours when it starts', async () => {
  const node = await createLibp2p({
    ...stockOptions,
    start: false,
    services: { identify: identify(), theirs: stockGossipsub(), ours: asService(gossipsub()) },
  })
  await expect(node.start()).rejects.toThrow('Handler already registered for protocol /meshsub/')
  await node.stop()
})

test('a node without identify, which gossipsub needs, is refused when it is made', async () => {
  const services = { pubsub: asService(gossipsub()) }
  await expect(createLibp2p({ ...stockOptions, services })).rejects.toThrow('"@libp2p/identify"')
})
