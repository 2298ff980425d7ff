import type { DocumentStanding } from '../../node/peer/index.ts'
import { request } from '../control/client.ts'
import type { DoctorReport, EquivocationItem } from '../control/requests.ts'
import { momentInWords, standingInWords } from '../documents/standing-words.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import { columns } from '../output.ts'
import { packageVersion } from '../package.ts'
import { countInWords } from '../quantities.ts'
import type { Invocation } from './command.ts'

/** Documents that one remark names. */
const named = 3

/** Reports, and names what is wrong as findings. The exit code is that of a verb that found no peer, where none runs. */
export async function run({ output, profile, signal }: Invocation): Promise<number> {
  const installed = { node: process.versions.node, version: packageVersion() }
  let report: DoctorReport
  try {
    report = await request<DoctorReport>(profile, { verb: 'doctor', signal })
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-peer') throw error
    const { message, hint } = error
    const absent = { running: false, ...installed, profile: profile.name, directory: profile.directory }
    await output.data({ ...absent, findings: [message] }, () => describeAbsent(absent, message, hint))
    return error.exitCode
  }
  const findings = findAll(report, installed.version)
  const remarks = remarkAll(report)
  await output.data({ running: true, node: installed.node, ...report, findings, remarks }, () =>
    describe(report, installed.node, findings, remarks),
  )
  return 0
}

function findAll(report: DoctorReport, version: string): string[] {
  const { connections, damagedDocuments, disagreements, mdns, members, rejectedFrames } = report
  const findings: string[] = []
  if (report.version !== version)
    findings.push(`The running peer is peerloom ${report.version}, this is ${version}: start it again`)
  if (rejectedFrames['wrong-network'] !== undefined) {
    findings.push(
      `Peers with another network name or key have tried to connect (${rejectedFrames['wrong-network']} times): compare --network and --network-key-file`,
    )
  }
  if (members <= 1 && connections === 0) {
    findings.push(
      `No other peer is known: ${mdns ? 'is one running on this local network, and do firewalls let UDP 5353 (mDNS) and the addresses above pass?' : 'mDNS is off, so name one with: peerloom join ADDRESS'}`,
    )
  } else if (connections === 0)
    findings.push('Members are known, but none is connected: do firewalls let the addresses above pass?')
  if (report.addresses.length === 0) findings.push('This peer listens nowhere: others cannot connect to it')
  for (const document of damagedDocuments)
    findings.push(`Document ${document} was damaged in the store and is completed from others`)
  // Whoever has answered nothing is named once, and not for each document again.
  for (const standing of disagreements.filter(
    ({ document, state }) => state !== 'not-compared' || document === undefined,
  ))
    findings.push(describeDisagreement(standing))
  for (const equivocation of report.twoHistories) findings.push(describeEquivocation(equivocation))
  return findings
}

function describeDisagreement(standing: DocumentStanding): string {
  const { document, name = document, peer } = standing
  return `${name === undefined ? 'All documents' : quote(name)} at ${peer}: ${standingInWords(standing)}`
}

function describeEquivocation({ author, document, name = document, own, sequence }: EquivocationItem): string {
  const who = own ? 'The author of this peer' : `The author ${author}`
  const before = sequence === 0 ? '' : `the ${countInWords(sequence, 'operation')} from before they part, and `
  const believed = `Believed of it: ${before}what others have built on; not the rest, nor what it writes now`
  const hint = own ? '. Is a copy of its directory in use elsewhere? A new profile is a new author' : ''
  return `${who} wrote two histories of ${quote(name)}. ${believed}${hint}`
}

/** What is as it may be, and is good to know for who misses something. */
function remarkAll({ apart }: DoctorReport): string[] {
  const peers = new Map<string, DocumentStanding[]>()
  for (const standing of apart) {
    const key = `${standing.state} ${standing.peer}`
    peers.set(key, [...(peers.get(key) ?? []), standing])
  }
  return [...peers.values()].map((standings) => {
    const [{ peer, since, state }] = standings as [DocumentStanding]
    if (state === 'not-connected') {
      return `${peer} is a member that is not connected${since === undefined ? '' : `, since ${momentInWords(since, Date.now())}`}: what it lacks is not known`
    }
    const names = standings.map(({ document, name = document ?? '' }) => quote(name))
    const more = names.length - named
    return `${peer} does not follow ${names.slice(0, named).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  })
}

function quote(name: string): string {
  return JSON.stringify(name)
}

function describe(report: DoctorReport, node: string, findings: readonly string[], remarks: readonly string[]): string {
  return [
    columns([
      ['node', node],
      ['peer', `${report.peer}, process ${report.pid}, peerloom ${report.version}`],
      ['profile', `${report.profile} (${escapeLine(report.directory)})`],
      ['network', `${escapeLine(report.network)} (${report.keyed ? 'with a key' : 'without a key'})`],
      ['mDNS', report.mdns ? 'on' : 'off'],
      ...report.addresses.map((address, index) => [index === 0 ? 'listens on' : '', address]),
      ['members', `${report.members} alive`],
      ...report.connectedPeers.map((peer, index) => [index === 0 ? 'connected' : '', peer]),
      ['dials failed', String(report.dialsFailed)],
      ['frames refused', counts(report.rejectedFrames)],
      ['messages dropped', counts(report.droppedMessages)],
      ['changes refused', counts(report.rejectedChanges)],
      ['refused by others', counts(report.refusedChanges)],
      ['two histories', String(report.twoHistories.length)],
    ]),
    '',
    ...remarks.map((remark) => `- ${escapeLine(remark)}`),
    ...(findings.length === 0 ? ['Nothing is wrong.'] : findings.map((finding) => `! ${escapeLine(finding)}`)),
  ].join('\n')
}

function describeAbsent(
  { directory, node, profile, version }: Readonly<Record<'directory' | 'node' | 'profile' | 'version', string>>,
  message: string,
  hint: string | undefined,
): string {
  const facts = columns([
    ['node', node],
    ['peerloom', version],
    ['profile', `${profile} (${escapeLine(directory)})`],
  ])
  return [facts, '', `! ${message}`, ...(hint === undefined ? [] : [hint])].join('\n')
}

function counts(counted: Readonly<Record<string, number>>): string {
  const all = Object.entries(counted).map(([reason, count]) => `${reason} ${count}`)
  return all.length === 0 ? 'none' : all.join(', ')
}
