import { expect, test } from 'vitest'
import { sharedKey } from '../../../node/protocol/index.ts'
import { readDot } from '../../cores/cli/dot-syntax.ts'
import { Machine } from './machine.ts'
import { names, three, untilGathered, untilInBuckets, type Name, type Ring } from './three-peers.ts'

test('a peer that comes back with its directory gives what it held, though nobody else is there', async () => {
  await using machine = new Machine()
  await three(machine)
  await untilGathered(machine, 'alice')
  await machine.text(['dht', 'put', 'greeting', 'still here', '--profile', 'alice'])
  const held = async (name: Name): Promise<number> =>
    (await machine.json<Ring>(['overlay', 'show', 'chord', '--profile', name])).held.records
  while ((await held('carol')) === 0) continue
  for (const name of names) await machine.text(['down', '--profile', name])
  await machine.again('carol')
  expect(await machine.text(['dht', 'get', 'greeting', '--profile', 'carol'])).toBe('still here\n')
})

test('a verb whose peer does not answer ends when --timeout says so', async () => {
  await using machine = new Machine()
  const { pid } = (await machine.up('alice')).report
  process.kill(pid, 'SIGSTOP')
  for (const words of [
    ['dht', 'put', 'x', 'y'],
    ['lookup', 'x'],
  ]) {
    expect(await machine.failure([...words, '--timeout', '300ms', '--profile', 'alice'])).toEqual({
      code: 5,
      error: { code: 'time-out', message: expect.stringContaining('took longer than 300ms') as string },
    })
  }
  process.kill(pid, 'SIGCONT')
})

test('three peers that run Kademlia alone keep, find and provide through it', async () => {
  await using machine = new Machine()
  const reports = await three(machine, '--overlay', 'kademlia')
  for (const name of names) await untilInBuckets(machine, name)
  const as = (name: Name, ...words: readonly string[]): readonly string[] => [...words, '--profile', name]
  expect(await machine.text(as('alice', 'overlay', 'show'))).toMatch(/^kademlia +dht$/m)
  await machine.text(as('alice', 'dht', 'put', 'greeting', 'hello'))
  expect(await machine.json(as('bob', 'dht', 'get', 'greeting', '--overlay', 'kademlia'))).toMatchObject({
    overlay: 'kademlia',
    key: sharedKey('greeting'),
    records: [{ text: 'hello' }],
  })
  await machine.text(as('carol', 'dht', 'put', '--owned', 'profile', 'two', '--sequence', '2'))
  expect(
    await machine.failure(as('carol', 'dht', 'put', '--owned', 'profile', 'one', '--sequence', '1')),
  ).toMatchObject({
    code: 6,
  })
  await machine.text(as('bob', 'dht', 'provide', 'file'))
  const providers = async (): Promise<readonly { readonly peer: string }[]> =>
    (await machine.json<{ providers: { peer: string }[] }>(as('alice', 'dht', 'providers', 'file'))).providers
  expect(await providers()).toMatchObject([{ peer: reports.bob.peer }])
  expect(await machine.json(as('alice', 'trace', 'greeting'))).toMatchObject({
    overlay: 'kademlia',
    peers: { length: 3 },
    contacts: [{ outcome: 'answered' }, { outcome: 'answered' }],
  })
  const drawing = readDot(await machine.text(as('alice', 'overlay', 'show', 'kademlia', '--format', 'dot')))
  expect([...drawing.nodes.keys()]).toEqual(expect.arrayContaining([reports.bob.peer, reports.carol.peer]))
  expect(await machine.text(as('alice', 'overlay', 'show', 'kademlia'))).toMatch(/\nknown +2 peers in \d buckets?\n/)
  expect(await machine.failure(as('alice', 'lookup', 'x', '--overlay', 'chord'))).toMatchObject({
    code: 1,
    error: { message: 'The overlay chord does not run in this peer' },
  })
})

test('a peer without either says how to have one, and comes back as it was told to be', async () => {
  await using machine = new Machine()
  await machine.up('alice', '--no-overlay')
  expect(await machine.failure(['dht', 'get', 'x', '--profile', 'alice'])).toEqual({
    code: 1,
    error: {
      code: 'failure',
      message: 'This peer runs no overlay with keys',
      hint: 'End it, and start it with one: peerloom up --overlay chord',
    },
  })
  await machine.text(['down', '--profile', 'alice'])
  await machine.again('alice')
  expect(await machine.text(['overlay', 'show', '--profile', 'alice'])).not.toContain('dht')
  expect(await machine.failure(['up', '--overlay', 'pastry', '--profile', 'bob'])).toMatchObject({
    code: 2,
    error: {
      message: 'Cannot run an overlay named "pastry"',
      hint: 'Beside swim and gossip there are: chord, kademlia',
    },
  })
})

test('libp2p’s DHT is loaded by those peers alone that are to run it', async () => {
  await using machine = new Machine()
  // What a file of the bundle is made of stands in its map.
  const refuse = `import { existsSync, readFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) {
      const map = url.startsWith('file:') ? new URL(url + '.map') : undefined
      if (map !== undefined && existsSync(map) && readFileSync(map, 'utf8').includes('@libp2p/kad-dht')) {
        throw new Error('kad-dht is loaded')
      }
      return next(url, context)
    } })`
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(refuse)}` }
  const up = ['up', '--json', '--no-mdns', '--no-page', '--listen', '/ip4/127.0.0.1/tcp/0']
  expect(await machine.failure([...up, '--overlay', 'kademlia', '--profile', 'bob'], { env })).toMatchObject({
    code: 1,
    error: { message: 'kad-dht is loaded' },
  })
  expect(await machine.start([...up, '--profile', 'alice'], { env }).json()).toHaveProperty('peer')
})
