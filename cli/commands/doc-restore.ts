import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import type { Restored } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { readFileOrInput } from '../documents/files.ts'
import { escapeLine } from '../escape.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [file = '-'] = operands
  const input = pipe(() => readFileOrInput(file), chunks)
  const result = await request<Restored>(profile, { verb: 'doc.restore', signal, input })
  await output.data(result, () => '')
  const what = result.changed ? `${result.changeSets} change sets` : 'all of it is here already'
  output.note(`${escapeLine(result.name)}: ${what}`)
}
