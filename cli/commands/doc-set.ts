import { request } from '../control/client.ts'
import type { Changed } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { Failure } from '../failure.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [name, key, value] = operands
  const { text } = options
  if (typeof text === 'string' ? key !== undefined : key === undefined || value === undefined) {
    throw new Failure('usage', 'Either KEY and VALUE are wanted, or --text', { hint: 'See: peerloom doc set --help' })
  }
  const result =
    typeof text === 'string'
      ? await request<Changed>(profile, {
          verb: 'doc.replace',
          arguments: { name },
          signal,
          input: chunks([Buffer.from(text)]),
        })
      : await request<Changed>(profile, {
          verb: 'doc.set',
          arguments: { name, key, value: options['parse'] === true ? parse(value ?? '') : value },
          signal,
        })
  await output.data(result, () => '')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Failure('usage', `VALUE is no JSON: ${(cause as Error).message}`, { cause })
  }
}
