import { expect, test } from 'vitest'
import { freePort, Machine } from './machine.ts'

test('a message reaches whoever listens, line by line from a pipe, with its dangerous characters spelt out', async () => {
  await using machine = new Machine()
  const [alice] = await machine.pair()
  const plain = machine.start(['sub', 'chat', '--count', '3', '--profile', 'bob'])
  await plain.said('Listening to chat')
  const exact = machine.start(['sub', 'chat', '--json', '--profile', 'bob'])
  await exact.said('Listening to chat')
  const hostile = 'red \u001b[31m\u202egnp.exe\u0007'
  await machine.text(['pub', 'chat', hostile, '--profile', 'alice'])
  expect(await plain.line()).toBe(String.raw`red \u{1b}[31m\u{202e}gnp.exe\u{7}`)
  await machine.text(['pub', 'chat', '--profile', 'alice'], { input: 'one\r\ntwo' })
  expect([await plain.line(), await plain.line()]).toEqual(['one', 'two'])
  expect(await plain.ended()).toBe(0)
  const publisher = alice.report.peer
  expect(await exact.json()).toEqual({ topic: 'chat', publisher, text: hostile })
  expect([await exact.json(), await exact.json()]).toMatchObject([{ text: 'one' }, { text: 'two' }])
  await machine.text(['pub', 'chat', '--profile', 'alice'], { input: Uint8Array.of(0xff, 0x00, 0x0a) })
  expect(await exact.json()).toEqual({ topic: 'chat', publisher, base64: '/wA=' })
})

test('status and members tell who is there', async () => {
  await using machine = new Machine()
  const [alice, bob] = await machine.pair()
  expect(await machine.json(['status', '--profile', 'alice'])).toMatchObject({
    profile: 'alice',
    network: machine.network,
    mdns: false,
    members: 2,
    connections: 1,
  })
  const members = await machine.json<{ readonly peer: string; readonly self: boolean }[]>([
    'members',
    '--profile',
    'bob',
  ])
  expect(members.find(({ self }) => self)?.peer).toBe(bob.report.peer)
  expect(members.find(({ self }) => !self)).toMatchObject({ peer: alice.report.peer, state: 'alive' })
  expect(await machine.text(['members', '--profile', 'bob'])).toMatch(/^PEER +STATE +INCARNATION +ROUND TRIP\n/)
})

test('a peer is joined while it runs', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  await machine.up('bob')
  const [address = ''] = alice.report.addresses
  for (const _ of ['once', 'again']) {
    expect(await machine.json(['join', address, '--profile', 'bob'])).toEqual({ peer: alice.report.peer })
  }
  await machine.text(['wait', '--members', '2', '--profile', 'alice'])
})

test('a peer of another network is not joined, whichever of the two finds it out', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  const bob = await machine.up('bob', '--network', 'quite-another')
  for (const [profile, other] of [
    ['alice', bob],
    ['bob', alice],
  ] as const) {
    expect(await machine.failure(['join', other.report.addresses[0] ?? '', '--profile', profile])).toMatchObject({
      code: 6,
      error: {
        code: 'refused',
        message: expect.stringContaining(`${other.report.peer} is there, and not of`) as string,
      },
    })
  }
})

test('an address where nobody answers, and one that is none, are told apart', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  const address = `127.0.0.1:${await freePort()}`
  expect(await machine.failure(['join', address, '--profile', 'alice'])).toMatchObject({
    code: 1,
    error: { code: 'failure', message: expect.stringContaining('Cannot join /ip4/127.0.0.1') as string },
  })
  expect(await machine.failure(['join', 'nowhere', '--profile', 'alice'])).toMatchObject({
    code: 2,
    error: { code: 'usage' },
  })
})

test('a peer that has just come waits for documents that it has never heard of', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  await machine.text(['doc', 'import', 'notes', '-', '--profile', 'alice'], { input: 'here already' })
  await machine.up('bob', '--join', alice.report.addresses[0] ?? '')
  await machine.text(['wait', '--converged', '--profile', 'bob'])
  expect(await machine.text(['doc', 'get', 'notes', '--profile', 'bob'])).toBe('here already')
})

test('peers that do not agree within the time are named, with the reason', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  // The peer answers after nine tenths of the time; what is left is as much as a busy machine needs for that.
  expect(await machine.failure(['wait', '--converged', '--timeout', '10s', '--profile', 'alice'])).toEqual({
    code: 7,
    error: {
      code: 'not-converged',
      message: 'The peers do not agree yet: 0 of 1 peers are connected',
      hint: 'See more with: peerloom doctor',
    },
  })
  expect(await machine.failure(['wait', '--members', '2', '--timeout', '300ms', '--profile', 'alice'])).toMatchObject({
    code: 5,
    error: { code: 'time-out' },
  })
})

test('the doctor says that a peer of another network has called', async () => {
  await using machine = new Machine()
  const alice = await machine.up('alice')
  const [address = ''] = alice.report.addresses
  await machine.up('bob', '--network', 'quite-another')
  await machine.run(['join', address, '--profile', 'bob'])
  interface Diagnosis {
    readonly rejectedFrames: Readonly<Record<string, number>>
    readonly findings: readonly string[]
  }
  const refused = async (): Promise<Diagnosis | undefined> => {
    for (const profile of ['alice', 'bob']) {
      const diagnosis = await machine.json<Diagnosis>(['doctor', '--profile', profile])
      if (diagnosis.rejectedFrames['wrong-network'] !== undefined) return diagnosis
    }
    return undefined
  }
  let diagnosis: Diagnosis | undefined
  while (diagnosis === undefined) diagnosis = await refused()
  expect(diagnosis.findings.join('\n')).toContain('another network name or key')
})

test('the doctor speaks also where no peer runs', async () => {
  await using machine = new Machine()
  const { code, stdout } = await machine.run(['doctor', '--json'])
  expect(code).toBe(3)
  expect(JSON.parse(stdout.toString())).toMatchObject({
    running: false,
    node: process.versions.node,
    findings: ['No peer of the profile default is running'],
  })
})

test('tags are seen by all members, come back with their peer, and go when it is told so', async () => {
  await using machine = new Machine()
  const bob = await machine.up('bob')
  const join = ['--join', bob.report.addresses[0] ?? '']
  const first = await machine.up('alice', ...join, '--tag', 'role=cache', '--tag', 'motto=a=b \u001b[2J')
  interface Member {
    readonly peer: string
    readonly tags?: Readonly<Record<string, string>>
  }
  const until = async (wanted: Member['tags']): Promise<void> => {
    const isSeen = (member: Member): boolean =>
      member.peer === first.report.peer && JSON.stringify(member.tags) === JSON.stringify(wanted)
    let members: Member[] = []
    while (!members.some(isSeen)) members = await machine.json<Member[]>(['members', '--profile', 'bob'])
  }
  const tags = { motto: 'a=b \u001b[2J', role: 'cache' }
  await until(tags)
  const table = await machine.text(['members', '--profile', 'bob'])
  expect(table).toMatch(/^PEER +STATE +INCARNATION +ROUND TRIP +TAGS\n/)
  expect(table).toContain(String.raw`motto=a=b \u{1b}[2J, role=cache`)
  await machine.text(['down', '--profile', 'alice'])
  await first.ended()

  const second = await machine.again('alice')
  const [own] = (await machine.json<Member[]>(['members', '--profile', 'alice'])).filter(
    ({ peer }) => peer === first.report.peer,
  )
  expect(own?.tags).toEqual(tags)
  await machine.text(['down', '--profile', 'alice'])
  await second.ended()

  await machine.again('alice', '--no-tag')
  await until(undefined)
  expect(await machine.text(['members', '--profile', 'bob'])).not.toContain('TAGS')
})

test.each([
  ['a word', 'nothing', 'Cannot use "nothing" as a tag: name=value is wanted'],
  ['a value without a name', '=value', 'Cannot use "=value" as a tag: name=value is wanted'],
  [
    'what is too long',
    `name=${'x'.repeat(257)}`,
    'Cannot use the tag "name": a key has 1 to 64 bytes, a value at most 256',
  ],
])('%s is no tag', async (_, tag, message) => {
  await using machine = new Machine()
  const words = ['up', '--no-mdns', '--no-page', '--listen', '/ip4/127.0.0.1/tcp/0', '--tag', tag]
  expect(await machine.failure(words)).toMatchObject({ code: 2, error: { code: 'usage', message } })
})
