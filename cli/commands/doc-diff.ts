import { request } from '../control/client.ts'
import type { DocumentDiffReport, PeerDiffReport } from '../control/requests.ts'
import { standingCells, standingHeads } from '../documents/standing-words.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { countInWords } from '../quantities.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name, peer] = operands
  if (peer === undefined) {
    const report = await request<DocumentDiffReport>(profile, { verb: 'doc.diff', arguments: { name }, signal })
    return output.data(report, () => describeAll(report))
  }
  const report = await request<PeerDiffReport>(profile, { verb: 'doc.diff.peer', arguments: { name, peer }, signal })
  await output.data(report, () => describeOne(report))
}

function describeAll({ peers, twoHistories }: DocumentDiffReport): string {
  if (peers.length === 0) return 'No other peer is known'
  const table = columns([standingHeads, ...peers.map((standing) => standingCells(standing))])
  const notes = twoHistories.map(({ author }) => `The author ${author} wrote two histories: see peerloom doctor`)
  return [table, ...notes].join('\n')
}

function describeOne(report: PeerDiffReport): string {
  const { name, peer, replicas = [] } = report
  const [, state = '', since = '', missing = '', why = ''] = standingCells(report)
  const head = columns([
    ['document', escapeLine(name)],
    ['peer', peer],
    ['state', state],
    ...[
      ['since', since],
      ['missing', missing],
      ['why', why],
    ].filter(([, cell]) => cell !== ''),
  ])
  if (replicas.length === 0) return head
  return [
    head,
    '',
    columns([
      ['REPLICA', 'HERE', 'THERE', ''],
      ...replicas.map(({ here, isForked, own, replica, there }) => [
        escapeLine(replica),
        String(here),
        String(there),
        [
          ...(own ? ['of this peer'] : []),
          ...(isForked ? ['two histories'] : []),
          ...(here === there
            ? []
            : [`${countInWords(Math.abs(here - there), 'operation')} missing ${here < there ? 'here' : 'there'}`]),
        ].join(', '),
      ]),
    ]),
  ].join('\n')
}
