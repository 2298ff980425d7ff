import { expect } from 'vitest'
import type { RunningVerb } from '../live/cli/machine.ts'
import type { PeerProcess } from '../live/cli/peer-process.ts'
import { lanTest, makeHosts, peerOn } from './lan-test.ts'
import type { LanHost } from './lan.ts'

/** Above what the verbs that wait allow themselves, so that it is them who say what did not happen. */
const limit = { timeout: 180_000 }

interface Resident {
  readonly host: LanHost
  readonly peer: PeerProcess
}

/** Peers on hosts of their own that know nothing but the name of their network, and have all found each other. */
async function settle(count: number): Promise<readonly Resident[]> {
  const residents = (await makeHosts(count)).map((host) => ({ host, peer: peerOn(host) }))
  await Promise.all(residents.map(({ peer }) => peer.up('--network', 'x')))
  await allThere(residents)
  return residents
}

/** Resolves when each of them has all of them for alive. */
async function allThere(residents: readonly Resident[]): Promise<void> {
  await Promise.all(residents.map(({ peer }) => peer.run('wait', '--members', String(residents.length))))
}

/** Resolves when all have the same. @returns the lines, in the order of the alphabet */
async function commonLines(residents: readonly Resident[], document: string): Promise<string[]> {
  await Promise.all(residents.map(({ peer }) => peer.converged(residents.length - 1)))
  const [text = '', ...others] = await Promise.all(residents.map(({ peer }) => peer.text(document)))
  for (const other of others) expect(other).toBe(text)
  return text.trimEnd().split('\n').toSorted()
}

/** Resolves when these have heard that. What was told to the other half of a network may reach them as well, late. */
async function hear(text: string, ...listeners: readonly RunningVerb[]): Promise<void> {
  for (const listener of listeners) while ((await listener.line()) !== text);
}

lanTest('a network that falls into two halves goes on in each, and is one again when it heals', limit, async () => {
  const residents = await settle(4)
  const [alice, bob, carol, dave] = residents as [Resident, Resident, Resident, Resident]
  await alice.peer.append('notes', 'before')
  expect(await commonLines(residents, 'notes')).toEqual(['before'])
  const [atBob, atDave] = [await bob.peer.listen('news'), await dave.peer.listen('news')]

  const given = Promise.all(residents.map(({ peer }) => peer.untilMembers('failed', 2)))
  carol.host.part()
  dave.host.part()
  await given
  await Promise.all([alice.peer.append('notes', 'left'), carol.peer.append('notes', 'right')])
  expect(await commonLines([alice, bob], 'notes')).toEqual(['before', 'left'])
  expect(await commonLines([carol, dave], 'notes')).toEqual(['before', 'right'])
  await Promise.all([alice.peer.run('pub', 'news', 'left'), carol.peer.run('pub', 'news', 'right')])
  await Promise.all([hear('left', atBob), hear('right', atDave)])

  carol.host.rejoin()
  dave.host.rejoin()
  await allThere(residents)
  expect(await commonLines(residents, 'notes')).toEqual(['before', 'left', 'right'])
  await alice.peer.run('pub', 'news', 'from the left')
  await hear('from the left', atBob, atDave)
  await carol.peer.run('pub', 'news', 'from the right')
  await hear('from the right', atBob, atDave)
})

lanTest('a host whose power fails has failed at the others, and takes part again when it is back', limit, async () => {
  const residents = await settle(3)
  const [alice, bob, carol] = residents as [Resident, Resident, Resident]
  await carol.peer.append('notes', 'acknowledged')
  expect(await commonLines(residents, 'notes')).toEqual(['acknowledged'])
  const atBob = await bob.peer.listen('news')

  const given = Promise.all([alice, bob].map(({ peer }) => peer.untilMembers('failed')))
  // The cable first: whoever is killed on a host that goes on would still have its connections closed.
  carol.host.cut()
  await carol.peer.kill()
  await given
  await alice.peer.append('notes', 'meanwhile')
  expect(await commonLines([alice, bob], 'notes')).toEqual(['acknowledged', 'meanwhile'])

  carol.host.mend()
  await carol.peer.up()
  await allThere(residents)
  expect(await commonLines(residents, 'notes')).toEqual(['acknowledged', 'meanwhile'])
  await carol.peer.append('notes', 'back')
  expect(await commonLines(residents, 'notes')).toEqual(['acknowledged', 'back', 'meanwhile'])
  const atCarol = await carol.peer.listen('news')
  await carol.peer.run('pub', 'news', 'back')
  await hear('back', atBob)
  await alice.peer.run('pub', 'news', 'welcome back')
  await hear('welcome back', atBob, atCarol)
})
