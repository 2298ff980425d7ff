import type { MessageCount } from '../../overlays/gossip/index.ts'
import { request } from '../control/client.ts'
import type { TopicsReport } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { ageInWords, bytesInWords } from '../quantities.ts'
import type { Invocation } from './command.ts'

export async function run({ output, profile, signal }: Invocation): Promise<void> {
  const report = await request<TopicsReport>(profile, { verb: 'topics', signal })
  await output.data(report, () => describe(report))
}

/** Names come last: they may be long. With figures of everyday size, and a short name, a line has 80 characters. */
function describe({ topics, forgotten }: TopicsReport): string {
  const table = columns([
    ['PUBLISHED', 'DELIVERED', 'SENT', 'DUPLICATES', 'LAST', 'HERE', 'KIND', 'TOPIC'],
    ...topics.map(({ published, delivered, sent, duplicates, quietSeconds, ...topic }) => [
      inWords(published),
      inWords(delivered),
      inWords(sent),
      inWords(duplicates),
      quietSeconds === undefined ? '-' : ageInWords(quietSeconds),
      topic.listening ? 'yes' : 'no',
      topic.kind,
      escapeLine(topic.name),
    ]),
  ])
  return forgotten === 0 ? table : `${table}\n\nThe figures of ${forgotten} topics made room for those of others.`
}

function inWords({ messages, bytes }: MessageCount): string {
  return messages === 0 ? '0' : `${messages}, ${bytesInWords(bytes)}`
}
