import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { immutableKey, keyOf, ownedKey, sharedKey } from '../../../node/protocol/index.ts'
import { readDot, readLabel } from '../../cores/cli/dot-syntax.ts'
import { Machine, type Report } from './machine.ts'
import { names, three, untilGathered, type Name, type Ring } from './three-peers.ts'

interface Records {
  readonly overlay: string
  readonly key: string
  readonly records: readonly { readonly text?: string; readonly bytes: number; readonly sequence?: number }[]
}

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('three peers that run Chord, as all do', () => {
  let machine: Machine
  let reports: Record<Name, Report>
  const as = (name: Name, ...words: readonly string[]): readonly string[] => [...words, '--profile', name]
  const get = (name: Name, ...words: readonly string[]): Promise<Records> =>
    machine.json(as(name, 'dht', 'get', ...words))

  beforeAll(async () => {
    machine = new Machine()
    reports = await three(machine)
    await Promise.all(names.map((name) => untilGathered(machine, name)))
  }, 90_000)

  afterAll(() => machine[Symbol.asyncDispose]())

  test('what one puts under a name, the others get by the name and by its key, until somebody replaces it', async () => {
    const key = sharedKey('greeting')
    expect(await machine.text(as('alice', 'dht', 'put', 'greeting', 'hello'))).toBe(`${key}\n`)
    expect(await machine.text(as('bob', 'dht', 'get', 'greeting'))).toBe('hello\n')
    expect(await machine.text(as('carol', 'dht', 'get', key.toUpperCase()))).toBe('hello\n')
    expect(await machine.json(as('bob', 'dht', 'put', 'greeting'), { input: 'from a pipe\n' })).toMatchObject({
      overlay: 'chord',
      key,
      record: { kind: 'shared', name: 'greeting', bytes: 12, text: 'from a pipe\n' },
    })
    expect((await machine.run(as('carol', 'dht', 'get', 'greeting'))).stdout.toString()).toBe('from a pipe\n')
  })

  test('values that were put side by side are all shown, with writer and version, until one takes their place', async () => {
    await machine.text(as('alice', 'dht', 'put', 'colour', 'red'))
    await machine.text(as('bob', 'dht', 'put', 'colour', 'gr\u001bün', '--sibling'))
    const { stdout, stderr } = await machine.run(as('carol', 'dht', 'get', 'colour'))
    const [head, ...lines] = stdout.toString().trimEnd().split('\n')
    expect(head).toMatch(/^WRITER +VERSION +VALUE$/)
    const line = (name: Name, value: string): RegExp =>
      new RegExp(String.raw`^.{8}… +…${reports[name].peer.slice(-8)}:1 +${value}$`)
    expect(lines.toSorted((left, right) => Number(left.endsWith('n')) - Number(right.endsWith('n')))).toEqual([
      expect.stringMatching(line('alice', 'red')),
      expect.stringMatching(line('bob', String.raw`gr\\u\{1b\}ün`)),
    ])
    expect(stderr).toContain('2 values')
    expect(await machine.failure(as('carol', 'dht', 'get', 'colour', '--raw'))).toMatchObject({
      code: 1,
      error: { message: expect.stringContaining('Cannot write one value: there are 2') as string },
    })
    await machine.text(as('carol', 'dht', 'put', 'colour', 'blue'))
    expect(await machine.text(as('alice', 'dht', 'get', 'colour'))).toBe('blue\n')
  })

  test('an owned record is found by name at its owner and by key elsewhere, and none that is older is taken', async () => {
    const { author } = await machine.json<{ readonly author: string }>(as('alice', 'status'))
    const key = ownedKey(Buffer.from(author, 'base64url'), 'profile')
    const first = await machine.run(as('alice', 'dht', 'put', '--owned', 'profile', 'one'))
    expect({ key: first.stdout.toString(), note: first.stderr }).toEqual({
      key: `${key}\n`,
      note: 'Sequence number 1\n',
    })
    await machine.text(as('alice', 'dht', 'put', '--owned', 'profile', 'five', '--sequence', '5'))
    expect(await machine.failure(as('alice', 'dht', 'put', '--owned', 'profile', 'x', '--sequence', '4'))).toEqual({
      code: 6,
      error: {
        code: 'refused',
        message: expect.stringMatching(/there is a version with the sequence number 5 already$/) as string,
        hint: expect.stringContaining('A greater number') as string,
      },
    })
    expect(await get('bob', key)).toMatchObject({
      records: [{ kind: 'owned', owner: author, sequence: 5, text: 'five' }],
    })
    expect(await machine.text(as('alice', 'dht', 'get', '--owned', 'profile'))).toBe('five\n')
    expect(await machine.failure(as('bob', 'dht', 'get', '--owned', 'profile'))).toMatchObject({ code: 4 })
  })

  test('an immutable record has the hash of its bytes as key, and its bytes come back', async () => {
    const bytes = Uint8Array.of(0xff, 0x00, 0x1b, 0x0a)
    const key = immutableKey(bytes)
    expect(await machine.text(as('bob', 'dht', 'put', '--immutable'), { input: bytes })).toBe(`${key}\n`)
    const { stdout, stderr } = await machine.run(as('carol', 'dht', 'get', key))
    expect(stdout.toString()).toBe('/wAbCg==\n')
    expect(stderr).toContain('no UTF-8 text')
    const env = { PEERLOOM_JSON: 'true' }
    expect((await machine.run(as('alice', 'dht', 'get', key, '--raw'), { env })).stdout).toEqual(Buffer.from(bytes))
    expect(await machine.text(as('alice', 'dht', 'put', '--immutable', 'text'))).toBe(
      `${immutableKey(encoded('text'))}\n`,
    )
  })

  test('who provides something is found with addresses, and nobody is where nobody does', async () => {
    const key = keyOf('holiday.mp4')
    expect(await machine.text(as('bob', 'dht', 'provide', 'holiday.mp4'))).toBe(`${key}\n`)
    expect(await machine.json(as('carol', 'dht', 'providers', 'holiday.mp4'))).toMatchObject({
      overlay: 'chord',
      key,
      providers: [
        { peer: reports.bob.peer, addresses: [expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/) as string] },
      ],
    })
    expect(await machine.text(as('bob', 'dht', 'providers', key))).toMatch(
      new RegExp(`^${reports.bob.peer}  this peer\n  /ip4/`),
    )
    expect(await machine.json(as('bob', 'dht', 'provide', key, '--withdraw'))).toMatchObject({ key, provided: false })
    expect(await machine.failure(as('alice', 'dht', 'providers', 'nothing'))).toMatchObject({
      code: 4,
      error: { code: 'not-found', message: `Nobody is known to provide "nothing", whose key is ${keyOf('nothing')}` },
    })
    expect(await machine.failure(as('alice', 'dht', 'get', key))).toMatchObject({
      code: 4,
      error: { message: `No record was found under ${key}` },
    })
  })

  test('lookup and trace name the same peers everywhere, the nearest first, and a trace how they were found', async () => {
    const key = keyOf('somewhere')
    const peers = names.map((name) => reports[name].peer)
    // Clockwise from the key on.
    const order = peers.toSorted((left, right) => {
      const [a, b] = [keyOf(left), keyOf(right)]
      return Number(b >= key) - Number(a >= key) || (a < b ? -1 : 1)
    })
    for (const name of names) {
      expect(await machine.json(as(name, 'lookup', 'somewhere'))).toEqual({
        overlay: 'chord',
        peer: reports[name].peer,
        key,
        peers: order,
      })
    }
    const lines = (await machine.text(as('alice', 'lookup', key))).trimEnd().split('\n')
    expect(lines).toEqual(order.map((peer) => (peer === reports.alice.peer ? `${peer}  this peer` : peer)))
    expect(await machine.json(as('alice', 'trace', 'somewhere'))).toMatchObject({
      key,
      peers: order,
      timeouts: 0,
      hops: expect.any(Number) as number,
      duration: expect.any(Number) as number,
      contacts: expect.any(Array) as unknown[],
    })
    expect(await machine.text(as('alice', 'trace', 'somewhere'))).toMatch(
      /^key +[0-9a-f]{64}\noverlay +chord\nway +\d+ hops?, 0 time-outs, /,
    )
  })

  test('overlay show chord prints the places, as a table, as JSON and for Graphviz', async () => {
    await machine.text(as('alice', 'dht', 'put', 'shown', 'x'))
    const show = as('alice', 'overlay', 'show', 'chord')
    const { alice, bob, carol } = reports
    const ring = await machine.json<Ring>(show)
    expect(ring).toMatchObject({
      overlay: 'chord',
      peer: alice.peer,
      places: [{ peer: alice.peer, index: 0, point: keyOf(alice.peer), onRing: false, successors: [], fingers: [] }],
    })
    expect(ring.held.records).toBeGreaterThan(0)
    const others = [bob.peer, carol.peer].toSorted()
    expect(ring.gathered.map(({ peer }) => peer).toSorted()).toEqual(others)
    expect(ring.gathered.map(({ peer, point }) => keyOf(peer) === point)).toEqual([true, true])
    expect(await machine.text(show)).toMatch(
      /^peer +\S+\nheld +\d+ records?, [\d.]+ k?B\nring +none yet[^]*\n\nLINK +POINT +AHEAD +PEER\nplace 0 /,
    )
    const { name, nodes, edges } = readDot(await machine.text([...show, '--format', 'dot']))
    expect(name).toBe('chord')
    expect(readLabel(nodes.get(alice.peer)?.['label'] ?? '').slice(0, 2)).toEqual(['this peer', alice.peer])
    expect(edges.map(({ from }) => from).toSorted()).toEqual([alice.peer, ...others].toSorted())
  })

  test('who leaves for good gives away what it holds; the last one cannot, and goes on', async () => {
    await using machine = new Machine()
    await three(machine)
    await Promise.all(names.map((name) => untilGathered(machine, name)))
    const values = Array.from({ length: 5 }, (_, number) => `value ${number}`)
    for (const value of values) await machine.run(as('alice', 'dht', 'put', '--immutable'), { input: value })
    for (const name of ['alice', 'carol'] as const) {
      expect(await machine.text(as(name, 'down', '--leave'))).toMatch(/ has left\n$/)
    }
    for (const value of values) {
      expect(await machine.text(as('bob', 'dht', 'get', immutableKey(encoded(value))))).toBe(`${value}\n`)
    }
    expect(await machine.failure(as('bob', 'down', '--leave'))).toMatchObject({
      code: 1,
      error: { message: expect.stringContaining('Not all records') as string },
    })
    expect(await machine.json(as('bob', 'status'))).toMatchObject({ members: 1 })
    expect(await machine.text(as('bob', 'down'))).toMatch(/ has left\n$/)
  })

  test('what cannot be done is told apart by exit code', async () => {
    const fail = (...words: readonly string[]): Promise<unknown> => machine.failure(as('alice', ...words))
    const usage = { code: 2, error: { code: 'usage' } }
    expect(await fail('dht', 'get', 'x', '--overlay', 'kademlia')).toEqual({
      code: 1,
      error: {
        code: 'failure',
        message: 'The overlay kademlia does not run in this peer',
        hint: 'There is chord; to have it, end the peer and start it with: peerloom up --overlay chord --overlay kademlia',
      },
    })
    expect(await fail('lookup', 'x', '--overlay', 'swim')).toMatchObject(usage)
    expect(await fail('dht', 'put')).toMatchObject(usage)
    expect(await fail('dht', 'put', 'x', 'y', '--sequence', '1')).toMatchObject(usage)
    expect(await fail('dht', 'put', 'x', 'y', '--owned', '--sequence', '-1')).toMatchObject(usage)
    expect(await fail('dht', 'put', '--owned', 'x', 'y', '--sibling')).toMatchObject(usage)
    expect(await fail('dht', 'put', '--owned', '--immutable', 'x')).toMatchObject(usage)
    expect(await fail('dht', 'put', '--immutable', 'x', 'y')).toMatchObject(usage)
    expect(await fail('dht', 'put', keyOf('x'), 'y')).toMatchObject(usage)
    expect(await fail('dht', 'put', 'n'.repeat(129), 'y')).toMatchObject(usage)
    expect(await machine.failure(as('alice', 'dht', 'put', 'big'), { input: 'x'.repeat(65_537) })).toMatchObject({
      code: 1,
      error: { code: 'too-large' },
    })
    expect(await machine.failure(['dht', 'get', 'x', '--profile', 'nobody'])).toMatchObject({ code: 3 })
  })
})
