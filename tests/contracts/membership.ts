import {
  assert,
  type MemberState,
  type Membership,
  type MembershipEvent,
  type PeerId,
  type Tags,
} from '../../node/protocol/index.ts'
import { NetworkContract, addPeers, assertSame } from './network.ts'
import type { ContractPeer, NetworkCase, NetworkHarness } from './network.ts'

/** An overlay with the role, and with ways to leave, to come back, and to say something of itself if it has them. */
export interface MembershipUnderTest extends Membership {
  leave?(): void
  /** Takes part again after `leave`, by way of these peers. */
  join?(peers: readonly PeerId[]): void
  setTags?(tags: Tags): void
}

type Peer = ContractPeer<MembershipUnderTest>

export interface MembershipHarness extends NetworkHarness<MembershipUnderTest> {
  /** Whether the overlay can leave: `leave()`, or by being stopped properly. @default true */
  readonly leaves?: boolean
  /** Whether the overlay has `leave()` and, after it, `join(peers)`. @default false */
  readonly rejoins?: boolean
  /** Whether the overlay has `setTags()`, which all others learn. @default false */
  readonly tags?: boolean
}

/** What every overlay in the role `Membership` promises. Each case can be run by any test runner, in a browser as well. */
export function membershipContract(harness: MembershipHarness): readonly NetworkCase[] {
  const contract = new NetworkContract(harness)
  addKnowledge(contract)
  addSamples(contract)
  addDepartures(contract, harness.leaves !== false)
  addReturns(contract, harness.rejoins === true)
  addTags(contract, harness.tags === true)
  addSubscriptions(contract)
  addPartitions(contract)
  return contract.cases
}

function addKnowledge(contract: NetworkContract<MembershipUnderTest>): void {
  contract.add('a member alone knows itself, alive, and nobody else', async (network) => {
    const alone = await network.add()
    await network.settle()
    assertSame(states(alone), [[alone.id, 'alive']], 'members')
    assertSame(alone.api.sample(3), [], 'sample')
  })

  contract.add('a member is the first in its own list, and each other one is in it once', async (network) => {
    const peers = await addPeers(network, 4)
    await network.until(() => allKnow(peers, peers), 'four members to know each other')
    const ids = peers.map(({ id }) => id)
    for (const peer of peers) {
      const listed = states(peer).map(([id]) => id)
      assertSame(listed[0], peer.id, 'the first member')
      assertSame(listed.sort(), ids.toSorted(), 'members')
    }
  })

  contract.add('every member learns of every other', async (network) => {
    const peers = await addPeers(network, 5)
    await network.until(() => allKnow(peers, peers), 'five members to know each other')
  })

  contract.add('a late joiner learns of all and all learn of it', async (network) => {
    const early = await addPeers(network, 3)
    await network.until(() => allKnow(early, early), 'three members to know each other')
    const peers = [...early, await network.add()]
    await network.until(() => allKnow(peers, peers), 'the late joiner to be known and to know')
  })

  contract.add('a quiet network has no changes', async (network) => {
    const peers = await addPeers(network, 3)
    await network.until(() => allKnow(peers, peers), 'three members to know each other')
    const events = peers.map((peer) => record(peer))
    await network.settle()
    assertSame(events, [[], [], []], 'events')
  })
}

function addSamples(contract: NetworkContract<MembershipUnderTest>): void {
  contract.add('a sample has distinct others, never the member itself, at most as many as asked', async (network) => {
    const peers = await addPeers(network, 5)
    await network.until(() => allKnow(peers, peers), 'five members to know each other')
    for (const { id, api } of peers) {
      for (let count = 0; count <= 7; count++) {
        const sample = api.sample(count)
        assertSame(sample.length, Math.min(count, 4), `length of a sample of ${count}`)
        assertSame(new Set(sample).size, sample.length, 'distinct members')
        assert(!sample.includes(id), 'a member is in its own sample')
      }
    }
  })

  contract.add('every other member is sampled sooner or later', async (network) => {
    const peers = await addPeers(network, 4)
    await network.until(() => allKnow(peers, peers), 'four members to know each other')
    const [first] = peers as [Peer]
    const seen = new Set<PeerId>()
    // Each draw misses a given one of three with 2/3: all of 200 do with less than 10^-35.
    for (let draw = 0; draw < 200; draw++) for (const peer of first.api.sample(1)) seen.add(peer)
    assertSame(seen.size, 3, 'members sampled')
  })

  contract.add('a sample does not have members known to be gone', async (network) => {
    const peers = await addPeers(network, 4)
    await network.until(() => allKnow(peers, peers), 'four members to know each other')
    const [gone, ...others] = peers as [Peer, ...Peer[]]
    await network.crash(gone)
    await network.until(() => others.every((peer) => isGone(stateOf(peer, gone.id))), 'the crash to be noticed')
    for (const { api } of others) {
      for (let draw = 0; draw < 20; draw++) assert(!api.sample(3).includes(gone.id), 'a gone member is sampled')
    }
  })
}

function addDepartures(contract: NetworkContract<MembershipUnderTest>, leaves: boolean): void {
  contract.add('a crashed member is failed at all others, which stay alive', async (network) => {
    const peers = await addPeers(network, 5)
    await network.until(() => allKnow(peers, peers), 'five members to know each other')
    const [crashed, ...others] = peers as [Peer, ...Peer[]]
    const events = others.map((peer) => record(peer))
    await network.crash(crashed)
    const allFailed = (): boolean => others.every((peer) => [undefined, 'failed'].includes(stateOf(peer, crashed.id)))
    await network.until(allFailed, 'the crashed member to be failed at all others')
    await network.until(() => allKnow(others, others), 'the others to be alive')
    for (const heard of events) {
      assertSame(heard.filter(({ type, peer }) => type === 'failed' && peer === crashed.id).length, 1, 'failed events')
      assert(!heard.some(({ type, peer }) => type === 'left' && peer === crashed.id), 'a crashed member has left')
    }
  })

  contract.add('a stopped member hears and tells nothing any more', async (network) => {
    const peers = await addPeers(network, 3)
    await network.until(() => allKnow(peers, peers), 'three members to know each other')
    const [stopped, ...others] = peers as [Peer, ...Peer[]]
    await network.stop(stopped)
    const events = record(stopped)
    await network.until(() => others.every((peer) => isGone(stateOf(peer, stopped.id))), 'the stop to be noticed')
    await network.settle()
    assertSame(events, [], 'events after the stop')
    assert(
      others.every((peer) => isGone(stateOf(peer, stopped.id))),
      'a stopped member is back',
    )
  })

  if (!leaves) return
  contract.add('a member that is stopped properly has left, not failed', async (network) => {
    await assertLeft(network.stop.bind(network), await addPeers(network, 4), network)
  })

  contract.add('a member that leaves has left, not failed', async (network) => {
    const peers = await addPeers(network, 4)
    if (peers[0]?.api.leave === undefined) return assertLeft(network.stop.bind(network), peers, network)
    await assertLeft(async (peer) => peer.api.leave?.(), peers, network)
  })
}

async function assertLeft(
  end: (peer: Peer) => Promise<void>,
  peers: readonly Peer[],
  network: { until(condition: () => boolean, wish: string): Promise<void>; settle(): Promise<void> },
): Promise<void> {
  await network.until(() => allKnow(peers, peers), 'the members to know each other')
  const [leaver, ...others] = peers as [Peer, ...Peer[]]
  const events = others.map((peer) => record(peer))
  await end(leaver)
  const allLeft = (): boolean => others.every((peer) => [undefined, 'left'].includes(stateOf(peer, leaver.id)))
  await network.until(allLeft, 'the member to have left at all others')
  await network.settle()
  for (const heard of events) {
    const types = heard.filter(({ peer }) => peer === leaver.id).map(({ type }) => type)
    assert(types.includes('left') && !types.includes('failed'), `a member that left: ${types.join(', ')}`)
  }
}

function addReturns(contract: NetworkContract<MembershipUnderTest>, rejoins: boolean): void {
  contract.addRestarted(
    'a member that crashed and is back is alive at all others, which tell of it',
    async (network) => {
      const peers = await addPeers(network, 4)
      await network.until(() => allKnow(peers, peers), 'four members to know each other')
      const [crashed, ...others] = peers as [Peer, ...Peer[]]
      await network.crash(crashed)
      await network.until(() => others.every((peer) => isGone(stateOf(peer, crashed.id))), 'the crash to be noticed')
      const events = others.map((peer) => record(peer))
      const back = await network.restart(crashed)
      assertSame(back.id, crashed.id, 'the name of the member that is back')
      const all = [back, ...others]
      await network.until(() => allKnow(all, all), 'the member that is back to be known and to know')
      for (const heard of events) {
        assert(
          heard.some(({ type, peer }) => type === 'joined' && peer === back.id),
          'nobody was told that a member is back',
        )
      }
    },
  )

  const name = 'a member that left and joins again is alive at all others'
  if (!rejoins) return contract.leaveOut(name, 'the overlay cannot leave and join again')
  contract.add(name, async (network) => {
    const peers = await addPeers(network, 4)
    await network.until(() => allKnow(peers, peers), 'four members to know each other')
    const [leaver, ...others] = peers as [Peer, ...Peer[]]
    leaver.api.leave?.()
    await network.until(() => others.every((peer) => isGone(stateOf(peer, leaver.id))), 'the leave to be noticed')
    leaver.api.join?.(others.map(({ id }) => id))
    await network.until(() => allKnow(peers, peers), 'the member that left to be known again and to know')
  })
}

function addTags(contract: NetworkContract<MembershipUnderTest>, tags: boolean): void {
  const name = 'what a member says of itself is known to all others, later joiners too, and the newest of it lasts'
  if (!tags) return contract.leaveOut(name, 'the overlay has no tags')
  contract.add(name, async (network) => {
    const early = await addPeers(network, 4)
    await network.until(() => allKnow(early, early), 'four members to know each other')
    const [speaker, ...others] = early as [Peer, ...Peer[]]
    const events = others.map((peer) => record(peer))
    speaker.api.setTags?.({ city: 'Lisbon', role: 'store' })
    speaker.api.setTags?.({ city: 'Porto' })
    const know = (peers: readonly Peer[]): boolean =>
      peers.every((peer) => JSON.stringify(tagsOf(peer, speaker.id)) === '{"city":"Porto"}')
    await network.until(() => know(early), 'all to know what the member says of itself')
    await network.until(
      () => events.every((heard) => heard.some(({ type, peer }) => type === 'updated' && peer === speaker.id)),
      'all others to be told of it',
    )
    const late = await network.add()
    await network.until(() => know([...early, late]), 'a late joiner to know it as well')
    await network.settle()
    assert(know([...early, late]), 'what a member said earlier is back')
  })
}

function addSubscriptions(contract: NetworkContract<MembershipUnderTest>): void {
  contract.add('listeners hear of who joins, once each', async (network) => {
    const first = await network.add()
    const events = record(first)
    const second = await network.add()
    const third = await network.add()
    await network.until(() => allKnow([first], [first, second, third]), 'the first to know all')
    await network.settle()
    const joined = events.filter(({ type }) => type === 'joined').map(({ peer }) => peer)
    assertSame(joined.sort(), [second.id, third.id].sort(), 'joined')
  })

  contract.add('what is told of a member is what is listed, and one thing follows from the other', async (network) => {
    const observer = await network.add()
    const state = new Map<PeerId, MemberState>()
    const wrong: string[] = []
    observer.api.subscribe(({ type, peer }) => {
      const [before, listed] = [state.get(peer), stateOf(observer, peer)]
      if (!follows(type, before)) wrong.push(`${type} of a member that is ${before ?? 'unknown'}`)
      if (!agrees(type, listed)) wrong.push(`${type} of a member that is listed as ${listed ?? 'unknown'}`)
      if (type !== 'updated') state.set(peer, type === 'joined' ? 'alive' : type)
    })
    const [crashing, stopping, staying] = (await addPeers(network, 3)) as [Peer, Peer, Peer]
    const others = [crashing, stopping, staying]
    await network.until(() => allKnow([observer], others), 'the observer to know three others')
    await network.crash(crashing)
    await network.stop(stopping)
    const gone = (): boolean => [crashing, stopping].every(({ id }) => isGone(stateOf(observer, id)))
    await network.until(gone, 'the observer to notice who is gone')
    await network.until(() => allKnow([observer], [staying]), 'the observer to have the other for alive')
    assertSame(wrong, [], 'events that contradict')
    for (const [peer, told] of state) {
      const listed = stateOf(observer, peer)
      assert(listed === undefined || listed === told, `a member that is ${listed ?? 'unknown'} was told to be ${told}`)
    }
  })

  contract.add('a subscription ends with its signal, and one that has ended never begins', async (network) => {
    const first = await network.add()
    const ending = new AbortController()
    const ended = record(first, ending.signal)
    const never = record(first, AbortSignal.abort())
    const lasting = record(first)
    ending.abort()
    const second = await network.add()
    await network.until(() => allKnow([first], [first, second]), 'the first to know the second')
    assertSame([ended, never], [[], []], 'events of ended subscriptions')
    assert(lasting.length > 0, 'the other subscription went on')
  })
}

function addPartitions(contract: NetworkContract<MembershipUnderTest>): void {
  contract.addPartitioned('after a partition heals every member knows every other again', async (network) => {
    const peers = await addPeers(network, 6)
    await network.until(() => allKnow(peers, peers), 'six members to know each other')
    const [left, right] = [peers.slice(0, 3), peers.slice(3)]
    await network.partition(left, right)
    const parted = (peer: Peer, others: readonly Peer[]): boolean => others.every(({ id }) => isGone(stateOf(peer, id)))
    const apart = (): boolean => left.every((peer) => parted(peer, right)) && right.every((peer) => parted(peer, left))
    await network.until(apart, 'each part to take the other for failed')
    await network.heal()
    await network.until(() => allKnow(peers, peers), 'six members to know each other again')
  })
}

function record({ api }: Peer, signal?: AbortSignal): MembershipEvent[] {
  const events: MembershipEvent[] = []
  api.subscribe((event) => void events.push(event), signal === undefined ? {} : { signal })
  return events
}

function states({ api }: Peer): [PeerId, MemberState][] {
  return api.members().map(({ peer, state }) => [peer, state])
}

function stateOf({ api }: Peer, peer: PeerId): MemberState | undefined {
  return api.members().find((member) => member.peer === peer)?.state
}

function tagsOf({ api }: Peer, peer: PeerId): Tags | undefined {
  return api.members().find((member) => member.peer === peer)?.tags
}

/** Whether an event can come next. */
function follows(type: MembershipEvent['type'], state: MemberState | undefined): boolean {
  switch (type) {
    case 'joined':
      return isGone(state)
    case 'suspected':
      return state === 'alive'
    case 'alive':
      return state === 'suspected'
    case 'failed':
      return state === 'alive' || state === 'suspected'
    case 'left':
      return state !== undefined && state !== 'left'
    case 'updated':
      return state !== undefined
  }
}

/** Whether an event says the same as the list at that moment. A newcomer may be suspected already. */
function agrees(type: MembershipEvent['type'], listed: MemberState | undefined): boolean {
  if (type === 'updated') return listed !== undefined
  return type === 'joined' ? !isGone(listed) : listed === type
}

function isGone(state: MemberState | undefined): boolean {
  return state !== 'alive' && state !== 'suspected'
}

function allKnow(knowing: readonly Peer[], known: readonly Peer[]): boolean {
  return knowing.every((peer) => known.every(({ id }) => stateOf(peer, id) === 'alive'))
}
