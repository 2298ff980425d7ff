import { request } from '../control/client.ts'
import type { DocumentView, StatusReport, StatusView } from '../control/requests.ts'
import { standingCells } from '../documents/standing-words.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import { LiveView } from '../live-view.ts'
import { columns, type Output } from '../output.ts'
import { membersTable } from '../overlays/index.ts'
import { countInWords } from '../quantities.ts'
import type { Invocation } from './command.ts'

/** Members that the live view lists; what differs is below them. */
const membersShown = 10

export async function run({ options, output, profile, signal }: Invocation): Promise<void> {
  if (options['watch'] === true) return watch({ output, profile, signal })
  const report = await request<StatusReport>(profile, { verb: 'status', signal })
  await output.data(report, () => describeStatus(report))
}

async function watch({ output, profile, signal }: Pick<Invocation, 'output' | 'profile' | 'signal'>): Promise<void> {
  const isLive = !output.json && process.stdout.isTTY
  const ending = new AbortController()
  // Else the terminal would stay as it is.
  const end = (): void => ending.abort(new Failure('interrupted', 'Ended by a signal'))
  let view: LiveView | undefined
  const item = async (value: unknown): Promise<void> => {
    const status = value as StatusView
    if (!isLive) return print(output, status)
    view ??= new LiveView(process.stdout)
    view.show(describeView(status))
  }
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, end)
  try {
    await request(profile, { verb: 'status.watch', item, signal: AbortSignal.any([signal, ending.signal]) })
  } finally {
    view?.close()
    for (const name of ['SIGTERM', 'SIGHUP'] as const) process.off(name, end)
  }
}

function print(output: Output, status: StatusView): Promise<void> {
  return output.data(status, () => `${describeView(status)}\n`)
}

export function describeStatus(report: StatusReport): string {
  const { addresses, connections, directory, documents, keyed, mdns, members, network, page, peer } = report
  return columns([
    ['peer', peer],
    ['profile', `${report.profile} (${escapeLine(directory)})`],
    ['network', `${escapeLine(network)} (${keyed ? 'with a key' : 'without a key'}, mDNS ${mdns ? 'on' : 'off'})`],
    ...addresses.map((address, index) => [index === 0 ? 'addresses' : '', address]),
    ['page', page ?? 'none'],
    ['process', `${report.pid}, up ${report.uptimeSeconds} s, peerloom ${report.version}`],
    ['members', `${members} alive, ${connections} connected`],
    ['documents', String(documents)],
    ...refusalRows(report),
  ])
}

/** Only where there is something to tell. */
function refusalRows({ rejectedChanges, refusedChanges, equivocations }: StatusReport): string[][] {
  return [
    ...countsRow('refused here', rejectedChanges),
    ...countsRow('refused there', refusedChanges),
    ...(equivocations === 0 ? [] : [['two histories', `written by ${countInWords(equivocations, 'author')}`]]),
  ]
}

function countsRow(head: string, counts: Readonly<Record<string, number>>): string[][] {
  const all = Object.entries(counts).map(([reason, count]) => `${reason} ${count}`)
  return all.length === 0 ? [] : [[head, all.join(', ')]]
}

function describeView(view: StatusView): string {
  const { connections, documentList, documents, memberList, members, network, peer } = view
  const more = memberList.length - membersShown
  const hidden = documents - documentList.length
  return [
    columns([
      ['peer', `${peer} (${view.profile})`],
      ['network', `${escapeLine(network)}, ${view.keyed ? 'with a key' : 'without a key'}`],
      ['members', `${members} alive, ${connections} connected`],
      ...refusalRows(view),
    ]),
    '',
    membersTable(memberList.slice(0, membersShown)),
    ...(more > 0 ? [`and ${more} more`] : []),
    '',
    ...(documentList.length === 0 ? ['No documents'] : [documentsTable(documentList)]),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
  ].join('\n')
}

/** A line a document, and below it one for each peer that does not have the same. */
function documentsTable(documents: readonly DocumentView[]): string {
  const differing = documents.map(({ peers }) => peers.filter(({ state }) => state !== 'equal'))
  const heads = columns([
    ['DOCUMENT', 'OPERATIONS', 'EQUAL AT'],
    ...documents.map(({ id, name = id, operations, peers }, index) => [
      shortened(name),
      String(operations),
      `${peers.length - (differing[index]?.length ?? 0)} of ${countInWords(peers.length, 'peer')}`,
    ]),
  ]).split('\n')
  const details = columns(differing.flat().map((standing) => standingCells(standing))).split('\n')
  const [titles = '', ...lines] = heads
  return [
    titles,
    ...lines.flatMap((line, index) => [
      line,
      ...details.splice(0, differing[index]?.length ?? 0).map((detail) => `  ${detail}`),
    ]),
  ].join('\n')
}

function shortened(name: string): string {
  return escapeLine(name.length <= 40 ? name : `${name.slice(0, 39)}…`)
}
