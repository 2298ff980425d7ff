import { keyOf, type Dht, type PeerId } from '../../node/protocol/index.ts'
import type { DhtNetwork, DhtPeer } from './dht-peers.ts'
import { addPeers, assertSame, type NetworkContract } from './network.ts'
import { eventually, result, results } from './outcome.ts'

const key = keyOf('a large file')

/** Who has what a key stands for. */
export function addProviders(contract: NetworkContract<Dht>, forgets: boolean): void {
  contract.add('all find all who provide, each once', async (network) => {
    const peers = await addPeers(network, 5)
    await network.settle()
    await expectProviders(network, peers, [])
    const [one, two, three] = peers as [DhtPeer, DhtPeer, DhtPeer]
    await result(network, one.api.provide(key), 'a provide')
    await expectProviders(network, peers, [one])
    await results(network, [two.api.provide(key), three.api.provide(key), one.api.provide(key)], 'provides')
    await expectProviders(network, peers, [one, two, three])
  })

  contract.add('providers of one key are not those of another', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    await result(network, (peers[0] as DhtPeer).api.provide(keyOf('something else')), 'a provide')
    await expectProviders(network, peers, [])
  })

  contract.add('a lone peer can provide, and finds itself', async (network) => {
    const alone = await network.add()
    await result(network, alone.api.provide(key), 'a provide')
    await expectProviders(network, [alone], [alone])
  })

  contract.add('providers are found when one of those who know has crashed', async (network) => {
    const peers = await addPeers(network, 6)
    await network.settle()
    const [provider, crashing, ...others] = peers as [DhtPeer, DhtPeer, ...DhtPeer[]]
    await result(network, provider.api.provide(key), 'a provide')
    await network.crash(crashing)
    await expectProviders(network, [provider, ...others], [provider])
  })

  contract.add('who provides is found by those who join later', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    await result(network, (peers[0] as DhtPeer).api.provide(key), 'a provide')
    const late = await network.add()
    await expectProviders(network, [...peers, late], [peers[0] as DhtPeer])
  })

  addWithdrawals(contract, forgets)
}

function addWithdrawals(contract: NetworkContract<Dht>, forgets: boolean): void {
  contract.add('who withdraws what it never provided, or twice, changes nothing', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [provider, other] = peers as [DhtPeer, DhtPeer]
    await result(network, provider.api.provide(key), 'a provide')
    other.api.withdraw(key)
    other.api.withdraw(key)
    await expectProviders(network, peers, [provider])
  })

  const names = {
    withdrawn: 'who withdraws is forgotten, and who does not is told for ever',
    crashed: 'a provider that crashed is forgotten',
  }
  if (!forgets) {
    for (const name of Object.values(names)) contract.leaveOut(name, 'providers are remembered for longer than a test')
    return
  }
  contract.add(names.withdrawn, async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const [staying, withdrawing] = peers as [DhtPeer, DhtPeer]
    await results(network, [staying.api.provide(key), withdrawing.api.provide(key)], 'provides')
    await expectProviders(network, peers, [staying, withdrawing])
    withdrawing.api.withdraw(key)
    await expectProviders(network, peers, [staying])
    for (let count = 0; count < 3; count++) await network.settle()
    await expectProviders(network, peers, [staying])
  })
  contract.add(names.crashed, async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const [crashing, ...others] = peers as [DhtPeer, ...DhtPeer[]]
    await result(network, crashing.api.provide(key), 'a provide')
    await expectProviders(network, others, [crashing])
    await network.crash(crashing)
    await expectProviders(network, others, [])
  })
}

async function expectProviders(
  network: DhtNetwork,
  asking: readonly DhtPeer[],
  wanted: readonly DhtPeer[],
): Promise<void> {
  const expected = wanted.map(({ id }) => id).toSorted()
  await eventually(network, `all to find ${wanted.length} providers`, async () => {
    const found = await results(
      network,
      asking.map(({ api }) => api.providers(key)),
      'providers',
    )
    for (const providers of found) {
      const peers: PeerId[] = providers.map(({ peer }) => peer).sort()
      assertSame(new Set(peers).size, peers.length, 'distinct providers')
      if (peers.join() !== expected.join()) return `somebody finds ${peers.length}`
    }
    return undefined
  })
}
