import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort, heldPort, Machine, main, type Report } from './machine.ts'

test('a peer runs in the background until it is told to end', async () => {
  await using machine = new Machine()
  const words = [
    'up',
    '--detach',
    '--network',
    machine.network,
    '--no-mdns',
    '--no-page',
    '--listen',
    '/ip4/127.0.0.1/tcp/0',
  ]
  const report = await machine.json<Report>(words)
  machine.adopt(report.pid)
  expect(await machine.json(['status'])).toMatchObject({ peer: report.peer, network: machine.network, keyed: false })
  expect(await machine.json(['down'])).toMatchObject({ peer: report.peer })
  expect(await machine.failure(['status'])).toEqual({
    code: 3,
    error: {
      code: 'no-peer',
      message: 'No peer of the profile default is running',
      hint: 'Start one with: peerloom up',
    },
  })
})

test('the reason why a peer in the background did not start is told', async () => {
  await using machine = new Machine()
  await using held = await heldPort()
  const words = ['up', '--detach', '--no-mdns', '--no-page', '--listen', `/ip4/127.0.0.1/tcp/${held.port}`]
  expect(await machine.failure(words)).toMatchObject({ code: 1, error: { code: 'port-in-use' } })
})

test('where a peer cannot listen is said in one line', async () => {
  await using machine = new Machine()
  const words = ['up', '--no-mdns', '--no-page', '--listen', '/ip4/127.0.0.1/udp/0/quic-v1']
  const { code, stderr } = await machine.run(words)
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      'error: Cannot listen on /ip4/127.0.0.1/udp/0/quic-v1: No transport was configured to listen on this address\n',
  })
})

test('--timeout is for the start of a peer, which then goes on', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice', '--timeout', '4s')
  expect(await machine.failure(['wait', '--members', '2', '--timeout', '5s', '--profile', 'alice'])).toMatchObject({
    code: 5,
    error: { code: 'time-out', message: 'Fewer than 2 members are alive' },
  })
  expect(await machine.json(['status', '--profile', 'alice'])).toMatchObject({ pid: report.pid })
})

test('a peer whose supervisor is gone before it is up does not stay', async () => {
  await using machine = new Machine()
  const words = ['up', '--no-mdns', '--no-page', '--listen', '127.0.0.1:0']
  const child = fork(main, words, { env: machine.env, silent: true })
  machine.adopt(child.pid ?? 0)
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('the first Ctrl-C leaves: the others hear of it', async () => {
  await using machine = new Machine()
  const [, bob] = await machine.pair()
  const watch = machine.start(['members', '--watch', '--json', '--profile', 'alice'])
  expect([await watch.json(), await watch.json()]).toMatchObject([{ type: 'alive' }, { type: 'alive' }])
  bob.signal('SIGINT')
  expect(await bob.ended()).toBe(130)
  expect(await watch.json()).toMatchObject({ type: 'left', peer: bob.report.peer })
  watch.signal('SIGINT')
  expect(await watch.ended()).toBe(130)
})

test('a second peer of the same profile is refused and the first goes on', async () => {
  await using machine = new Machine()
  const { report } = await machine.up('alice')
  expect(await machine.failure(['up', '--profile', 'alice'])).toMatchObject({
    code: 6,
    error: { code: 'directory-in-use', message: 'A peer of the profile alice is running already' },
  })
  expect(await machine.json(['status', '--profile', 'alice'])).toMatchObject({ peer: report.peer })
})

test('another profile in the same directory is refused as well', async () => {
  await using machine = new Machine()
  await machine.up('alice', '--directory', machine.directory)
  const words = ['up', '--profile', 'bob', '--directory', machine.directory, '--no-mdns', '--no-page']
  expect(await machine.failure(words)).toMatchObject({ code: 6, error: { code: 'directory-in-use' } })
})

test.each(['--listen', '--page'])('a port in use is named (%s)', async (option) => {
  await using machine = new Machine()
  await using held = await heldPort()
  const address = option === '--page' ? String(held.port) : `/ip4/127.0.0.1/tcp/${held.port}`
  const words = ['up', '--no-mdns', ...(option === '--page' ? ['--listen', '/ip4/127.0.0.1/tcp/0'] : ['--no-page'])]
  expect(await machine.failure([...words, option, address])).toMatchObject({
    code: 1,
    error: { code: 'port-in-use', message: `Cannot listen on port ${held.port}: it is in use` },
  })
})

test('the socket of a killed peer is replaced, and only its owner may use it', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  const directory = join(machine.directory, 'run', 'peerloom')
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  alice.signal('SIGKILL')
  await alice.ended()
  expect((await machine.run(['status', '--profile', 'alice'])).code).toBe(3)
  const again = await machine.again('alice')
  expect(await machine.json(['status', '--profile', 'alice'])).toMatchObject({ pid: again.report.pid })
})

test('a socket path that is too long for the system is made shorter', async () => {
  await using machine = new Machine()
  const env = { XDG_RUNTIME_DIR: join(machine.directory, 'x'.repeat(120)) }
  const peer = machine.start(['up', '--json', '--no-mdns', '--no-page', '--listen', '/ip4/127.0.0.1/tcp/0'], { env })
  const report = (await peer.json()) as Report
  expect(await machine.json(['status'], { env })).toMatchObject({ pid: report.pid })
  expect(existsSync(env.XDG_RUNTIME_DIR)).toBe(false)
})

test('a peer comes back with the network, the key and the ports it had', async () => {
  await using machine = new Machine()
  const key = join(machine.directory, 'secret.key')
  writeFileSync(key, 'ab'.repeat(32))
  const first = await machine.up('alice', '--network-key-file', key, '--page')
  first.signal('SIGTERM')
  expect(await first.ended()).toBe(0)
  const { report } = await machine.again('alice')
  expect(report).toMatchObject({
    network: machine.network,
    keyed: true,
    addresses: first.report.addresses,
    page: first.report.page,
  })
  const settings = join(machine.directory, 'data', 'peerloom', 'alice', 'settings.json')
  expect(statSync(settings).mode & 0o777).toBe(0o600)
  expect(readFileSync(settings, 'utf8')).not.toContain('abab')
})

test('two listeners of a kind come back at two ports', async () => {
  await using machine = new Machine()
  const first = await machine.up('alice', '--listen', '127.0.0.1:0', '--listen', 'ws://127.0.0.1:0')
  expect(new Set(first.report.addresses).size).toBe(3)
  first.signal('SIGTERM')
  expect(await first.ended()).toBe(0)
  const { report } = await machine.again('alice')
  expect(report.addresses).toEqual(first.report.addresses)
})

test('a directory that holds something and is open to others is refused, and left as it is', async () => {
  await using machine = new Machine()
  const directory = join(machine.directory, 'home')
  mkdirSync(directory, { mode: 0o755 })
  writeFileSync(join(directory, 'letter.txt'), '')
  const words = ['up', '--directory', directory, '--no-mdns', '--no-page', '--listen', '127.0.0.1:0']
  expect(await machine.failure(words)).toMatchObject({ code: 6, error: { code: 'refused' } })
  expect(statSync(directory).mode & 0o777).toBe(0o755)
  expect(readdirSync(directory)).toEqual(['letter.txt'])
})

test('the peers of a local network of one machine find each other, and one that is killed comes back', async () => {
  await using machine = new Machine()
  const lan = machine.start(['lan', '3', '--no-mdns', '--json'])
  const reports = [await lan.json(), await lan.json(), await lan.json()] as Report[]
  for (const { pid } of reports) machine.adopt(pid)
  await machine.text(['wait', '--members', '3', '--profile', 'lan-3'])
  process.kill(reports[1]?.pid ?? 0, 'SIGKILL')
  const again = await machine.again('lan-2')
  expect(again.report).toMatchObject({ addresses: reports[1]?.addresses, page: reports[1]?.page })
  await machine.text(['wait', '--members', '3', '--profile', 'lan-2'])
  lan.signal('SIGINT')
  expect(await lan.ended()).toBe(130)
  expect((await machine.run(['status', '--profile', 'lan-1'])).code).toBe(3)
  expect(await machine.json(['status', '--profile', 'lan-2'])).toMatchObject({ pid: again.report.pid })
})

test('an address without a PeerId is joined too, whenever somebody answers there', async () => {
  await using machine = new Machine()
  const port = await freePort()
  await machine.up('bob', '--join', `127.0.0.1:${port}`)
  await machine.up('alice', '--listen', `/ip4/127.0.0.1/tcp/${port}`)
  await machine.text(['wait', '--members', '2', '--profile', 'bob'])
  expect(await machine.json(['members', '--profile', 'bob'])).toHaveLength(2)
})
