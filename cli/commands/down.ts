import { request } from '../control/client.ts'
import type { Invocation } from './command.ts'

export async function run({ output, profile, signal }: Invocation): Promise<void> {
  const result = await request<{ readonly peer: string }>(profile, { verb: 'stop', signal })
  await output.data(result, () => `${result.peer} has left`)
}
