import {
  getResolved,
  ownedKey,
  recordId,
  sharedKey,
  StaleRecordError,
  updateShared,
} from '../../node/protocol/index.ts'
import type { Dht, OwnedRecord, SharedRecord } from '../../node/protocol/index.ts'
import { bytes, expectEverywhere, texts, type DhtNetwork, type DhtPeer } from './dht-peers.ts'
import { addPeers, assertSame, type NetworkContract } from './network.ts'
import { eventually, refusalOf, result, results } from './outcome.ts'

/** Which of several records of one key is read: the newest that is owned, all that are shared and unread by each other. */
export function addVersions(contract: NetworkContract<Dht>): void {
  addOwned(contract)
  addShared(contract)
}

function addOwned(contract: NetworkContract<Dht>): void {
  contract.add('of an owned record the newest is got everywhere, and what is read never goes back', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    const key = ownedKey(api.author, 'name')
    const read = peers.map(() => 0)
    for (let round = 1; round <= 4; round++) {
      const stored = await result(network, api.put(key, owned(`round ${round}`)), 'a put')
      assertSame((stored as OwnedRecord).sequence > (read[0] ?? 0), true, 'a greater sequence number')
      await eventually(network, 'all to read the newest', async () => {
        const got = await results(
          network,
          peers.map((peer) => peer.api.get(key)),
          'gets',
        )
        const sequences = got.map(([record]) => (record as OwnedRecord | undefined)?.sequence ?? 0)
        sequences.forEach((sequence, index) => {
          assertSame(sequence >= (read[index] ?? 0), true, 'what is read does not go back')
          read[index] = sequence
        })
        return sequences.every((sequence) => sequence === (stored as OwnedRecord).sequence) ? undefined : 'some do not'
      })
    }
    await expectEverywhere(network, peers, key, ['round 4'])
  })

  contract.add('an owned record that is not newer than what is there is refused', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    const key = ownedKey(api.author, 'name')
    await result(network, api.put(key, { ...owned('five'), sequence: 5 }), 'a put')
    for (const sequence of [5, 4, 1]) {
      const late = api.put(key, { ...owned('late'), sequence })
      const { sequence: newest } = await refusalOf(network, StaleRecordError, late, 'an older record')
      assertSame(newest, 5, 'the sequence number of what is there')
    }
    await expectEverywhere(network, peers, key, ['five'])
    await result(network, api.put(key, { ...owned('nine'), sequence: 9 }), 'a newer record')
    await expectEverywhere(network, peers, key, ['nine'])
  })

  contract.add('what is no sequence number is refused, and after the greatest there is no next', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    const key = ownedKey(api.author, 'name')
    for (const sequence of [-1, 1.5, Number.NaN, 2 ** 53]) {
      await refusalOf(network, RangeError, api.put(key, { ...owned('none'), sequence }), `the number ${sequence}`)
    }
    await result(network, api.put(key, { ...owned('last'), sequence: Number.MAX_SAFE_INTEGER }), 'the greatest')
    await refusalOf(network, RangeError, api.put(key, owned('beyond')), 'a record after the last')
    await expectEverywhere(network, peers, key, ['last'])
  })

  contract.add('records of one owner are told apart by name', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const [{ api }] = peers as [DhtPeer]
    for (const name of ['red', 'blue'])
      await result(network, api.put(ownedKey(api.author, name), { ...owned(name), name }), 'a put')
    for (const name of ['red', 'blue']) await expectEverywhere(network, peers, ownedKey(api.author, name), [name])
  })
}

function addShared(contract: NetworkContract<Dht>): void {
  const key = sharedKey('name')

  contract.add('what two write without knowing of each other stands side by side', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const [red, blue] = peers as [DhtPeer, DhtPeer]
    await results(network, [red.api.put(key, shared('red', [])), blue.api.put(key, shared('blue', []))], 'puts')
    await expectEverywhere(network, peers, key, ['blue', 'red'])
  })

  contract.add('what one peer writes without having read its own stands beside that', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const { api } = peers[0] as DhtPeer
    for (const text of ['red', 'green']) await result(network, api.put(key, shared(text)), 'a put')
    await result(network, api.put(key, shared('blue', [])), 'a put that replaces nothing')
    await expectEverywhere(network, peers, key, ['blue', 'green'])
  })

  contract.add('of overlapping writes of one peer none is lost to another that has not read it', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const { api } = peers[0] as DhtPeer
    const append = (text: string): Promise<unknown> =>
      updateShared(api, 'name', (read) => bytes([...texts(read), text].join(' ')))
    await results(network, ['one', 'two', 'three'].map(append), 'updates')
    await eventually(network, 'all three to be there', async () => {
      const words = texts(await result(network, api.get(key), 'a get')).flatMap((text) => text.split(' '))
      return new Set(words).size === 3 ? undefined : `only ${words.join()} are`
    })
  })

  contract.add('who has read all siblings replaces them', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    await writeSiblings(network, peers, ['red', 'blue'])
    await result(network, (peers[2] as DhtPeer).api.put(key, shared('purple')), 'a put after reading')
    await expectEverywhere(network, peers, key, ['purple'])
  })

  contract.add('who replaces one sibling leaves the other', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    await writeSiblings(network, peers, ['red', 'blue'])
    const { api } = peers[3] as DhtPeer
    const read = (await result(network, api.get(key), 'a get')) as readonly SharedRecord[]
    const replaced = read.filter(({ value }) => new TextDecoder().decode(value) === 'red')
    await result(network, api.put(key, shared('green', replaced)), 'a put')
    await expectEverywhere(network, peers, key, ['blue', 'green'])
  })

  contract.add('a resolver makes one value of siblings, which takes their place for all', async (network) => {
    const peers = await addPeers(network, 4)
    await network.settle()
    const [red, , reader] = peers as [DhtPeer, DhtPeer, DhtPeer]
    assertSame(
      await result(network, getResolved(reader.api, 'name', joined), 'a read of nothing'),
      undefined,
      'nothing',
    )
    await writeSiblings(network, peers, ['red', 'blue'])
    const value = await result(network, getResolved(reader.api, 'name', joined), 'a read with a resolver')
    assertSame(value && new TextDecoder().decode(value), 'blue and red', 'what is read')
    await expectEverywhere(network, peers, key, ['blue and red'])
    const longer = updateShared(red.api, 'name', (siblings) => bytes(`${new TextDecoder().decode(joined(siblings))}!`))
    await result(network, longer, 'an update')
    await expectEverywhere(network, peers, key, ['blue and red!'])
  })

  contract.add('all get the very record that was stored', async (network) => {
    const peers = await addPeers(network, 3)
    await network.settle()
    const stored = await result(network, (peers[0] as DhtPeer).api.put(key, shared('one')), 'a put')
    await eventually(network, 'all to get the record', async () => {
      const got = await results(
        network,
        peers.map(({ api }) => api.get(key)),
        'gets',
      )
      const isSame = got.every((records) => records.map(recordId).join() === recordId(stored))
      return isSame ? undefined : 'somebody gets another'
    })
  })
}

function joined(siblings: readonly SharedRecord[]): Uint8Array {
  return bytes(
    siblings
      .map(({ value }) => new TextDecoder().decode(value))
      .toSorted()
      .join(' and '),
  )
}

async function writeSiblings(network: DhtNetwork, peers: readonly DhtPeer[], values: readonly string[]): Promise<void> {
  const puts = values.map((value, index) => (peers[index] as DhtPeer).api.put(sharedKey('name'), shared(value, [])))
  await results(network, puts, 'puts')
  await expectEverywhere(network, peers, sharedKey('name'), values)
}

function owned(text: string): { readonly kind: 'owned'; readonly name: string; readonly value: Uint8Array } {
  return { kind: 'owned', name: 'name', value: bytes(text) }
}

function shared(
  text: string,
  replaces?: readonly SharedRecord[],
): {
  readonly kind: 'shared'
  readonly name: string
  readonly value: Uint8Array
  readonly replaces?: readonly SharedRecord[]
} {
  return { kind: 'shared', name: 'name', value: bytes(text), ...(replaces === undefined ? {} : { replaces }) }
}
