import { request } from '../control/client.ts'
import type { LookupReport } from '../control/requests.ts'
import { peersTable } from '../overlays/index.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [key] = operands
  const { overlay } = options
  const report = await request<LookupReport>(profile, { verb: 'lookup', arguments: { key, overlay }, signal })
  await output.data(report, () => peersTable(report))
}
