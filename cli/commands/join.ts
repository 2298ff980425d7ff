import { request } from '../control/client.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [address] = operands
  const result = await request<{ readonly peer: string }>(profile, { verb: 'join', arguments: { address }, signal })
  await output.data(result, () => `connected with ${result.peer}`)
}
