import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { expect, test } from 'vitest'
import { asService } from '../../../node/libp2p/index.ts'
import type { PeerId } from '../../../node/protocol/index.ts'
import { gossip, type Gossip } from '../../../overlays/gossip/index.ts'
import { swim, type Swim } from '../../../overlays/swim/index.ts'

type Node = Libp2p<{ members: Swim; broadcast: Gossip }>

function stock(): Promise<Node> {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { members: asService(swim()), broadcast: asService(gossip()) },
  })
}

/** Resolves as soon as the node counts so many members as alive. */
function members({ services }: Node, count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (services.members.members().filter(({ state }) => state === 'alive').length === count) resolve()
    }
    services.members.subscribe(check)
    check()
  })
}

test('swim and gossip are services of stock nodes: a chain of three becomes a group, and news reach its end', async () => {
  const nodes = await Promise.all([stock(), stock(), stock()])
  const [first, second, third] = nodes
  await second.dial(first.getMultiaddrs())
  await third.dial(second.getMultiaddrs())
  second.services.members.join([first.peerId.toString() as PeerId])
  third.services.members.join([second.peerId.toString() as PeerId])
  await Promise.all(nodes.map((node) => members(node, 3)))

  const heard = new Promise<string>((resolve) => {
    third.services.broadcast.subscribe('news', ({ bytes }) => resolve(new TextDecoder().decode(bytes)))
  })
  second.services.broadcast.subscribe('news', () => {})
  first.services.broadcast.publish('news', new TextEncoder().encode('hello'))
  expect(await heard).toBe('hello')

  await third.stop()
  await Promise.all([members(first, 2), members(second, 2)])
  await Promise.all([first.stop(), second.stop()])
})
