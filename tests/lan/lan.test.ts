import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { Machine } from '../live/cli/machine.ts'
import { PeerProcess } from '../live/cli/peer-process.ts'
import type { Abandoned } from './abandoned-network.ts'
import { lanTest, makeHosts, peerOn } from './lan-test.ts'
import { Lan, type LanHost } from './lan.ts'

const limit = { timeout: 120_000 }

/** Processes in a network namespace. */
function processesIn(namespace: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === namespace
    } catch {
      // It has ended, or is somebody else's.
      return false
    }
  })
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

lanTest('two networks at once do not hear each other, though addresses and names are the same', limit, async () => {
  const networks = await Promise.all([makeHosts(2), makeHosts(2)])
  const pairs = networks.map(([left, right]) => [peerOn(left as LanHost), peerOn(right as LanHost)] as const)
  const peers = pairs.flat()
  await Promise.all(peers.map((peer) => peer.up('--network', 'x')))
  await Promise.all(peers.map((peer) => peer.run('wait', '--members', '2')))
  await Promise.all(pairs.map(([peer], index) => peer.append('notes', `network ${index}`)))
  await Promise.all(peers.map((peer) => peer.converged()))
  for (const [index, pair] of pairs.entries()) {
    for (const peer of pair) {
      expect(await peer.text('notes')).toBe(`network ${index}\n`)
      expect(await peer.status()).toMatchObject({ members: 2, connections: 1 })
    }
  }
})

lanTest('nothing is left of a network after a test that fails', limit, async () => {
  let namespace = ''
  let pid = 0
  const failingTest = async (): Promise<void> => {
    await using lan = await Lan.create(1)
    const host = lan.hosts[0] as LanHost
    await using machine = new Machine((command, ...words) => host.command(command, ...words))
    namespace = host.namespace
    pid = (await new PeerProcess(machine).up('--network', 'x')).pid
    expect(processesIn(namespace)).toEqual([String(pid)])
    throw new Error('planted')
  }
  await expect(failingTest()).rejects.toThrow('planted')
  expect(isRunning(pid)).toBe(false)
  expect(processesIn(namespace)).toEqual([])
})

lanTest('nothing is left of a network whose maker is killed', limit, async () => {
  const maker = fork(fileURLToPath(new URL('abandoned-network.ts', import.meta.url)))
  const [{ holder, home, peer }] = (await once(maker, 'message')) as [Abandoned]
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  expect([holder, peer].map(isRunning)).toEqual([true, true])
  const ended = once(maker, 'exit')
  maker.kill('SIGKILL')
  await ended
  await expect.poll(() => [holder, peer].map(isRunning), limit).toEqual([false, false])
})
