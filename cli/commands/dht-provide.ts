import { request } from '../control/client.ts'
import type { ProvidedReport } from '../control/requests.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [key] = operands
  const { overlay, withdraw } = options
  const fields = { key, overlay, withdraw: withdraw === true }
  const report = await request<ProvidedReport>(profile, { verb: 'dht.provide', arguments: fields, signal })
  await output.data(report, () => report.key)
}
