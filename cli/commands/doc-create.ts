import { request } from '../control/client.ts'
import type { Changed } from '../control/requests.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name] = operands
  const result = await request<Changed>(profile, { verb: 'doc.create', arguments: { name }, signal })
  await output.data({ name: result.name, id: result.id, created: result.changed }, () => result.id)
}
