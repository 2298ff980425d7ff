import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { describe, expect, test } from 'vitest'
import { asService, type Libp2pHost, networkSecret, type ServiceOptions } from '../../../node/libp2p/index.ts'
import type { Membership, Overlay, ProtocolName } from '../../../node/protocol/index.ts'
import { Story, type Toy, toy, type ToyEvent } from './toy.ts'

interface Service {
  readonly toy: Toy
  readonly told: Story<ToyEvent>
  readonly host: Libp2pHost
}

function toyOverlay(name: ProtocolName = '/test/toy/1.0.0'): Overlay<Service, Libp2pHost> {
  return {
    attach(host) {
      const told = new Story<ToyEvent>()
      return Object.freeze({ toy: host.run(toy(name), undefined, told.tell), told, host })
    },
  }
}

const options = {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
}

function one(network: ServiceOptions = {}): Promise<Libp2p<{ toy: Service }>> {
  return createLibp2p({ ...options, services: { toy: asService(toyOverlay(), network) } })
}

describe('an overlay as a service of a stock libp2p node', () => {
  test('starts with the node, talks to its like, and stops with the node', async () => {
    const [alice, bob] = await Promise.all([one(), one()])
    await alice.dial(bob.getMultiaddrs())
    const { toy, told } = alice.services.toy
    await Promise.all([told.type('connected'), bob.services.toy.told.type('connected')])
    toy.say(bob.services.toy.host.self, 1)
    await bob.services.toy.told.type('heard')
    await alice.stop()
    await bob.services.toy.told.type('disconnected')
    await bob.stop()
  })

  test('shares one host, and so one stream a plane, with the other services', async () => {
    const both = (): Promise<Libp2p<{ first: Service; second: Service }>> =>
      createLibp2p({
        ...options,
        services: {
          first: asService(toyOverlay('/test/first/1.0.0')),
          second: asService(toyOverlay('/test/second/1.0.0'), { network: 'home' }),
        },
      })
    const [alice, bob] = await Promise.all([both(), both()])
    expect(alice.services.first.host).toBe(alice.services.second.host)
    expect(alice.services.first.host.network.name).toBe('home')
    await alice.dial(bob.getMultiaddrs())
    await Promise.all([alice.services.first.told.type('connected'), bob.services.second.told.type('connected')])
    const streams = alice.getConnections().flatMap((connection) => connection.streams)
    expect(streams.filter(({ protocol }) => protocol.startsWith('/peerloom/'))).toHaveLength(1)
    await Promise.all([alice.stop(), bob.stop()])
  })

  test('offers roles to the others, in whatever order they were named', async () => {
    const role: Membership = { members: () => [], sample: () => [], subscribe: () => {} }
    const seeker: Overlay<{ find(): Membership | undefined }> = {
      attach: (host) => ({ find: () => host.role('membership') }),
    }
    const giver: Overlay<object> = {
      attach: (host) => {
        host.offer('membership', role)
        return {}
      },
    }
    const node = await createLibp2p({
      ...options,
      services: { seeker: asService(seeker), giver: asService(giver) },
    })
    expect(node.services.seeker.find()).toBe(role)
    await node.stop()
  })

  test('is refused when two services name different networks', async () => {
    await expect(
      createLibp2p({
        ...options,
        services: {
          first: asService(toyOverlay('/test/first/1.0.0'), { network: 'home' }),
          second: asService(toyOverlay('/test/second/1.0.0'), { network: networkSecret('office') }),
        },
      }),
    ).rejects.toThrow("Cannot put a service on network 'office'")
  })

  test('does not hear a node whose services are on another network', async () => {
    const [alice, bob] = await Promise.all([one({ network: 'home' }), one({ network: 'office' })])
    const rejected = new Promise((resolve) => {
      for (const { services } of [alice, bob]) {
        services.toy.host.subscribe((event) => {
          if (event.type === 'rejected') resolve(event.reason)
        })
      }
    })
    await alice.dial(bob.getMultiaddrs())
    expect(await rejected).toBe('wrong-network')
    expect([...alice.services.toy.told.events, ...bob.services.toy.told.events]).toEqual([])
    await Promise.all([alice.stop(), bob.stop()])
  })
})
