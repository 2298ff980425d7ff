import { expect, test } from 'vitest'
import { readDot, readLabel } from '../../cores/cli/dot-syntax.ts'
import { Machine } from './machine.ts'

interface Count {
  readonly messages: number
  readonly bytes: number
}

interface Topics {
  readonly topics: readonly {
    readonly name: string
    readonly kind: string
    readonly wire: string
    readonly listening: boolean
    readonly published: Count
    readonly delivered: Count
    readonly sent: Count
    readonly duplicates: Count
    readonly countedSeconds?: number
    readonly quietSeconds?: number
  }[]
  readonly forgotten: number
}

const none = { messages: 0, bytes: 0 }

/** Two peers that are neighbours of each other: what is published then goes along the link at once. */
async function neighbours(machine: Machine): ReturnType<Machine['pair']> {
  const pair = await machine.pair()
  for (const profile of ['alice', 'bob']) {
    const show = ['overlay', 'show', 'gossip', '--profile', profile]
    let found = 0
    while (found === 0) found = (await machine.json<{ readonly neighbours: string[] }>(show)).neighbours.length
  }
  return pair
}

test('topics tells what became of the messages of each, at the one who published and at the one who listens', async () => {
  await using machine = new Machine()
  await neighbours(machine)
  await machine.text(['doc', 'create', 'notes', '--profile', 'alice'])
  await machine.text(['wait', '--converged', '--profile', 'bob'])
  const listener = machine.start(['sub', 'chat', '--profile', 'bob'])
  await listener.said('Listening to chat')
  await machine.text(['pub', 'chat', '--profile', 'alice'], { input: 'one\ntwo' })
  expect([await listener.line(), await listener.line()]).toEqual(['one', 'two'])

  const sent = await machine.json<Topics>(['topics', '--profile', 'alice'])
  expect(sent).toEqual({
    topics: [
      {
        name: 'chat',
        kind: 'topic',
        wire: 'topics/chat',
        listening: false,
        published: { messages: 2, bytes: 6 },
        delivered: none,
        sent: { messages: 2, bytes: 6 },
        duplicates: none,
        countedSeconds: expect.any(Number) as number,
        quietSeconds: expect.any(Number) as number,
      },
      expect.objectContaining({ name: 'notes', kind: 'document', listening: true }),
    ],
    forgotten: 0,
  })
  const heard = await machine.json<Topics>(['topics', '--profile', 'bob'])
  expect(heard.topics[0]).toMatchObject({
    name: 'chat',
    listening: true,
    published: none,
    delivered: { messages: 2, bytes: 6 },
    sent: none,
    duplicates: none,
  })
  const table = await machine.text(['topics', '--profile', 'bob'])
  expect(table).toMatch(/^PUBLISHED +DELIVERED +SENT +DUPLICATES +LAST +HERE +KIND +TOPIC\n/)
  expect(table).toMatch(/^0 +2, 6 B +0 +0 +\d+[smh] +yes +topic +chat$/m)
  expect(table).toMatch(/ yes +document +notes$/m)
})

test('a topic that somebody listens to is there before its first message, and goes with its listener', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  expect(await machine.json(['topics', '--profile', 'alice'])).toEqual({ topics: [], forgotten: 0 })
  const listener = machine.start(['sub', 'chat', '--profile', 'alice'])
  await listener.said('Listening to chat')
  expect(await machine.text(['topics', '--profile', 'alice'])).toMatch(/^0 +0 +0 +0 +- +yes +topic +chat$/m)
  const [topic, ...others] = (await machine.json<Topics>(['topics', '--profile', 'alice'])).topics
  expect({ topic, others }).toMatchObject({ topic: { name: 'chat', listening: true, published: none }, others: [] })
  expect(topic).not.toHaveProperty('countedSeconds')
  listener.signal('SIGKILL')
  await listener.ended()
  let left = 1
  while (left > 0) left = (await machine.json<Topics>(['topics', '--profile', 'alice'])).topics.length
})

test('overlay show gossip prints views and trees as a table, as JSON and for Graphviz', async () => {
  await using machine = new Machine()
  const [alice, bob] = await neighbours(machine)
  const [self, other] = [alice.report.peer, bob.report.peer]
  const hostile = 'a "b" \\ &lt; \u001b[2J\u202e\\'
  const harmless = String.raw`a "b" \ &lt; \u{1b}[2J\u{202e}` + '\\'
  const listener = machine.start(['sub', 'chat', '--count', '1', '--profile', 'bob'])
  await listener.said('Listening to chat')
  await machine.text(['pub', hostile, 'x', '--profile', 'alice'])
  await machine.text(['pub', 'chat', 'x', '--profile', 'alice'])
  expect(await listener.ended()).toBe(0)

  const links = { listening: false, eager: [other], lazy: [] }
  const report = {
    overlay: 'gossip',
    peer: self,
    neighbours: [other],
    reserves: [],
    topics: [
      { name: hostile, kind: 'topic', wire: `topics/${hostile}`, ...links },
      { name: 'chat', kind: 'topic', wire: 'topics/chat', ...links },
    ],
  }
  const show = ['overlay', 'show', 'gossip', '--profile', 'alice']
  expect(await machine.json(show)).toEqual(report)
  expect(await machine.text([...show, '--format', 'json'])).toBe(`${JSON.stringify(report)}\n`)

  const table = await machine.text(show)
  expect(table).toBe(
    [
      `peer           ${self}`,
      `neighbours  1  ${other}`,
      'reserves       none',
      '',
      'EAGER  LAZY  HERE  KIND   TOPIC',
      `1      -     no    topic  ${harmless}`,
      '1      -     no    topic  chat',
      '',
    ].join('\n'),
  )

  // What was asked for on its own wins over what the environment wants of all verbs.
  const drawing = await machine.text([...show, '--format', 'dot'], { env: { PEERLOOM_JSON: 'true' } })
  const { nodes, edges } = readDot(drawing)
  expect([...nodes.keys()]).toEqual([self, other])
  expect(edges).toMatchObject([{ from: self, to: other, attributes: { style: 'solid' } }])
  expect(readLabel(edges[0]?.attributes['label'] ?? '')).toEqual([harmless, 'chat'])

  const one = readDot(await machine.text([...show, '--format', 'dot', '--topic', 'chat']))
  expect(one.edges).toEqual([{ from: self, to: other, attributes: { label: 'chat', style: 'solid' } }])
})

test('overlay show names the overlays there are, and prints the members of SWIM', async () => {
  await using machine = new Machine()
  const [alice, bob] = await machine.pair()
  const profile = ['--profile', 'alice']
  expect(await machine.text(['overlay', 'show', ...profile])).toBe(
    'OVERLAY  ROLE\nswim     membership\ngossip   broadcast\nchord    dht\n',
  )
  expect(await machine.json(['overlay', 'show', ...profile])).toEqual([
    { overlay: 'swim', role: 'membership' },
    { overlay: 'gossip', role: 'broadcast' },
    { overlay: 'chord', role: 'dht' },
  ])
  expect(await machine.json(['overlay', 'show', 'swim', ...profile])).toMatchObject({
    overlay: 'swim',
    peer: alice.report.peer,
    members: { length: 2 },
  })
  const table = await machine.text(['overlay', 'show', 'swim', ...profile])
  expect(table).toMatch(/^PEER +STATE +INCARNATION +ROUND TRIP\n/)
  const drawing = readDot(await machine.text(['overlay', 'show', 'swim', '--format', 'dot', ...profile]))
  expect(drawing.edges).toEqual([
    { from: alice.report.peer, to: bob.report.peer, attributes: { label: 'alive', style: 'solid' } },
  ])
})

test('an overlay or a topic that is not there, and a view that makes no sense, are told apart', async () => {
  await using machine = new Machine()
  await machine.up('alice')
  const fail = (...words: string[]): Promise<unknown> =>
    machine.failure(['overlay', 'show', ...words, '--profile', 'alice'])
  expect(await fail('kademlia')).toEqual({
    code: 4,
    error: {
      code: 'not-found',
      message: 'No overlay named "kademlia" runs in this peer',
      hint: 'There are: swim, gossip, chord',
    },
  })
  for (const name of ['__proto__', 'constructor', '']) expect(await fail(name)).toMatchObject({ code: 4 })
  expect(await fail('gossip', '--topic', 'nothing')).toMatchObject({
    code: 4,
    error: { message: 'No topic "nothing" is known to this peer' },
  })
  expect(await fail('gossip', '--format', 'svg')).toMatchObject({
    code: 2,
    error: { code: 'usage', message: 'Cannot use "svg" as a format: table, dot or json is wanted' },
  })
  expect(await fail('swim', '--topic', 'chat')).toMatchObject({ code: 2, error: { code: 'usage' } })
  expect(await fail('--format', 'dot')).toMatchObject({ code: 2, error: { code: 'usage' } })
  expect(await machine.failure(['topics', '--profile', 'nobody'])).toMatchObject({ code: 3 })
})
