import type { ChordReport, PlaceItem } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { bytesInWords, countInWords } from '../quantities.ts'
import { toDot, type Graph, type Look } from './dot.ts'

type OwnPlace = ChordReport['places'][number]

/** Every place of this peer with its links; AHEAD is the way to them along the ring, of which there are 100 %. */
export function chordTable({ peer, held, places, gathered }: ChordReport): string {
  const holding = `${countInWords(held.records, 'record')}, ${bytesInWords(held.bytes)}`
  const rows = places.flatMap((place) => [placeRow(place), ...linkRows(place)])
  const known = gathered.map((other) => linkRow('known', places[0] ?? other, other))
  return [
    columns([
      ['peer', escapeLine(peer)],
      ['held', holding],
      ...(gathered.length === 0 ? [] : [['ring', 'none yet: so few peers know each other all']]),
    ]),
    '',
    columns([['LINK', 'POINT', 'AHEAD', 'PEER'], ...rows, ...known]),
  ].join('\n')
}

function placeRow({ index, onRing, point }: OwnPlace): string[] {
  return [`place ${index}`, pointInWords(point), '', onRing ? 'this peer' : 'this peer, not on a ring']
}

function linkRows(place: OwnPlace): string[][] {
  const { fingers, predecessor, successors } = place
  return [
    ...(predecessor === undefined ? [] : [linkRow('predecessor', place, predecessor)]),
    ...successors.map((successor, index) => linkRow(`successor ${index + 1}`, place, successor)),
    ...fingers.map((finger) => linkRow(fingerName(place, finger.from), place, finger)),
  ]
}

function linkRow(link: string, place: PlaceItem, other: PlaceItem): string[] {
  const virtual = other.index === 0 ? '' : `, place ${other.index}`
  return [link, pointInWords(other.point), aheadInWords(place.point, other.point), escapeLine(other.peer) + virtual]
}

/** Where its arc begins, which reaches to that of the next farther one. */
function fingerName({ point }: PlaceItem, from: string): string {
  return `finger from ${aheadInWords(point, from)}`
}

function pointInWords(point: string): string {
  return `${point.slice(0, 8)}…`
}

/** Of the whole ring; clockwise. */
function aheadInWords(from: string, to: string): string {
  const distance = BigInt.asUintN(256, BigInt(`0x${to}`) - BigInt(`0x${from}`))
  // What does not fit into a number's 53 bits nobody would see.
  const part = Number(distance >> 203n) / 2 ** 53
  return `${Number((part * 100).toPrecision(3))} %`
}

/** The ring as far as this peer knows it, and its fingers: lines from each place to the next, fingers dashed. */
export function chordGraph({ gathered, places }: ChordReport): string {
  const nodes = new Map<string, Graph['nodes'][number]>()
  const edges = new Map<string, Graph['edges'][number]>()
  const node = (place: PlaceItem, look: Look = {}): void => {
    const id = idOf(place)
    if (!nodes.has(id)) nodes.set(id, { id, label: [...labelOf(place)], ...look })
  }
  const edge = (from: PlaceItem, to: PlaceItem, look: Look): void => {
    const key = `${idOf(from)} ${idOf(to)} ${look.style}`
    if (!edges.has(key)) edges.set(key, { from: idOf(from), to: idOf(to), ...look })
  }
  const chain = (ring: readonly PlaceItem[]): void => {
    for (const [index, to] of ring.slice(1).entries()) edge(ring[index] as PlaceItem, to, { style: 'solid' })
  }
  for (const place of places) node(place, { label: ['this peer', ...labelOf(place)], style: 'bold' })
  for (const place of places) {
    const ring = [...(place.predecessor === undefined ? [] : [place.predecessor]), place, ...place.successors]
    for (const other of [...ring, ...place.fingers, ...gathered]) node(other)
    chain(ring)
    if (gathered.length > 0) chain([place, ...gathered, place])
    for (const finger of place.fingers) {
      edge(place, finger, { label: [fingerName(place, finger.from)], style: 'dashed', color: 'gray' })
    }
  }
  return toDot({ name: 'chord', nodes: [...nodes.values()], edges: [...edges.values()] })
}

function idOf({ index, peer }: PlaceItem): string {
  return index === 0 ? peer : `${peer}#${index}`
}

function labelOf(place: PlaceItem): readonly [string, string] {
  return [idOf(place), `point ${pointInWords(place.point)}`]
}
