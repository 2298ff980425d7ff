import { request } from '../control/client.ts'
import type { TraceReport } from '../control/requests.ts'
import { traceTable } from '../overlays/index.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [key] = operands
  const { overlay } = options
  const report = await request<TraceReport>(profile, { verb: 'trace', arguments: { key, overlay }, signal })
  await output.data(report, () => traceTable(report))
}
