import { assert, keyOf, type Key, type LookupTrace, type PeerId, type Router } from '../../node/protocol/index.ts'
import { NetworkContract, addPeers, assertSame } from './network.ts'
import type { ContractNetwork, ContractPeer, NetworkCase, NetworkHarness } from './network.ts'
import { Outcome, eventually, outcomes, refusals, result, results } from './outcome.ts'

type Peer = ContractPeer<Router>
type Network = ContractNetwork<Router>
type Contract = NetworkContract<Router>

/** What every overlay in the role `Router` promises. Each case can be run by any test runner, in a browser as well. */
export function routerContract(harness: NetworkHarness<Router>): readonly NetworkCase[] {
  const contract: Contract = new NetworkContract(harness)
  addResponsibility(contract)
  addReplicas(contract)
  addNeighbours(contract)
  addTraces(contract)
  addChanges(contract)
  addEndings(contract)
  return contract.cases
}

function addResponsibility(contract: Contract): void {
  contract.add('a lone peer is responsible for every key', async (network) => {
    const alone = await network.add()
    await network.settle()
    for (const key of keys(5)) {
      assertSame(await result(network, alone.api.lookup(key), 'a lookup'), [alone.id], 'who is responsible')
      assertSame(await result(network, alone.api.replicas(key, 3), 'replicas'), [alone.id], 'replicas')
    }
  })

  contract.add('all agree on who is responsible for a key, that peer as well', async (network) => {
    const peers = await addPeers(network, 6)
    await agreement(network, peers, keys(8))
  })

  contract.add('responsibility is spread over the peers', async (network) => {
    const peers = await addPeers(network, 4)
    await agreement(network, peers, keys(3))
    const owners = new Set<PeerId | undefined>()
    // The greatest share that one of four may have by chance is rarely so great that it has all of so many.
    for (let index = 0; index < 500 && owners.size < 2; index++) {
      const [owner] = await result(network, (peers[0] as Peer).api.lookup(keyOf(`spread ${index}`)), 'a lookup')
      owners.add(owner)
    }
    assert(owners.size > 1, 'one peer is responsible for all keys')
  })
}

function addReplicas(contract: Contract): void {
  contract.add(
    'replicas are distinct peers, as many as asked if there are, the responsible one first',
    async (network) => {
      const peers = await addPeers(network, 5)
      await agreement(network, peers, keys(3))
      await eventually(network, 'all to name the same replicas', async () => {
        for (const key of keys(3)) {
          for (const count of [1, 3, 9]) {
            const [first, ...others] = await results(
              network,
              peers.map(({ api }) => api.replicas(key, count)),
              'replicas',
            )
            const named = new Set(first)
            if (named.size !== Math.min(count, 5)) return `${named.size} replicas where ${count} were asked for`
            if (first?.length !== named.size) return 'a replica is named twice'
            if (others.some((other) => !same(other, first))) return 'peers differ on replicas'
          }
        }
        return undefined
      })
      const [asked] = peers as [Peer]
      for (const key of keys(3)) {
        const [lookup, replicas] = await results(network, [asked.api.lookup(key), asked.api.replicas(key, 3)], 'both')
        assertSame(replicas?.[0], lookup?.[0], 'the first replica')
      }
    },
  )
}

function addNeighbours(contract: Contract): void {
  contract.add('neighbours are distinct others, never the peer itself, at most as many as asked', async (network) => {
    const peers = await addPeers(network, 5)
    await agreement(network, peers, keys(3))
    await eventually(network, 'all to have two neighbours', async () =>
      peers.every(({ api }) => api.neighbours(2).length === 2) ? undefined : 'some have fewer',
    )
    for (const { id, api } of peers) {
      for (let count = 0; count <= 7; count++) {
        const neighbours = api.neighbours(count)
        assert(neighbours.length <= Math.min(count, 4), `${neighbours.length} neighbours where ${count} were asked for`)
        assertSame(new Set(neighbours).size, neighbours.length, 'distinct neighbours')
        assert(!neighbours.includes(id), 'a peer is its own neighbour')
      }
    }
  })

  contract.add('a lone peer has no neighbours', async (network) => {
    const alone = await network.add()
    await network.settle()
    assertSame(alone.api.neighbours(3), [], 'neighbours')
  })
}

function addTraces(contract: Contract): void {
  contract.add('a trace tells what the lookup found, and how', async (network) => {
    const peers = await addPeers(network, 6)
    await agreement(network, peers, keys(5))
    for (const { id, api } of peers) {
      for (const key of keys(5)) {
        const [found] = await result(network, api.lookup(key), 'a lookup')
        const trace = await result(network, api.trace(key), 'a trace')
        assertSame([trace.key, trace.peers[0]], [key, found], 'key and peer')
        assertConsistent(trace, id)
      }
    }
  })

  contract.add('a trace of a lone peer has no hops and no contacts', async (network) => {
    const alone = await network.add()
    const [key] = keys(1) as [Key]
    const { peers, hops, timeouts, contacts } = await result(network, alone.api.trace(key), 'a trace')
    assertSame([peers, hops, timeouts, contacts], [[alone.id], 0, 0, []], 'trace')
  })
}

function addChanges(contract: Contract): void {
  const leavings = { 'crashed': 'crash', 'was stopped': 'stop' } as const
  for (const [name, leave] of Object.entries(leavings)) {
    contract.add(`the others take over from a peer that ${name}, and keep what they had`, async (network) => {
      const peers = await addPeers(network, 6)
      const before = await agreement(network, peers, keys(8))
      const [gone, ...others] = peers as [Peer, ...Peer[]]
      await network[leave](gone)
      const after = await agreement(network, others, keys(8))
      const kept = before.filter((owner, index) => owner === gone.id || owner === after[index])
      assertSame(kept.length, before.length, 'keys that have their owner, or had the one that is gone')
      await eventually(network, 'nobody to be a neighbour of who is gone', async () =>
        others.some(({ api }) => api.neighbours(8).includes(gone.id)) ? 'somebody is' : undefined,
      )
    })
  }

  contract.add('a newcomer takes over some keys, and all others know', async (network) => {
    const early = await addPeers(network, 4)
    await agreement(network, early, keys(3))
    const newcomer = await network.add()
    const peers = [...early, newcomer]
    await agreement(network, peers, keys(3))
    const key = await keyNear(network, newcomer)
    await eventually(network, 'all to name the newcomer', async () => {
      const replicas = await results(
        network,
        peers.map(({ api }) => api.replicas(key, 2)),
        'replicas',
      )
      return replicas.every((named) => named.includes(newcomer.id)) ? undefined : 'somebody does not'
    })
  })

  contract.addPartitioned('after a partition heals all agree again', async (network) => {
    const peers = await addPeers(network, 6)
    await agreement(network, peers, keys(5))
    const [left, right] = [peers.slice(0, 3), peers.slice(3)]
    await network.partition(left, right)
    await network.settle()
    await network.heal()
    await agreement(network, peers, keys(5))
  })
}

function addEndings(contract: Contract): void {
  contract.add('whoever does not want to wait hears so by the reason of the signal', async (network) => {
    const peers = await addPeers(network, 4)
    await agreement(network, peers, keys(3))
    const [{ api }] = peers as [Peer]
    const reason = new Error('No longer wanted')
    for (const key of keys(3)) {
      const options = { signal: AbortSignal.abort(reason) }
      const unwanted = [api.lookup(key, options), api.trace(key, options), api.replicas(key, 2, options)]
      const reasons = await refusals(network, unwanted, 'an aborted request')
      assert(
        reasons.every((other) => other === reason),
        'rejected with another reason',
      )
      const ending = new AbortController()
      const begun = api.lookup(key, { signal: ending.signal })
      ending.abort(reason)
      const [outcome] = await outcomes(network, [begun], 'a request that is aborted')
      // It may have had its answer at once.
      assert([reason, undefined].includes(outcome?.reason as Error | undefined), 'rejected with another reason')
    }
  })

  contract.add('what a stopped peer is asked, or was asked before, is not waited for in vain', async (network) => {
    const peers = await addPeers(network, 4)
    await agreement(network, peers, keys(3))
    const [{ api }] = peers as [Peer]
    const before = keys(3).map((key) => new Outcome(api.lookup(key)))
    await network.stop(peers[0] as Peer)
    await network.until(() => before.every(({ isThere }) => isThere), 'what was asked before the stop')
    await outcomes(
      network,
      keys(3).map((key) => api.lookup(key)),
      'what is asked after the stop',
    )
  })
}

function keys(count: number): Key[] {
  return Array.from({ length: count }, (_, index) => keyOf(`key ${index}`))
}

/** Resolves once the peers name the same owner of each key, one of themselves. @returns the owners, in the order of keys */
async function agreement(network: Network, peers: readonly Peer[], keys: readonly Key[]): Promise<PeerId[]> {
  // All may agree by chance before all have taken their places.
  await network.settle()
  const present = new Set(peers.map(({ id }) => id))
  const owners: PeerId[] = []
  await eventually(network, 'all to agree on who is responsible', async () => {
    owners.length = 0
    for (const key of keys) {
      const lookups = peers.map(({ api }) => api.lookup(key))
      const named = new Set((await results(network, lookups, 'lookups')).map(([first]) => first))
      const [owner] = named
      if (named.size !== 1 || owner === undefined) return `${named.size} peers are named for one key`
      if (!present.has(owner)) return 'one that is gone is named'
      owners.push(owner)
    }
    return undefined
  })
  return owners
}

/** A key of which the peer, as it says itself, is one of two replicas. */
async function keyNear(network: Network, { id, api }: Peer): Promise<Key> {
  // Of a few peers one is among the nearest two of a key of chance every other time or so.
  for (let index = 0; index < 500; index++) {
    const key = keyOf(`nearby ${index}`)
    if ((await result(network, api.replicas(key, 2), 'replicas')).includes(id)) return key
  }
  throw new Error('A newcomer is a replica of none of 500 keys')
}

function assertConsistent(trace: LookupTrace, self: PeerId): void {
  const { hops, timeouts, duration, contacts, peers } = trace
  const answered = contacts.filter(({ outcome }) => outcome === 'answered').length
  assertSame(timeouts, contacts.length - answered, 'timeouts')
  assert(hops >= 0 && hops <= answered, `${hops} hops, and ${answered} peers that answered`)
  assertSame(new Set(peers).size, peers.length, 'distinct peers')
  assert(!contacts.some(({ peer }) => peer === self), 'a peer has asked itself')
  const starts = contacts.map(({ at }) => at)
  assertSame(
    starts,
    starts.toSorted((left, right) => left - right),
    'the order of contacts',
  )
  for (const { at, took } of contacts) {
    assert(Number.isInteger(at) && at >= 0 && Number.isInteger(took) && took >= 0, `at ${at}, took ${took}`)
    assert(at <= duration, `a contact at ${at} of a lookup that took ${duration}`)
  }
  assert(Number.isInteger(duration) && duration >= 0, `a duration of ${duration}`)
}

function same(left: readonly PeerId[], right: readonly PeerId[] | undefined): boolean {
  return left.join() === right?.join()
}
