import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../../node/protocol/index.ts'
import { onlyTopic, overlayGraph, overlayTable } from '../../../cli/overlays/index.ts'
import { readDot, readLabel } from './dot-syntax.ts'

type GossipReport = Parameters<typeof onlyTopic>[0]
type Tree = GossipReport['topics'][number]

function ids(...names: string[]): PeerId[] {
  return names as PeerId[]
}

function tree(name: string, links: Partial<Pick<Tree, 'eager' | 'lazy' | 'kind' | 'listening'>> = {}): Tree {
  return { name, kind: 'topic', wire: `topics/${name}`, listening: false, eager: ids('b', 'c'), lazy: [], ...links }
}

function gossip(...topics: Tree[]): GossipReport {
  return { overlay: 'gossip', peer: 'a' as PeerId, neighbours: ids('b', 'c'), reserves: ids('d'), topics }
}

/** Names that strangers chose, and what is to be read of them. */
const hostile = [
  ['say "hi"', 'say "hi"'],
  ['ends with \\', 'ends with \\'],
  ['\\"', '\\"'],
  [String.raw`\N \G \T \l \n`, String.raw`\N \G \T \l \n`],
  ['x"]; "evil" -> "b" [label="', 'x"]; "evil" -> "b" [label="'],
  ['&lt;b&gt; &amp; &', '&lt;b&gt; &amp; &'],
  ['<b>bold</b>', '<b>bold</b>'],
  ['two\nlines\u0000', String.raw`two\nlines\u{0}`],
  ['\u001b[2J\u202egnp', String.raw`\u{1b}[2J\u{202e}gnp`],
  ['\ud800', String.raw`\u{d800}`],
  ['// no comment # nor this', '// no comment # nor this'],
  ['Grüße 🎈', 'Grüße 🎈'],
] as const

describe.each(hostile)('the name %j', (name, harmless) => {
  test('is a harmless line of the table', () => {
    expect(
      overlayTable(gossip(tree(name)))
        .split('\n')
        .at(-1),
    ).toBe(`1 2    -     no    topic  ${harmless}`)
    expect(overlayTable({ ...gossip(), reserves: ids(name) })).toContain(`reserves       ${harmless}`)
  })

  test('is a label of a graph that can be read', () => {
    const { edges } = readDot(overlayGraph(gossip(tree(name))))
    expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['a b', 'a c'])
    expect(readLabel(edges[0]?.attributes['label'] ?? '')).toEqual([harmless])
  })

  test('is a node of one', () => {
    const { nodes, edges } = readDot(overlayGraph({ ...gossip(), neighbours: ids(name) }))
    expect(nodes.size).toBe(2)
    expect(nodes.get(edges[0]?.to ?? '')).toEqual({ label: edges[0]?.to.replaceAll('&', '&amp;') })
  })
})

test('the table of gossip names the views, and links by number of the neighbour', () => {
  const chat = tree('chat', { eager: ids('c'), lazy: ids('b'), listening: true })
  expect(overlayTable(gossip(chat, tree('notes', { kind: 'document' })))).toBe(
    [
      'peer           a',
      'neighbours  1  b',
      '            2  c',
      'reserves       d',
      '',
      'EAGER  LAZY  HERE  KIND      TOPIC',
      '2      1     yes   topic     chat',
      '1 2    -     no    document  notes',
    ].join('\n'),
  )
  expect(overlayTable({ ...gossip(), neighbours: [], reserves: [] })).toBe(
    ['peer          a', 'neighbours    none', 'reserves      none', '', 'EAGER  LAZY  HERE  KIND  TOPIC'].join('\n'),
  )
})

test('the graph of gossip has a line for branches and a dashed one for lazy links, with their topics', () => {
  const topics = [tree('chat', { eager: ids('c'), lazy: ids('b') }), tree('notes', { kind: 'document' })]
  const { name, nodes, edges } = readDot(overlayGraph(gossip(...topics)))
  expect(name).toBe('gossip')
  expect([...nodes.keys()]).toEqual(['a', 'b', 'c'])
  expect(edges.map(({ to, attributes: { style, label = '' } }) => [to, style, readLabel(label)])).toEqual([
    ['b', 'solid', ['document notes']],
    ['b', 'dashed', ['chat']],
    ['c', 'solid', ['chat', 'document notes']],
  ])
})

test('the graph of one topic has one edge for each neighbour', () => {
  const whole = gossip(tree('chat', { eager: ids('c'), lazy: ids('b') }), tree('other'))
  const { edges } = readDot(overlayGraph(onlyTopic(whole, 'chat')))
  expect(edges.map(({ to, attributes: { style } }) => `${to} ${style}`)).toEqual(['b dashed', 'c solid'])
})

test('a link without topics is drawn as the branch that it will be', () => {
  const { edges } = readDot(overlayGraph(gossip()))
  expect(edges.map(({ to, attributes: { style, label } }) => [to, style, label])).toEqual([
    ['b', 'solid', ''],
    ['c', 'solid', ''],
  ])
})

test('no edge names more than eight topics', () => {
  const { edges } = readDot(overlayGraph(gossip(...Array.from({ length: 100 }, (_, index) => tree(`t${index}`)))))
  const label = readLabel(edges[0]?.attributes['label'] ?? '')
  expect(label.slice(-2)).toEqual(['t7', 'and 92 more'])
})

test('a topic is found as people call it first, then as it is on the wire, then as a document', () => {
  const whole = gossip(
    tree('notes', { kind: 'document' }),
    tree('notes'),
    { ...tree('x'), kind: 'other', wire: 'plain' },
    { ...tree('todo'), kind: 'document', wire: 'documents/1' },
  )
  const found = (given: string): string[] => onlyTopic(whole, given).topics.map(({ kind, name }) => `${kind} ${name}`)
  expect(found('notes')).toEqual(['topic notes'])
  expect(found('plain')).toEqual(['other x'])
  expect(found('documents/1')).toEqual(['document todo'])
  expect(found('todo')).toEqual(['document todo'])
  expect(() => found('nothing')).toThrow('No topic "nothing" is known to this peer')
})

test('the graph of SWIM has an edge to every other member, with its state', () => {
  const members = (['alive', 'suspected', 'failed'] as const).map((state, index) => {
    return { peer: `p${index}` as PeerId, state, incarnation: 1, self: index === 0 }
  })
  const { edges } = readDot(overlayGraph({ overlay: 'swim', peer: 'p0' as PeerId, members }))
  expect(edges).toEqual([
    { from: 'p0', to: 'p1', attributes: { label: 'suspected', style: 'dashed', color: 'red' } },
    { from: 'p0', to: 'p2', attributes: { label: 'failed', style: 'dotted', color: 'gray' } },
  ])
})

test.each(['digraph "a" {', 'digraph "a" { "b" -> }', 'digraph "a" { "b\\" }', 'digraph "a" { "b" [label="x" y] }'])(
  'the reader of these tests refuses %j',
  (text) => {
    expect(() => readDot(text)).toThrow(SyntaxError)
  },
)

test('the members of SWIM have a column of tags where anybody has any', () => {
  const member = { peer: 'a' as PeerId, state: 'alive' as const, incarnation: 1, self: true }
  const table = (tags?: Record<string, string>): string =>
    overlayTable({ overlay: 'swim', peer: 'a' as PeerId, members: [tags === undefined ? member : { ...member, tags }] })
  expect(table()).toBe('PEER  STATE  INCARNATION  ROUND TRIP\na     alive  1            this peer')
  expect(table({ role: 'cache', hostile: '\u202e\n' })).toBe(
    'PEER  STATE  INCARNATION  ROUND TRIP  TAGS\n' +
      String.raw`a     alive  1            this peer   role=cache, hostile=\u{202e}\n`,
  )
})
