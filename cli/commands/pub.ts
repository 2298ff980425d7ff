import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import { lines } from '../documents/lines.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [topic, message] = operands
  const input = message === undefined ? pipe(process.stdin as AsyncIterable<Buffer>, lines) : once(message)
  const result = await request<{ readonly published: number }>(profile, {
    verb: 'pub',
    arguments: { topic },
    signal,
    input,
  })
  await output.data(result, () => '')
}

async function* once(message: string): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(message)
}
