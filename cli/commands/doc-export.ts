import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import { writeWhole } from '../documents/files.ts'
import { escapeText } from '../escape.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name, file = '-'] = operands
  const pieces: Uint8Array[] = []
  const chunk = (bytes: Uint8Array): void => void pieces.push(bytes)
  const document = await request<{ readonly name: string }>(profile, {
    verb: 'doc.text',
    arguments: { name },
    signal,
    chunk,
  })
  if (file === '-') {
    const text = Buffer.concat(pieces)
    // A terminal would obey what others wrote.
    return output.raw(process.stdout.isTTY ? escapeText(text.toString()) : text)
  }
  await pipe(pieces, (source) => writeWhole(source, file))
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
  await output.data({ name: document.name, file, bytes }, () => '')
}
