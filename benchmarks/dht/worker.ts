// A process of `dht.ts` with some of the peers: does what its parent orders, and tells what that took.
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { obeyOrders } from '../ordered-process.ts'
import { createDhtNode, type DhtNode } from './nodes.ts'
import type { Acted, Operation, Order, PeerAddress, State } from './orders.ts'

const sockets: Socket[] = []
for (const channel of ['net.client.socket', 'net.server.socket']) {
  subscribe(channel, (message) => void sockets.push((message as { readonly socket: Socket }).socket))
}

let nodes: DhtNode[] = []

async function obey(order: Order): Promise<unknown> {
  switch (order.type) {
    case 'create':
      nodes = await Promise.all(order.directories.map((directory) => createDhtNode(order.kind, directory)))
      return nodes.map(({ node }) => ({ id: node.peerId.toString(), address: String(node.getMultiaddrs()[0]) }))
    case 'connect':
      return connect(order.all)
    case 'act':
      return act(order.operation, order.numbers)
    case 'state':
      return state()
  }
}

async function connect(all: readonly PeerAddress[]): Promise<void> {
  for (const { node } of nodes) {
    for (const { id, address } of all) {
      const peer = peerIdFromString(id)
      if (!peer.equals(node.peerId) && node.getConnections(peer).length === 0) await dial(node, address)
    }
  }
}

/** Hundreds of handshakes on two cores: some take longer than libp2p waits. */
async function dial(node: DhtNode['node'], address: string, attempts = 5): Promise<void> {
  try {
    await node.dial(multiaddr(address))
  } catch (error) {
    if (attempts === 1) throw error
    await dial(node, address, attempts - 1)
  }
}

async function act(operation: Operation, numbers: readonly number[]): Promise<Acted> {
  const durations: number[] = []
  let failed = 0
  for (const [index, number] of numbers.entries()) {
    const begun = performance.now()
    try {
      await nodes[index % nodes.length]?.act(operation, number)
      durations.push(performance.now() - begun)
    } catch {
      failed++
    }
  }
  return { durations, failed }
}

function state(): State {
  const { user, system } = process.cpuUsage()
  return {
    cpu: user + system,
    bytes: sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
    messages: nodes.reduce((sum, node) => sum + node.messages(), 0),
    known: nodes.map((node) => node.known()),
  }
}

obeyOrders(obey)
