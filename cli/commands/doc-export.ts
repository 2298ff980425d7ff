import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import { escapeText } from '../escape.ts'
import { Failure } from '../failure.ts'
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
  await pipe(pieces, (source) => write(source, file))
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0)
  await output.data({ name: document.name, file, bytes }, () => '')
}

/** Beside the file and then in its place: whoever reads it finds the old content or the new, never half of it. */
async function write(source: Iterable<Uint8Array>, file: string): Promise<void> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}.new`
  try {
    const handle = await open(fresh, 'wx')
    try {
      for (const bytes of source) await handle.appendFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  } catch (cause) {
    await rm(fresh, { force: true })
    throw new Failure('failure', `Cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
}
