import { expect } from 'vitest'
import { lanTest, makeHosts, peerOn } from './lan-test.ts'

const patience = { timeout: 120_000 }

lanTest('two peers with the same network name find each other and share a document', patience, async () => {
  const [left, right] = await makeHosts(2)
  const alice = await peerOn(left!)
  const bob = await peerOn(right!)
  await Promise.all([alice.up('--network', 'x'), bob.up('--network', 'x')])
  await alice.append('notes', 'hello')
  await alice.converged()
  expect(await bob.text('notes')).toBe('hello\n')
  await Promise.all([alice.run('wait', '--members', '2'), bob.run('wait', '--members', '2')])
})
