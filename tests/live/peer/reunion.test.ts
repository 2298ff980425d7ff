import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPeer, type Peer } from '../../../node/peer/index.ts'

let root: string
let peers: Peer<never>[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'peerloom-reunion-'))
  peers = []
})

afterEach(async () => {
  for (const peer of peers) await peer.stop()
  await rm(root, { recursive: true })
})

async function start(name: string | undefined, listen = '/ip4/127.0.0.1/tcp/0') {
  const directory = name === undefined ? {} : { directory: join(root, name) }
  const peer = await createPeer({ network: 'reunion', ...directory, listen: [listen], mdns: false })
  peers.push(peer as Peer<never>)
  return peer
}

const limit = (): AbortSignal => AbortSignal.timeout(60_000)

test('a peer that comes back finds the others by its address book, without mDNS and without being told', async () => {
  const alice = await start('alice')
  const bob = await start('bob')
  await bob.dial(alice.addresses[0]!)
  await bob.ready({ members: 2, signal: limit() })
  await bob.stop()

  const again = await start('bob')
  await again.ready({ members: 2, replicas: 1, signal: limit() })
  expect(again.id).toBe(bob.id)
  expect(again.documents.connections()).toEqual([alice.id])
})

test('peers that were all stopped find each other when they are back at their addresses', async () => {
  const alice = await start('alice')
  const bob = await start('bob')
  await bob.dial(alice.addresses[0]!)
  await Promise.all([alice.ready({ members: 2, signal: limit() }), bob.ready({ members: 2, signal: limit() })])
  const [place] = alice.addresses
  await Promise.all([alice.stop(), bob.stop()])
  const backAgain = await start('alice', place!.replace(/\/p2p\/.*/, ''))
  const bobAgain = await start('bob')
  await bobAgain.ready({ members: 2, signal: limit() })
  expect(bobAgain.libp2p.getPeers().map(String)).toEqual([backAgain.id])
})

test('a peer in memory knows nobody when it starts, and one whose others are gone starts all the same', async () => {
  const alice = await start(undefined)
  const bob = await start('bob')
  await bob.dial(alice.addresses[0]!)
  await bob.ready({ members: 2, signal: limit() })
  await Promise.all([alice.stop(), bob.stop()])
  const again = await start('bob')
  expect(again.members().map(({ peer }) => peer)).toEqual([again.id])
  const known = (await again.libp2p.peerStore.all()).map(({ id }) => id.toString())
  expect(known).toContain(alice.id)
})
