import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from '../control/client.ts'
import type { Changed } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { escapeLine } from '../escape.ts'
import { Failure } from '../failure.ts'
import type { Invocation } from './command.ts'

/** The exchange stays open while the editor is: the peer follows what others do to the text meanwhile. */
export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name] = operands
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-edit-'))
  const file = join(directory, 'document.txt')
  let receive: (text: string) => void = () => {}
  const received = new Promise<string>((resolve) => (receive = resolve))
  let edited = false
  async function* input(): AsyncGenerator<Uint8Array, void> {
    await writeFile(file, await received, { mode: 0o600 })
    await runEditor(file)
    edited = true
    yield* chunks([await readFile(file)])
  }
  const item = (value: unknown): void => receive((value as { readonly text: string }).text)
  try {
    const result = await request<Changed>(profile, {
      verb: 'doc.edit',
      arguments: { name },
      signal,
      item,
      input: input(),
    })
    await output.data(result, () => '')
    output.note(`${escapeLine(result.name)}: ${result.changed ? 'changed' : 'not changed'}`)
  } catch (error) {
    if (!edited || !(error instanceof Error)) throw error
    throw new Failure('failure', `The edited text was not taken: ${error.message}`, {
      cause: error,
      hint: `It is kept in ${file}`,
    })
  }
  await rm(directory, { recursive: true, force: true })
}

function runEditor(file: string): Promise<void> {
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi'
  return new Promise((resolve, reject) => {
    // By the shell, as git does it: the variable may hold options too. The file is an argument, never part of the text.
    const child =
      process.platform === 'win32'
        ? spawn(editor, [file], { stdio: 'inherit', shell: true })
        : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Failure('failure', `The editor ended with code ${code}: nothing was changed`)),
    )
  })
}
