import { immutableKey, ownedKey, sharedKey, type Dht } from '../../node/protocol/index.ts'
import { bytes, expectEverywhere, type DhtNetwork, type DhtPeer } from './dht-peers.ts'
import { addPeers, assertSame, type NetworkContract } from './network.ts'
import { eventually, result, results } from './outcome.ts'

/** Records outlive the peers that hold them, and reach those that come. */
export function addChanges(contract: NetworkContract<Dht>, handsOver: boolean): void {
  const leavings = { crash: 'crashes', stop: 'is stopped properly' } as const
  for (const [leave, name] of Object.entries(leavings) as ['crash' | 'stop', string][]) {
    contract.add(`no record is lost when one peer ${name}`, async (network) => {
      const peers = await addPeers(network, 6)
      await network.settle()
      const values = await putMany(network, peers)
      await network[leave](peers[0] as DhtPeer)
      await expectMany(network, peers.slice(1), values)
    })
  }

  contract.add('no record is lost when one peer after another crashes, with time in between', async (network) => {
    const peers = await addPeers(network, 6)
    await network.settle()
    const values = await putMany(network, peers)
    for (const crashing of peers.slice(0, 3)) {
      await network.crash(crashing)
      await expectMany(network, peers.slice(peers.indexOf(crashing) + 1), values)
      await network.settle()
      await network.settle()
    }
    await expectMany(network, peers.slice(3), values)
  })

  contract.add('who has handed over may leave at once: one after another, and nothing is lost', async (network) => {
    const peers = await addPeers(network, 5)
    await network.settle()
    const values = await putMany(network, peers)
    for (const leaving of peers.slice(0, 4)) {
      await eventually(network, 'all to be handed over', async () =>
        (await result(network, leaving.api.handOver(), 'a hand-over')) ? undefined : 'not all was',
      )
      await network.stop(leaving)
    }
    await expectMany(network, peers.slice(4), values)
  })

  contract.add('a peer without others hands nothing over, and says so', async (network) => {
    const alone = await network.add()
    await putMany(network, [alone])
    assertSame(await result(network, alone.api.handOver(), 'a hand-over'), false, 'whether all was handed over')
  })

  contract.addPartitioned('what was put in either part is got by all after a partition heals', async (network) => {
    const peers = await addPeers(network, 6)
    await network.settle()
    const [left, right] = [peers.slice(0, 3), peers.slice(3)] as [[DhtPeer], [DhtPeer]]
    await network.partition(left, right)
    await network.settle()
    const write = (value: string) => ({ kind: 'shared', name: 'name', value: bytes(value), replaces: [] }) as const
    await result(network, left[0].api.put(sharedKey('name'), write('left')), 'a put in the left part')
    await result(network, right[0].api.put(sharedKey('name'), write('right')), 'a put in the right part')
    await network.heal()
    await network.settle()
    await expectEverywhere(network, peers, sharedKey('name'), ['left', 'right'])
  })

  addHandovers(contract, handsOver)
}

function addHandovers(contract: NetworkContract<Dht>, handsOver: boolean): void {
  const name = 'what was put by a lone peer is got by those who join later, even once that peer is gone'
  if (!handsOver) return contract.leaveOut(name, 'the overlay hands nothing over to newcomers')
  contract.add(name, async (network) => {
    const alone = await network.add()
    const value = bytes('one')
    const key = ownedKey(alone.api.author, 'name')
    await result(network, alone.api.put(immutableKey(value), { kind: 'immutable', value }), 'a put')
    await result(network, alone.api.put(key, { kind: 'owned', name: 'name', value: bytes('two') }), 'a put')
    const later = await addPeers(network, 3)
    await expectEverywhere(network, later, immutableKey(value), ['one'])
    await expectEverywhere(network, later, key, ['two'])
    for (let count = 0; count < 3; count++) await network.settle()
    await network.crash(alone)
    await expectEverywhere(network, later, immutableKey(value), ['one'])
    await expectEverywhere(network, later, key, ['two'])
  })
}

async function putMany(network: DhtNetwork, peers: readonly DhtPeer[]): Promise<string[]> {
  const values = Array.from({ length: 8 }, (_, index) => `value ${index}`)
  const puts = values.map((text, index) => {
    const value = bytes(text)
    return (peers[index % peers.length] as DhtPeer).api.put(immutableKey(value), { kind: 'immutable', value })
  })
  await results(network, puts, 'puts')
  return values
}

async function expectMany(network: DhtNetwork, peers: readonly DhtPeer[], values: readonly string[]): Promise<void> {
  for (const value of values) await expectEverywhere(network, peers, immutableKey(bytes(value)), [value])
}
