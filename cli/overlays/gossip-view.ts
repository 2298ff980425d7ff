import type { GossipReport, TreeItem } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import { columns } from '../output.ts'
import { toDot, type Graph } from './dot.ts'

/** Topics that are named at one edge of a drawing. */
const namedTopics = 8

/** Links are written as numbers of neighbours: their names would not fit beside each other. */
export function gossipTable({ peer, neighbours, reserves, topics }: GossipReport): string {
  const numbers = (links: readonly string[]): string =>
    neighbours.flatMap((peer, index) => (links.includes(peer) ? [String(index + 1)] : [])).join(' ') || '-'
  return [
    columns([
      ['peer', '', escapeLine(peer)],
      ...rows('neighbours', neighbours, true),
      ...rows('reserves', reserves, false),
    ]),
    '',
    columns([
      ['EAGER', 'LAZY', 'HERE', 'KIND', 'TOPIC'],
      ...topics.map(({ eager, lazy, listening, kind, name }) => [
        numbers(eager),
        numbers(lazy),
        listening ? 'yes' : 'no',
        kind,
        escapeLine(name),
      ]),
    ]),
  ].join('\n')
}

function rows(title: string, peers: readonly string[], numbered: boolean): string[][] {
  if (peers.length === 0) return [[title, '', 'none']]
  return peers.map((peer, index) => [index === 0 ? title : '', numbered ? String(index + 1) : '', escapeLine(peer)])
}

/** This peer, its neighbours, and the branches of the trees: eager links are lines, lazy ones are dashed. */
export function gossipGraph({ peer, neighbours, topics }: GossipReport): string {
  const nodes = neighbours.map((id) => ({ id, label: [id] }))
  return toDot({
    name: 'gossip',
    nodes: [{ id: peer, label: ['this peer', peer], style: 'bold' }, ...nodes],
    edges: neighbours.flatMap((to) => {
      const eager = topics.filter((topic) => topic.eager.includes(to))
      const lazy = topics.filter((topic) => topic.lazy.includes(to))
      const edges: Graph['edges'][number][] = []
      // A link without a topic is a branch of every tree to come.
      if (eager.length > 0 || lazy.length === 0) edges.push({ from: peer, to, label: names(eager), style: 'solid' })
      if (lazy.length > 0) edges.push({ from: peer, to, label: names(lazy), style: 'dashed', color: 'gray' })
      return edges
    }),
  })
}

function names(topics: readonly TreeItem[]): string[] {
  const named = topics
    .slice(0, namedTopics)
    .map(({ kind, name }) => (kind === 'topic' || kind === 'other' ? name : `${kind} ${name}`))
  return topics.length > namedTopics ? [...named, `and ${topics.length - namedTopics} more`] : named
}

/** @param given as `pub` and `sub` call it, or as it is on the wire, or the name of a document */
export function onlyTopic(report: GossipReport, given: string): GossipReport {
  const { topics } = report
  const found =
    topics.find(({ kind, name }) => kind === 'topic' && name === given) ??
    topics.find(({ wire }) => wire === given) ??
    topics.find(({ kind, name }) => kind === 'document' && name === given)
  if (found !== undefined) return { ...report, topics: [found] }
  throw new Failure('not-found', `No topic ${JSON.stringify(given)} is known to this peer`, {
    hint: 'See what is known with: peerloom topics',
  })
}
