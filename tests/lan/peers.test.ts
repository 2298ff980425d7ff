import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { PeerProcess } from '../live/cli/peer-process.ts'
import { lanTest, makeHosts, peerOn } from './lan-test.ts'
import type { LanHost } from './lan.ts'

/** Above what the verbs that wait allow themselves, so that it is them who say what did not happen. */
const limit = { timeout: 180_000 }

/** Peers that know nothing but the name of their network, and have found each other. */
async function pair(): Promise<{ alice: PeerProcess; bob: PeerProcess; cable: LanHost }> {
  const [left, right] = (await makeHosts(2)) as [LanHost, LanHost]
  const [alice, bob] = [peerOn(left), peerOn(right)]
  await Promise.all([alice, bob].map((peer) => peer.up('--network', 'x')))
  await Promise.all([alice, bob].map((peer) => peer.run('wait', '--members', '2')))
  return { alice, bob, cable: right }
}

/** The lines of a text that both have, in the order of the alphabet: that of the text is not given where both wrote. */
async function commonLines(alice: PeerProcess, bob: PeerProcess): Promise<string[]> {
  await Promise.all([alice.converged(), bob.converged()])
  const [text, same] = await Promise.all([alice.text('notes'), bob.text('notes')])
  expect(same).toBe(text)
  return text.trimEnd().split('\n').toSorted()
}

lanTest('two peers with the same network name find each other and share a document', limit, async () => {
  const { alice, bob } = await pair()
  await alice.append('notes', 'hello')
  await alice.converged()
  expect(await bob.text('notes')).toBe('hello\n')
  await bob.append('notes', 'hello yourself')
  await bob.converged()
  expect(await alice.text('notes')).toBe('hello\nhello yourself\n')
})

lanTest.each([
  ['another network name', 'y', false],
  ['the right network name and a wrong key', 'x', true],
])('a peer with %s neither finds the others nor gets in', limit, async (_, network, keyed) => {
  const [first, second, third] = (await makeHosts(3)) as [LanHost, LanHost, LanHost]
  const [alice, mallory, bob] = [peerOn(first), peerOn(second), peerOn(third)]
  const key = keyed ? ['--network-key-file', await keyFile(mallory)] : []
  await mallory.up('--network', network, ...key)
  await mallory.append('theirs', 'of another network')
  const ours = keyed ? ['--network-key-file', await keyFile(alice)] : []
  const { addresses } = await alice.up('--network', 'x', ...ours)
  // The same file: bob has the right key.
  await bob.up('--network', 'x', ...ours)
  await alice.append('notes', 'among us')
  await alice.converged()
  expect(await bob.text('notes')).toBe('among us\n')
  // Those two have met by mDNS, where mallory has listened for longer; nobody has even called the wrong peer.
  expect(await Promise.all([alice, bob, mallory].map(refusals))).toEqual([0, 0, 0])
  expect(await mallory.status()).toMatchObject({ members: 1, connections: 0 })
  const own = addresses.find((address) => address.startsWith('/ip4/10.77.0.1/') && !address.includes('/ws'))
  // Whether a connection is made before it is refused is a matter of speed.
  await mallory.run('join', own ?? 'no address on the local network').catch(() => {})
  await expect
    .poll(async () => (await Promise.all([alice, mallory].map(refusals))).reduce((sum, count) => sum + count), limit)
    .toBeGreaterThan(0)
  expect(await mallory.status()).toMatchObject({ members: 1, connections: 0, documents: 1 })
  expect(await alice.status()).toMatchObject({ members: 2, connections: 1, documents: 1 })
  expect(await mallory.run('doc', 'list')).not.toContain('notes')
})

async function keyFile(peer: PeerProcess): Promise<string> {
  const file = join(peer.machine.directory, 'network.key')
  await writeFile(file, randomBytes(32), { mode: 0o600 })
  return file
}

/** How often it has refused a peer of another network. */
async function refusals(peer: PeerProcess): Promise<number> {
  const { rejectedFrames } = JSON.parse(await peer.run('doctor', '--json')) as {
    readonly rejectedFrames: Readonly<Record<string, number>>
  }
  return rejectedFrames['wrong-network'] ?? 0
}

lanTest('what both sides of a cut cable write is on both when it is mended', limit, async () => {
  const { alice, bob, cable } = await pair()
  await alice.append('notes', 'before')
  await alice.converged()
  cable.cut()
  await Promise.all([alice.append('notes', 'left'), bob.append('notes', 'right')])
  expect(await alice.text('notes')).toBe('before\nleft\n')
  expect(await bob.text('notes')).toBe('before\nright\n')
  cable.mend()
  expect(await commonLines(alice, bob)).toEqual(['before', 'left', 'right'])
})

lanTest('a cable that was cut for so long that both gave each other up heals as well', limit, async () => {
  const { alice, bob, cable } = await pair()
  await alice.append('notes', 'before')
  await alice.converged()
  const gone = Promise.all([alice, bob].map((peer) => peer.untilMembers('failed')))
  cable.cut()
  await gone
  await Promise.all([alice.append('notes', 'left'), bob.append('notes', 'right')])
  cable.mend()
  expect(await commonLines(alice, bob)).toEqual(['before', 'left', 'right'])
  await Promise.all([alice, bob].map((peer) => peer.run('wait', '--members', '2')))
})

lanTest(
  'a peer whose process is killed has all it acknowledged when it is started again, and catches up',
  limit,
  async () => {
    const { alice, bob } = await pair()
    await alice.append('notes', 'before')
    await alice.converged()
    await bob.append('notes', 'acknowledged')
    await bob.kill()
    await alice.append('notes', 'meanwhile')
    await bob.up()
    expect(await commonLines(alice, bob)).toEqual(['acknowledged', 'before', 'meanwhile'])
  },
)
