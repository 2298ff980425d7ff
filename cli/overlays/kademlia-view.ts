import type { KademliaReport } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { countInWords } from '../quantities.ts'
import { toDot } from './dot.ts'

/** The farthest bucket first; within one, the nearest peer. */
export function kademliaTable({ peer, buckets }: KademliaReport): string {
  const rows = buckets.flatMap(({ prefixLength, peers }) =>
    peers.map((other, index) => [
      index === 0 ? String(prefixLength) : '',
      index === 0 ? String(peers.length) : '',
      escapeLine(other),
    ]),
  )
  const known = buckets.reduce((sum, { peers }) => sum + peers.length, 0)
  return [
    columns([
      ['peer', escapeLine(peer)],
      ['known', `${countInWords(known, 'peer')} in ${countInWords(buckets.length, 'bucket')}`],
    ]),
    '',
    columns([['BITS IN COMMON', 'PEERS', 'PEER'], ...rows]),
  ].join('\n')
}

/** This peer, its buckets, and who is in each. */
export function kademliaGraph({ peer, buckets }: KademliaReport): string {
  const idOf = (prefixLength: number): string => `bucket ${prefixLength}`
  return toDot({
    name: 'kademlia',
    nodes: [
      { id: peer, label: ['this peer', peer], style: 'bold' },
      ...buckets.map(({ prefixLength, peers }) => ({
        id: idOf(prefixLength),
        label: [`${countInWords(prefixLength, 'bit')} in common`, countInWords(peers.length, 'peer')],
        style: 'dashed' as const,
      })),
      ...buckets.flatMap(({ peers }) => peers.map((id) => ({ id, label: [id] }))),
    ],
    edges: buckets.flatMap(({ prefixLength, peers }) => [
      { from: peer, to: idOf(prefixLength), style: 'solid' as const },
      ...peers.map((to) => ({ from: idOf(prefixLength), to, style: 'solid' as const })),
    ]),
  })
}
