// A process of `broadcast.ts` with some of the peers: does what its parent orders, and tells what that took.
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { obeyOrders } from '../ordered-process.ts'
import { LoadRun } from './load.ts'
import { createBroadcastNode, type BroadcastNode } from './nodes.ts'
import type { Order, PeerAddress, State } from './orders.ts'

const sockets: Socket[] = []
for (const channel of ['net.client.socket', 'net.server.socket']) {
  subscribe(channel, (message) => void sockets.push((message as { readonly socket: Socket }).socket))
}

let nodes: BroadcastNode[] = []
let places: readonly number[] = []
let total = 0
let current: LoadRun | undefined

async function obey(order: Order): Promise<unknown> {
  switch (order.type) {
    case 'create': {
      const indices = Array.from({ length: order.count }, (_, index) => index)
      nodes = await Promise.all(
        indices.map((index) => createBroadcastNode(order.kind, (bytes) => current?.heard(places[index] ?? -1, bytes))),
      )
      return nodes.map(({ node }) => ({ id: node.peerId.toString(), address: String(node.getMultiaddrs()[0]) }))
    }
    case 'connect':
      places = order.places
      total = order.all.length
      await connect(order.all, order.links)
      return undefined
    case 'run':
      current = new LoadRun(
        order.run,
        nodes.map((node, index) => ({ node, place: places[index] ?? -1 })),
        total,
      )
      current.start()
      return undefined
    case 'progress':
      return current?.progress
    case 'state':
      return state()
    case 'outcome':
      return current?.outcome()
  }
}

/** Every peer knows the address of every other, as an address book would; how many of them it dials is another matter. */
async function connect(all: readonly PeerAddress[], links: readonly (readonly number[])[]): Promise<void> {
  for (const { node } of nodes) {
    for (const { id, address } of all) {
      const peer = peerIdFromString(id)
      if (!peer.equals(node.peerId)) await node.peerStore.merge(peer, { multiaddrs: [multiaddr(address)] })
    }
  }
  for (const [index, targets] of links.entries()) {
    for (const target of targets) await nodes[index]?.node.dial(multiaddr(all[target]?.address))
  }
}

function state(): State {
  const { user, system } = process.cpuUsage()
  return {
    cpu: user + system,
    copies: nodes.reduce((sum, node) => sum + node.copies(), 0),
    bytes: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
    neighbours: nodes.map((node) => node.neighbours()),
  }
}

obeyOrders(obey)
