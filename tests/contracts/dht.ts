import { immutableKey, keyOf, ownedKey, recordLimits, sharedKey } from '../../node/protocol/index.ts'
import type { Dht, DhtWrite, Key } from '../../node/protocol/index.ts'
import { addChanges } from './dht-changes.ts'
import { addProviders } from './dht-providers.ts'
import { addVersions } from './dht-versions.ts'
import { bytes, expectEverywhere, texts, type DhtPeer } from './dht-peers.ts'
import { NetworkContract, addPeers, assertSame, type NetworkCase, type NetworkHarness } from './network.ts'
import { Outcome, outcomes, refusalOf, refusals, result, results } from './outcome.ts'

type Contract = NetworkContract<Dht>

export interface DhtHarness extends NetworkHarness<Dht> {
  /** Whether peers that join later are given what is stored, without anybody writing it anew. @default true */
  readonly handsOver?: boolean
  /** Whether providers that withdrew or are gone are forgotten within a few times that the network settles. @default false */
  readonly forgetsProviders?: boolean
}

/** What every overlay in the role `Dht` promises. Each case can be run by any test runner, in a browser as well. */
export function dhtContract(harness: DhtHarness): readonly NetworkCase[] {
  const contract: Contract = new NetworkContract(harness)
  addRecords(contract)
  addRefusals(contract)
  addVersions(contract)
  addProviders(contract, harness.forgetsProviders === true)
  addChanges(contract, harness.handsOver !== false)
  addEndings(contract)
  return contract.cases
}

/** One record of each kind that the peer can write, and where it belongs. */
function writesOf({ api }: DhtPeer, text: string): [DhtWrite['kind'], Key, DhtWrite][] {
  // To each its own bytes: a case may spoil them.
  return [
    ['immutable', immutableKey(bytes(text)), { kind: 'immutable', value: bytes(text) }],
    ['owned', ownedKey(api.author, 'name'), { kind: 'owned', name: 'name', value: bytes(text) }],
    ['shared', sharedKey('name'), { kind: 'shared', name: 'name', value: bytes(text) }],
  ]
}

function addRecords(contract: Contract): void {
  for (const kind of ['immutable', 'owned', 'shared'] as const) {
    contract.add(`what one peer puts is got by all: a record that is ${kind}`, async (network) => {
      const peers = await addPeers(network, 5)
      await network.settle()
      const [writer] = peers as [DhtPeer]
      const [, key, write] = writesOf(writer, 'hello').find(([of]) => of === kind) as [string, Key, DhtWrite]
      const stored = await result(network, writer.api.put(key, write), 'a put')
      assertSame([stored.kind, texts([stored])], [kind, ['hello']], 'the record that was stored')
      await expectEverywhere(network, peers, key, ['hello'])
    })
  }

  contract.add('under a key that nobody has written there is nothing', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    await expectEverywhere(network, peers, keyOf('never written'), [])
  })

  contract.add('a lone peer can put and get', async (network) => {
    const alone = await network.add()
    for (const [kind, key, write] of writesOf(alone, 'hello')) {
      await result(network, alone.api.put(key, write), `a put of what is ${kind}`)
      await expectEverywhere(network, [alone], key, ['hello'])
    }
  })

  contract.add('an empty value and the largest one are values', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    for (const length of [0, recordLimits.valueBytes]) {
      const value = new Uint8Array(length).fill(7)
      await result(network, (peers[0] as DhtPeer).api.put(immutableKey(value), { kind: 'immutable', value }), 'a put')
      const got = await result(network, (peers[2] as DhtPeer).api.get(immutableKey(value)), 'a get')
      assertSame(
        got.map(({ value }) => [value.length, value.every((byte) => byte === 7)]),
        [[length, true]],
        'values',
      )
    }
  })

  contract.add('what callers do to their bytes changes no record', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [writer, reader] = peers as [DhtPeer, DhtPeer]
    for (const [kind, key, write] of writesOf(writer, 'hello')) {
      const begun = writer.api.put(key, write)
      write.value.fill(0)
      const stored = await result(network, begun, `a put of what is ${kind}`)
      stored.value.fill(0)
      for (const record of await result(network, reader.api.get(key), 'a get')) record.value.fill(0)
      await expectEverywhere(network, peers, key, ['hello'])
    }
  })
}

function addRefusals(contract: Contract): void {
  contract.add('a record may stand under its own key only', async (network) => {
    const peers = await addPeers(network, 2)
    await network.settle()
    const [writer, other] = peers as [DhtPeer, DhtPeer]
    const value = bytes('hello')
    const misplaced: [Key, DhtWrite][] = [
      [immutableKey(bytes('something else')), { kind: 'immutable', value }],
      [ownedKey(writer.api.author, 'another name'), { kind: 'owned', name: 'name', value }],
      // Whose it is follows from who signs.
      [ownedKey(new Uint8Array(32).fill(9), 'name'), { kind: 'owned', name: 'name', value }],
      [sharedKey('another name'), { kind: 'shared', name: 'name', value }],
      [immutableKey(value), { kind: 'shared', name: 'name', value }],
    ]
    for (const [key, write] of misplaced) {
      await refusalOf(network, RangeError, writer.api.put(key, write), `a ${write.kind} record under another key`)
      assertSame(await result(network, other.api.get(key), 'a get'), [], 'records')
    }
  })

  contract.add('what is too large is refused, and the next put succeeds', async (network) => {
    const peers = await addPeers(network, 2)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    const value = new Uint8Array(recordLimits.valueBytes + 1)
    const name = 'x'.repeat(recordLimits.nameBytes + 1)
    const small = bytes('hello')
    const excessive: [Key, DhtWrite][] = [
      [immutableKey(value), { kind: 'immutable', value }],
      [ownedKey(api.author, 'name'), { kind: 'owned', name: 'name', value }],
      [sharedKey('name'), { kind: 'shared', name: 'name', value }],
      [ownedKey(api.author, name), { kind: 'owned', name, value: small }],
      [sharedKey(name), { kind: 'shared', name, value: small }],
    ]
    for (const [key, write] of excessive)
      await refusalOf(network, RangeError, api.put(key, write), `a ${write.kind} record that is too large`)
    await result(network, api.put(immutableKey(small), { kind: 'immutable', value: small }), 'the next put')
    await expectEverywhere(network, peers, immutableKey(small), ['hello'])
  })
}

function addEndings(contract: Contract): void {
  contract.add('whoever does not want to wait hears so by the reason of the signal', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    const reason = new Error('No longer wanted')
    const [key, value] = [immutableKey(bytes('hello')), bytes('hello')]
    const requests = (signal: AbortSignal): Promise<unknown>[] => [
      api.put(key, { kind: 'immutable', value }, { signal }),
      api.get(key, { signal }),
      api.provide(key, { signal }),
      api.providers(key, { signal }),
    ]
    for (const other of await refusals(network, requests(AbortSignal.abort(reason)), 'an aborted request'))
      assertSame(other === reason, true, 'rejected with the reason')
    const ending = new AbortController()
    const begun = requests(ending.signal)
    ending.abort(reason)
    for (const outcome of await outcomes(network, begun, 'requests that are aborted'))
      // It may have had its answer at once.
      assertSame([reason, undefined].includes(outcome.reason as Error | undefined), true, 'rejected with the reason')
  })

  contract.add('what a stopped peer is asked, or was asked before, is not waited for in vain', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [stopped] = peers as [DhtPeer]
    const [key, value] = [immutableKey(bytes('hello')), bytes('hello')]
    const requests = (): Promise<unknown>[] => [
      stopped.api.put(key, { kind: 'immutable', value }),
      stopped.api.get(key),
      stopped.api.provide(key),
      stopped.api.providers(key),
    ]
    const before = requests().map((begun) => new Outcome(begun))
    await network.stop(stopped)
    await network.until(() => before.every(({ isThere }) => isThere), 'what was asked before the stop')
    await outcomes(network, requests(), 'what is asked after the stop')
  })

  contract.add('many requests at once are all answered', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const values = Array.from({ length: 25 }, (_, index) => bytes(`value ${index}`))
    const puts = values.map((value, index) =>
      (peers[index % 4] as DhtPeer).api.put(immutableKey(value), { kind: 'immutable', value }),
    )
    await results(network, puts, 'many puts')
    const gets = peers.flatMap(({ api }) => values.map((value) => api.get(immutableKey(value))))
    const got = await results(network, gets, 'many gets')
    assertSame(
      got.map((records) => texts(records)),
      peers.flatMap(() => values.map((value) => [new TextDecoder().decode(value)])),
      'values',
    )
  })
}
