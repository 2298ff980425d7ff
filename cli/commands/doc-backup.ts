import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import { writeWhole } from '../documents/files.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name, file = '-'] = operands
  if (file === '-' && process.stdout.isTTY) {
    throw new Failure('usage', 'A backup is no text for a terminal', { hint: 'Name a file, or a pipe to take it' })
  }
  const pieces: Uint8Array[] = []
  const chunk = (bytes: Uint8Array): void => void pieces.push(bytes)
  const document = await request<{ readonly name: string; readonly id: string }>(profile, {
    verb: 'doc.backup',
    arguments: { name },
    signal,
    chunk,
  })
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
  if (file === '-') return output.raw(Buffer.concat(pieces))
  await pipe(pieces, (source) => writeWhole(source, file))
  await output.data({ ...document, file, bytes }, () => '')
  output.note(`${escapeLine(document.name)}: ${bytes} bytes`)
}
