import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { Failure } from '../failure.ts'

/** @param file `-` is standard input. @throws Failure */
export async function* readFileOrInput(file: string): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const bytes of file === '-' ? process.stdin : createReadStream(file)) yield bytes as Buffer
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new Failure(code === 'ENOENT' ? 'not-found' : 'failure', `Cannot read ${file}: ${message}`, { cause })
  }
}

/** @throws Failure */
export async function writeWhole(source: Iterable<Uint8Array>, given: string): Promise<void> {
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
