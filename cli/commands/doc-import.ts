import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import type { Imported } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { readFileOrInput } from '../documents/files.ts'
import { escapeLine } from '../escape.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name, file = '-'] = operands
  const input = pipe(() => readFileOrInput(file), chunks)
  const result = await request<Imported>(profile, { verb: 'doc.import', arguments: { name }, signal, input })
  await output.data(result, () => '')
  output.note(`${escapeLine(result.name)}: ${result.bytes} bytes${result.changed ? '' : ', nothing to change'}`)
}
