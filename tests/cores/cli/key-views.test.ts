import { expect, test } from 'vitest'
import type { Key, PeerId } from '../../../node/protocol/index.ts'
import {
  bytesOf,
  overlayGraph,
  overlayTable,
  peersTable,
  providersList,
  recordsInWords,
  traceTable,
} from '../../../cli/overlays/index.ts'
import { readDot, readLabel } from './dot-syntax.ts'

type ChordReport = Extract<Parameters<typeof overlayTable>[0], { overlay: 'chord' }>
type KademliaReport = Extract<Parameters<typeof overlayTable>[0], { overlay: 'kademlia' }>
type Place = ChordReport['gathered'][number]
type Report = Parameters<typeof traceTable>[0]
type Item = Parameters<typeof recordsInWords>[0][number]

const hostile = 'a "b" \\ &lt; \u001b[2J\u202e\n'
const harmless = String.raw`a "b" \ &lt; \u{1b}[2J\u{202e}\n`

/** @param digit of sixteen equal arcs the one in which the point is the first */
function place(peer: string, digit: string, index = 0): Place {
  return { peer: peer as PeerId, index, point: digit.padEnd(64, '0') as Key }
}

function ring(own: Place, links: Partial<ChordReport['places'][number]> = {}): ChordReport {
  const places = [{ ...own, onRing: true, successors: [], fingers: [], ...links }]
  return { overlay: 'chord', peer: own.peer, held: { records: 1, bytes: 1234 }, places, gathered: [] }
}

/** a (2) after d (e), before b (4) and c (8); c also serves the half of the ring that begins at a. */
const small = ring(place('a', '2'), {
  predecessor: place('d', 'e'),
  successors: [place('b', '4'), place('c', '8')],
  fingers: [{ ...place('d', 'e'), from: 'a'.padEnd(64, '0') as Key }],
})

test('the table of a ring has every link of every place, with the way to it along the ring', () => {
  expect(overlayTable(small)).toBe(
    [
      'peer  a',
      'held  1 record, 1.23 kB',
      '',
      'LINK              POINT      AHEAD   PEER',
      'place 0           20000000…          this peer',
      'predecessor       e0000000…  75 %    d',
      'successor 1       40000000…  12.5 %  b',
      'successor 2       80000000…  37.5 %  c',
      'finger from 50 %  e0000000…  75 %    d',
    ].join('\n'),
  )
})

test('the graph of a ring has lines from place to place, and a dashed one for each finger', () => {
  const { name, nodes, edges } = readDot(overlayGraph(small))
  expect(name).toBe('chord')
  expect(Array.from(nodes, ([id, { label = '', style }]) => [id, style, readLabel(label)])).toEqual([
    ['a', 'bold', ['this peer', 'a', 'point 20000000…']],
    ['d', undefined, ['d', 'point e0000000…']],
    ['b', undefined, ['b', 'point 40000000…']],
    ['c', undefined, ['c', 'point 80000000…']],
  ])
  expect(edges.map(({ from, to, attributes: { label, style } }) => [`${from} ${to}`, style, label])).toEqual([
    ['d a', 'solid', undefined],
    ['a b', 'solid', undefined],
    ['b c', 'solid', undefined],
    ['a d', 'dashed', 'finger from 50 %'],
  ])
})

test('places of one peer are told apart, and a link that two of them have is drawn once', () => {
  const [first, second] = [place('a', '2'), place('a', 'a', 1)]
  const b = place('b', '4')
  const { places } = ring(first, { successors: [b, second] })
  const report = { ...small, places: [...places, { ...second, onRing: false, successors: [], fingers: [] }] }
  expect(overlayTable(report)).toContain('successor 2  a0000000…  50 %    a, place 1\n')
  expect(overlayTable(report)).toMatch(/^place 1 +a0000000… +this peer, not on a ring$/m)
  const { nodes, edges } = readDot(overlayGraph(report))
  expect([...nodes.keys()]).toEqual(['a', 'a#1', 'b'])
  expect(nodes.get('a#1')).toMatchObject({ style: 'bold' })
  expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['a b', 'b a#1'])
  const both = { ...small, places: [...places, ...places] }
  expect(readDot(overlayGraph(both)).edges).toEqual(readDot(overlayGraph({ ...small, places })).edges)
})

test('while there is no ring, all who know each other are shown in the order that they would have on it', () => {
  const alone = ring(place('a', '2'), { onRing: false })
  const report = { ...alone, gathered: [place('b', '4'), place('c', '1')] }
  expect(overlayTable(report)).toBe(
    [
      'peer  a',
      'held  1 record, 1.23 kB',
      'ring  none yet: so few peers know each other all',
      '',
      'LINK     POINT      AHEAD   PEER',
      'place 0  20000000…          this peer, not on a ring',
      'known    40000000…  12.5 %  b',
      'known    10000000…  93.8 %  c',
    ].join('\n'),
  )
  const { edges } = readDot(overlayGraph(report))
  expect(edges.map(({ from, to }) => `${from} ${to}`)).toEqual(['a b', 'b c', 'c a'])
  expect(readDot(overlayGraph(alone)).edges).toEqual([])
})

test('the table and the graph of Kademlia have each bucket with its peers', () => {
  const buckets = [
    { prefixLength: 0, peers: ['b', 'c'] as PeerId[] },
    { prefixLength: 1, peers: ['d'] as PeerId[] },
  ]
  const report: KademliaReport = { overlay: 'kademlia', peer: 'a' as PeerId, buckets }
  expect(overlayTable(report)).toBe(
    [
      'peer   a',
      'known  3 peers in 2 buckets',
      '',
      'BITS IN COMMON  PEERS  PEER',
      '0               2      b',
      '                       c',
      '1               1      d',
    ].join('\n'),
  )
  const { nodes, edges } = readDot(overlayGraph(report))
  expect(readLabel(nodes.get('bucket 1')?.['label'] ?? '')).toEqual(['1 bit in common', '1 peer'])
  expect(edges.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    'a > bucket 0',
    'bucket 0 > b',
    'bucket 0 > c',
    'a > bucket 1',
    'bucket 1 > d',
  ])
  expect(overlayTable({ ...report, buckets: [] })).toContain('known  0 peers in 0 buckets')
})

test('names that strangers chose are harmless in the views of rings and buckets', () => {
  const stranger = hostile as PeerId
  const chord = ring(place('a', '2'), { successors: [place(hostile, '4')] })
  const kademlia: KademliaReport = {
    overlay: 'kademlia',
    peer: 'a' as PeerId,
    buckets: [{ prefixLength: 0, peers: [stranger] }],
  }
  for (const report of [chord, kademlia]) {
    expect(overlayTable(report)).toContain(harmless)
    const { nodes } = readDot(overlayGraph(report))
    const labels = Array.from(nodes.values(), ({ label = '' }) => readLabel(label)[0])
    expect(labels).toContain(harmless)
  }
})

const key = '0f'.repeat(32) as Key
const answer: Report = {
  overlay: 'chord',
  peer: 'a' as PeerId,
  key,
  peers: ['b', 'a'] as PeerId[],
  hops: 1,
  timeouts: 1,
  duration: 512.4,
  contacts: [
    { peer: 'c' as PeerId, at: 0, outcome: 'timed-out', took: 500 },
    { peer: 'b' as PeerId, at: 500, outcome: 'answered', took: 2.345 },
  ],
}

test('a trace names who was asked, when, and what came of it', () => {
  expect(traceTable(answer)).toBe(
    [
      `key      ${key}`,
      'overlay  chord',
      'way      1 hop, 1 time-out, 512 ms',
      '',
      'AT      TOOK    OUTCOME    PEER',
      '0 ms    500 ms  timed-out  c',
      '500 ms  2.3 ms  answered   b',
      '',
      'RESPONSIBLE',
      'b',
      'a  this peer',
    ].join('\n'),
  )
  expect(traceTable({ ...answer, hops: 0, contacts: [] })).toContain('\n\nNobody had to be asked.\n\n')
  expect(peersTable(answer)).toBe('b\na  this peer')
  expect(peersTable({ ...answer, peers: [hostile as PeerId] })).toBe(harmless)
})

test('providers have their addresses below them', () => {
  const providers = [
    { peer: 'a' as PeerId, addresses: ['/ip4/127.0.0.1/tcp/1', hostile] },
    { peer: hostile as PeerId, addresses: [] },
  ]
  const printed = providersList({ overlay: 'chord', peer: 'a' as PeerId, key, providers })
  expect(printed).toBe(['a  this peer', '  /ip4/127.0.0.1/tcp/1', `  ${harmless}`, harmless].join('\n'))
})

const shared: Item = { kind: 'shared', name: 'x', writer: 'abcdefghijkl', version: [], bytes: 1, text: 'v' }

test('one record is its value, several are a line each with writer and version', () => {
  expect(recordsInWords([shared])).toBe('v')
  expect(recordsInWords([{ ...shared, text: 'two\nlines\n' }])).toBe('two\nlines')
  expect(recordsInWords([{ ...shared, text: hostile }])).toBe(String.raw`a "b" \ &lt; \u{1b}[2J\u{202e}`)
  expect(recordsInWords([{ kind: 'immutable', bytes: 1, base64: '/w==' }])).toBe('/w==')
  const version = [
    { process: '12D3KooWabcdefgh', count: 2 },
    { process: 'b', count: 1 },
  ]
  expect(recordsInWords([{ ...shared, version }, { ...shared, text: hostile }, withoutText])).toBe(
    [
      'WRITER     VERSION          VALUE',
      'abcdefgh…  …abcdefgh:2 b:1  v',
      `abcdefgh…                   ${harmless}`,
      'abcdefgh…                   base64 /w==',
    ].join('\n'),
  )
})

const { text: _, ...rest } = shared
const withoutText: Item = { ...rest, base64: '/w==' }

test('the bytes of a value are what they were', () => {
  expect([...bytesOf(withoutText)]).toEqual([255])
  expect([...bytesOf({ ...shared, text: '\ufeffä' })]).toEqual([0xef, 0xbb, 0xbf, 0xc3, 0xa4])
})
