import type { RunningPeer } from '../../peer/running-peer.ts'
import type { TopicName } from '../requests.ts'

const kinds = ['topic', 'document', 'presence', 'other'] as const

/** Topics of people are kept apart from those on which documents are replicated. */
export function wireTopic(topic: string): string {
  return `topics/${topic}`
}

/** @returns what people call a topic that was met on the wire, those of people first, by name */
export function topicNames({ peer }: RunningPeer, wires: Iterable<string>): TopicName[] {
  const documents = new Map(peer.documents.list().map(({ id, name }) => [id as string, name ?? id]))
  const names = Array.from(new Set(wires), (wire) => nameTopic(wire, documents))
  return names.toSorted(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  )
}

function nameTopic(wire: string, documents: ReadonlyMap<string, string>): TopicName {
  const slash = wire.indexOf('/')
  const rest = wire.slice(slash + 1)
  switch (wire.slice(0, slash + 1)) {
    case 'topics/':
      return { name: rest, kind: 'topic', wire }
    case 'documents/':
      return { name: documents.get(rest) ?? rest, kind: 'document', wire }
    // Who has a note open, and where: examples/notes.
    case 'presence/':
      return { name: documents.get(rest) ?? rest, kind: 'presence', wire }
    default:
      return { name: wire, kind: 'other', wire }
  }
}
