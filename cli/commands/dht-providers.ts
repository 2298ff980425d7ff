import { request } from '../control/client.ts'
import type { ProvidersReport } from '../control/requests.ts'
import { providersList } from '../overlays/index.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [key] = operands
  const { overlay } = options
  const report = await request<ProvidersReport>(profile, { verb: 'dht.providers', arguments: { key, overlay }, signal })
  await output.data(report, () => providersList(report))
}
