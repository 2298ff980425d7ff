import { createReadStream } from 'node:fs'
import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import type { Imported } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name, file = '-'] = operands
  const input = pipe(() => read(file), chunks)
  const result = await request<Imported>(profile, { verb: 'doc.import', arguments: { name }, signal, input })
  await output.data(result, () => '')
  output.note(`${escapeLine(result.name)}: ${result.bytes} bytes${result.changed ? '' : ', nothing to change'}`)
}

async function* read(file: string): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const bytes of file === '-' ? process.stdin : createReadStream(file)) yield bytes as Buffer
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new Failure(code === 'ENOENT' ? 'not-found' : 'failure', `Cannot read ${file}: ${message}`, { cause })
  }
}
