import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
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

/** @throws Failure */
async function write(source: Iterable<Uint8Array>, given: string): Promise<void> {
  try {
    const file = await realpath(given).catch(() => given)
    const former = await stat(file).catch(() => undefined)
    // A pipe or a device takes the bytes and stays what it is.
    if (former === undefined || former.isFile()) await replace(source, file, former?.mode)
    else await writeFile(file, source)
  } catch (cause) {
    throw new Failure('failure', `Cannot write ${given}: ${(cause as Error).message}`, { cause })
  }
}

/** Beside the file and then in its place: whoever reads it finds the old content or the new, never half of it. */
async function replace(source: Iterable<Uint8Array>, file: string, mode: number | undefined): Promise<void> {
  const fresh = `${file}.${randomBytes(4).toString('hex')}.new`
  try {
    const handle = await open(fresh, 'wx')
    try {
      if (mode !== undefined) await handle.chmod(mode & 0o777)
      for (const bytes of source) await handle.appendFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
}
