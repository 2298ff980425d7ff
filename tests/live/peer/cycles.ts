// Run as a process of its own with --expose-gc: two peers meet, compare their documents and part, again and again. Tells
// its parent what is in use before and after.
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createPeer } from '../../../node/peer/index.ts'

const cycles = Number(process.argv[2])
const options = { network: `cycles-${process.pid}`, listen: ['/ip4/127.0.0.1/tcp/0'], mdns: false }
const [host, visitor] = await Promise.all([createPeer(options), createPeer(options)])
const documents = await Promise.all([host, visitor].map((peer) => peer.documents.open('notes')))
for (const [number, document] of documents.entries()) document.map('meta').set(`peer${number}`, 0)
const [address = ''] = host.addresses

for (let cycle = 1; cycle <= 100; cycle++) await meet()
const before = await inUse()
for (let cycle = 1; cycle <= cycles; cycle++) await meet()
let after = await inUse()
// On a busy machine what ends by itself takes longer; what was lost does not go by waiting.
for (let look = 1; after.heap > before.heap && look < 5; look++) after = await inUse()
const isEqual = JSON.stringify(documents[0]) === JSON.stringify(documents[1])

await Promise.all([host.stop(), visitor.stop()])
process.send?.({ before, after, isEqual })
process.disconnect?.()

async function meet(): Promise<void> {
  await visitor.dial(address)
  await Promise.all([visitor.ready({ replicas: 1 }), host.ready({ replicas: 1 })])
  await visitor.documents.converged()
  await visitor.libp2p.hangUp(host.libp2p.peerId)
  while (host.documents.connections().length + visitor.documents.connections().length > 0) await pause(1)
}

/** While one connection is open, and once what ends by itself within some seconds has ended. */
async function inUse() {
  do {
    await visitor.dial(address)
    await visitor.documents.converged()
    // They know each other, and may have dialled both.
    for (const connection of visitor.libp2p.getConnections().slice(1)) await connection.close()
    await pause(6000)
  } while ([host, visitor].some((peer) => peer.libp2p.getConnections().length !== 1))
  globalThis.gc?.()
  globalThis.gc?.()
  const resources = process.getActiveResourcesInfo()
  return {
    heap: process.memoryUsage().heapUsed,
    descriptors: readdirSync('/proc/self/fd').length,
    timers: resources.filter((resource) => resource === 'Timeout').length,
    sockets: resources.filter((resource) => resource === 'TCPSocketWrap').length,
  }
}
