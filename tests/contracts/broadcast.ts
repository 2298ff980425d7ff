import { assert, type Broadcast, type BroadcastMessage } from '../../node/protocol/index.ts'
import { NetworkContract, addPeers, assertSame } from './network.ts'
import type { ContractNetwork, ContractPeer, NetworkCase, NetworkHarness } from './network.ts'

type Peer = ContractPeer<Broadcast>
type Contract = NetworkContract<Broadcast>

export interface BroadcastHarness extends NetworkHarness<Broadcast> {
  /** A size that the overlay under test must refuse. */
  readonly tooLargeBytes: number
}

/** What every overlay in the role `Broadcast` promises. Each case can be run by any test runner, in a browser as well. */
export function broadcastContract(harness: BroadcastHarness): readonly NetworkCase[] {
  const contract: Contract = new NetworkContract(harness)
  addDelivery(contract)
  addTopics(contract)
  addSubscriptions(contract)
  addLimits(contract, harness.tooLargeBytes)
  addMembership(contract)
  addPartitions(contract)
  return contract.cases
}

function addDelivery(contract: Contract): void {
  contract.add('a message reaches every subscriber exactly once, and not its publisher', async (network) => {
    const peers = await addSettledPeers(network, 8)
    const heard = peers.map((peer) => listen(peer, 'news'))
    const [publisher, ...others] = peers as [Peer, ...Peer[]]
    publisher.api.publish('news', bytes('hello'))
    await network.until(() => heard.slice(1).every(({ length }) => length > 0), 'the message to reach all')
    await network.settle()
    assertSame(heard.map(texts), [[], ...others.map(() => ['hello'])], 'messages heard')
  })

  contract.add('a message tells its topic and its publisher, and comes from another peer', async (network) => {
    const peers = await addSettledPeers(network, 3)
    const [publisher, listener] = peers as [Peer, Peer]
    const heard = listen(listener, 'news')
    publisher.api.publish('news', bytes('hello'))
    await network.until(() => heard.length > 0, 'the message to arrive')
    const [message] = heard as [BroadcastMessage]
    assertSame([message.topic, message.publisher], ['news', publisher.id], 'topic and publisher')
    assert(message.from !== listener.id, 'a message of another peer comes from this one')
  })

  contract.add('equal bytes published twice are two messages', async (network) => {
    const peers = await addSettledPeers(network, 3)
    const heard = listen(peers[1] as Peer, 'news')
    for (let count = 0; count < 2; count++) peers[0]?.api.publish('news', bytes('again'))
    await network.until(() => heard.length >= 2, 'both messages to arrive')
    await network.settle()
    assertSame(texts(heard), ['again', 'again'], 'messages heard')
  })

  contract.add('every peer can publish, many messages at once', async (network) => {
    const peers = await addSettledPeers(network, 5)
    const heard = peers.map((peer) => listen(peer, 'news'))
    for (const { id, api } of peers)
      for (let count = 0; count < 20; count++) api.publish('news', bytes(`${id} ${count}`))
    await network.until(() => heard.every(({ length }) => length >= 80), 'all messages to reach all others')
    await network.settle()
    for (const messages of heard) assertSame([messages.length, new Set(texts(messages)).size], [80, 80], 'messages')
  })

  contract.add('what publisher and listeners do to their bytes changes no message', async (network) => {
    const peers = await addSettledPeers(network, 4)
    const [publisher, ...others] = peers as [Peer, ...Peer[]]
    const heard: string[] = []
    for (const { api } of others) {
      api.subscribe('news', ({ bytes }) => {
        heard.push(text(bytes))
        bytes.fill(0)
      })
    }
    const own = bytes('hello')
    publisher.api.publish('news', own)
    own.fill(0)
    await network.until(() => heard.length >= 3, 'the message to reach all')
    assertSame(heard, ['hello', 'hello', 'hello'], 'messages heard')
  })

  contract.add('an empty message is a message', async (network) => {
    const peers = await addSettledPeers(network, 2)
    const heard = listen(peers[1] as Peer, 'news')
    peers[0]?.api.publish('news', new Uint8Array())
    await network.until(() => heard.length > 0, 'the message to arrive')
    assertSame(heard[0]?.bytes.length, 0, 'bytes')
  })
}

function addTopics(contract: Contract): void {
  contract.add('topics do not mix, and subscribers hear through peers that do not subscribe', async (network) => {
    const peers = await addSettledPeers(network, 8)
    const [publisher, red, blue] = peers as [Peer, Peer, Peer]
    const heard = [listen(red, 'red'), listen(blue, 'blue')]
    publisher.api.publish('red', bytes('r'))
    publisher.api.publish('blue', bytes('b'))
    publisher.api.publish('green', bytes('g'))
    await network.until(() => heard.every(({ length }) => length > 0), 'both messages to arrive')
    await network.settle()
    assertSame(heard.map(texts), [['r'], ['b']], 'messages heard')
  })

  contract.add('a peer that does not subscribe can publish', async (network) => {
    const peers = await addSettledPeers(network, 3)
    const heard = listen(peers[2] as Peer, 'news')
    peers[0]?.api.publish('news', bytes('hello'))
    await network.until(() => heard.length > 0, 'the message to arrive')
  })
}

function addSubscriptions(contract: Contract): void {
  contract.add('a subscription ends with its signal, others of the topic go on', async (network) => {
    const peers = await addSettledPeers(network, 3)
    const [publisher, listener] = peers as [Peer, Peer]
    const ending = new AbortController()
    const ended = listen(listener, 'news', ending.signal)
    const never = listen(listener, 'news', AbortSignal.abort())
    const lasting = listen(listener, 'news')
    publisher.api.publish('news', bytes('one'))
    await network.until(() => lasting.length === 1, 'the first message to arrive')
    ending.abort()
    publisher.api.publish('news', bytes('two'))
    await network.until(() => lasting.length === 2, 'the second message to arrive')
    assertSame([texts(ended), texts(never), texts(lasting)], [['one'], [], ['one', 'two']], 'messages heard')
  })

  contract.add('a topic can be subscribed to again after its last subscription ended', async (network) => {
    const peers = await addSettledPeers(network, 2)
    const [publisher, listener] = peers as [Peer, Peer]
    const ending = new AbortController()
    const ended = listen(listener, 'news', ending.signal)
    ending.abort()
    const heard = listen(listener, 'news')
    publisher.api.publish('news', bytes('hello'))
    await network.until(() => heard.length > 0, 'the message to arrive')
    assertSame([texts(ended), texts(heard)], [[], ['hello']], 'messages heard')
  })
}

function addLimits(contract: Contract, tooLargeBytes: number): void {
  contract.add(
    'a message that is too large is refused with a RangeError, and the next one is sent',
    async (network) => {
      const peers = await addSettledPeers(network, 2)
      const [publisher, listener] = peers as [Peer, Peer]
      const heard = listen(listener, 'news')
      assertRangeError(() => publisher.api.publish('news', new Uint8Array(tooLargeBytes)))
      publisher.api.publish('news', bytes('hello'))
      await network.until(() => heard.length > 0, 'the message to arrive')
      assertSame(texts(heard), ['hello'], 'messages heard')
    },
  )

  contract.add('a topic that is too long is refused with a RangeError', async (network) => {
    const { api } = await network.add()
    assertRangeError(() => api.publish('x'.repeat(100_000), bytes('hello')))
    assertRangeError(() => api.subscribe('x'.repeat(100_000), () => {}))
  })
}

function addMembership(contract: Contract): void {
  contract.add('a late joiner takes part', async (network) => {
    const early = await addSettledPeers(network, 3)
    const late = await network.add()
    await network.settle()
    const peers = [...early, late]
    const heard = peers.map((peer) => listen(peer, 'news'))
    late.api.publish('news', bytes('late'))
    early[0]?.api.publish('news', bytes('early'))
    await network.until(() => heard[3]?.length === 1 && heard[1]?.length === 2, 'both messages to arrive')
    assertSame(texts(heard[3] ?? []), ['early'], 'messages the late joiner heard')
  })

  contract.add('the others hear each other after one crashed', async (network) => {
    const peers = await addSettledPeers(network, 6)
    const [crashed, publisher, ...others] = peers as [Peer, Peer, ...Peer[]]
    await network.crash(crashed)
    const heard = others.map((peer) => listen(peer, 'news'))
    publisher.api.publish('news', bytes('hello'))
    await network.until(() => heard.every(({ length }) => length > 0), 'the message to reach all others')
    await network.settle()
    assertSame(
      heard.map(texts),
      others.map(() => ['hello']),
      'messages heard',
    )
  })

  contract.add('a stopped peer hears nothing any more', async (network) => {
    const peers = await addSettledPeers(network, 3)
    const [stopped, publisher, other] = peers as [Peer, Peer, Peer]
    const heard = [listen(stopped, 'news'), listen(other, 'news')]
    await network.stop(stopped)
    publisher.api.publish('news', bytes('hello'))
    await network.until(() => heard[1]?.length === 1, 'the message to reach the other')
    await network.settle()
    assertSame(heard.map(texts), [[], ['hello']], 'messages heard')
  })
}

function addPartitions(contract: Contract): void {
  contract.addPartitioned('after a partition heals a message reaches both parts', async (network) => {
    const peers = await addSettledPeers(network, 6)
    const [left, right] = [peers.slice(0, 3), peers.slice(3)]
    await network.partition(left, right)
    await network.settle()
    await network.heal()
    await network.settle()
    const heard = right.map((peer) => listen(peer, 'news'))
    left[0]?.api.publish('news', bytes('hello'))
    await network.until(() => heard.every(({ length }) => length > 0), 'the message to reach the other part')
    assertSame(heard.map(texts), [['hello'], ['hello'], ['hello']], 'messages heard')
  })
}

async function addSettledPeers(network: ContractNetwork<Broadcast>, count: number): Promise<Peer[]> {
  const peers = await addPeers(network, count)
  await network.settle()
  return peers
}

function listen({ api }: Peer, topic: string, signal?: AbortSignal): BroadcastMessage[] {
  const heard: BroadcastMessage[] = []
  api.subscribe(topic, (message) => void heard.push(message), signal === undefined ? {} : { signal })
  return heard
}

function assertRangeError(act: () => void): void {
  let thrown: unknown
  try {
    act()
  } catch (error) {
    thrown = error
  }
  assert(thrown instanceof RangeError, `a RangeError was expected, not ${String(thrown)}`)
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function texts(messages: readonly BroadcastMessage[]): string[] {
  return messages.map(({ bytes }) => text(bytes))
}
