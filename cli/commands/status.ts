import { request } from '../control/client.ts'
import type { StatusReport } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import type { Invocation } from './command.ts'

export async function run({ output, profile, signal }: Invocation): Promise<void> {
  const report = await request<StatusReport>(profile, { verb: 'status', signal })
  await output.data(report, () => describeStatus(report))
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
  ])
}
