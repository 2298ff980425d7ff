import { request } from '../control/client.ts'
import type { Invocation } from './command.ts'

export async function run({ output, profile, options, signal }: Invocation): Promise<void> {
  const leave = options['leave'] === true
  const result = await request<{ readonly peer: string }>(profile, { verb: 'stop', arguments: { leave }, signal })
  await output.data(result, () => `${result.peer} has left`)
}
