import { afterEach, expect, test } from 'vitest'
import { immutableKey, LookupFailedError } from '../../../node/protocol/index.ts'
import { bytes, knows, knowsNobody, peer, service, stock, stockKnows, stopAll, text, type Created } from './nodes.ts'

afterEach(stopAll)

/** Connected each with each, and with as many contacts as have room for certain. */
async function formed(count: number, bucketSize: number): Promise<Created[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => peer('hand over', { bucketSize })))
  for (const [index, one] of peers.entries()) {
    for (const other of peers.slice(index + 1)) await one.dial(other.addresses[0]!)
  }
  for (const { overlays } of peers) {
    while (overlays.dht.neighbours(bucketSize).length < bucketSize) {
      await new Promise((resolve) => void setImmediate(resolve))
    }
  }
  return peers
}

test.each([2, 3])(
  'with k = %i all but one of five hand over and stop at once, and the last has every record',
  async (k) => {
    const peers = await formed(5, k)
    const values = Array.from({ length: 24 }, (_, index) => bytes(`value ${index}`))
    for (const [index, value] of values.entries()) {
      await peers[index % peers.length]!.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
    }
    const last = peers.pop()!
    for (const leaving of peers) {
      expect(await leaving.overlays.dht.handOver()).toBe(true)
      await leaving.stop()
    }
    await knowsNobody(last.overlays.dht)
    for (const value of values) {
      const records = await last.overlays.dht.get(immutableKey(value))
      expect(records.map((record) => text(record.value))).toEqual([text(value)])
    }
  },
)

test('peers that hand over to each other at the same time come to an end', async () => {
  const peers = await formed(3, 2)
  for (const [index, { overlays }] of peers.entries()) {
    const value = bytes(`value ${index}`)
    await overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
  }
  expect(await Promise.all(peers.map(({ overlays }) => overlays.dht.handOver()))).toEqual([true, true, true])
})

test('nobody else has what a peer alone hands over', async () => {
  const alone = await peer('hand over')
  // As long as it holds nothing, nothing is lost.
  expect(await alone.overlays.dht.handOver()).toBe(true)
  const value = bytes('hello')
  await alone.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
  expect(await alone.overlays.dht.handOver()).toBe(false)
})

test('a peer that hands over is told when others do not take all of it', async () => {
  const [theirs, ours] = await Promise.all([stock(), service({ openTo: 'anyone', writeQuorum: 1 })])
  await ours.dial(theirs.getMultiaddrs())
  await Promise.all([stockKnows(theirs, ours.peerId), knows(ours.services.dht, theirs.peerId)])
  await ours.services.dht.putValue('/app/name', bytes('1:hello'))
  expect(await ours.services.dht.handOver()).toBe(true)
  // A stock node has no validator for records of Peerloom.
  const value = bytes('hello')
  await ours.services.dht.put(immutableKey(value), { kind: 'immutable', value })
  expect(await ours.services.dht.handOver()).toBe(false)
})

test('a connection that looks open after it has ended is not a peer that refuses', async () => {
  const [theirs, ours] = await Promise.all([1, 2].map(() => service({ openTo: 'anyone', writeQuorum: 1 })))
  await ours!.dial(theirs!.getMultiaddrs())
  await knows(ours!.services.dht, theirs!.peerId)
  await ours!.services.dht.putValue('/app/name', bytes('1:hello'))
  const [connection] = ours!.getConnections(theirs!.peerId)
  // As for a moment after the other side has closed it, when a host has much to do.
  let requests = 0
  Object.assign(connection!, {
    newStream: async () => {
      // Several requests find it so before it is closed.
      if (++requests === 5) connection!.abort(new Error('closed'))
      return Promise.reject(new Error('The muxer is closed'))
    },
  })
  expect(await ours!.services.dht.handOver()).toBe(true)
  expect(requests).toBe(5)
})

test('handing over ends with its signal, and with the peer', async () => {
  const [alice, bob] = await Promise.all([peer('hand over'), peer('hand over')])
  await bob.dial(alice.addresses[0]!)
  await knows(bob.overlays.dht, alice.id)
  const value = bytes('hello')
  await bob.overlays.dht.put(immutableKey(value), { kind: 'immutable', value })
  const ending = new AbortController()
  const aborted = bob.overlays.dht.handOver({ signal: ending.signal })
  ending.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  const stopped = bob.overlays.dht.handOver()
  const outcome = expect(stopped).rejects.toThrow(LookupFailedError)
  await bob.stop()
  await outcome
  await expect(bob.overlays.dht.handOver()).rejects.toThrow('this peer has stopped')
})
