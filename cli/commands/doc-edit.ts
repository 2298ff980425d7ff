import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from '../control/client.ts'
import type { Changed } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { escapeLine } from '../escape.ts'
import { Failure, toFailure } from '../failure.ts'
import type { Invocation } from './command.ts'

/** The exchange stays open while the editor is: the peer follows what others do to the text meanwhile. */
export async function run({ operands, output, profile, signal }: Invocation): Promise<void> {
  const [name] = operands
  const directory = await mkdtemp(join(tmpdir(), 'peerloom-edit-'))
  const file = join(directory, 'document.txt')
  let receive: (text: string) => void = () => {}
  const received = new Promise<string>((resolve) => (receive = resolve))
  let editing: Promise<void> | undefined
  async function* input(): AsyncGenerator<Uint8Array, void> {
    const text = await received
    editing = edit(file, text)
    await editing
    yield* chunks([await readFile(file)])
  }
  const item = (value: unknown): void => receive((value as { readonly text: string }).text)
  const exchange = { verb: 'doc.edit', arguments: { name }, signal, item, input: input() }
  const result = await request<Changed>(profile, exchange).catch(async (error: unknown) => {
    // Whatever has become of the exchange, the terminal is the editor's until that ends, and so is the text.
    const isEdited = await editing?.then(
      () => true,
      () => false,
    )
    if (isEdited === true) throw notTaken(error, file)
    await rm(directory, { recursive: true, force: true })
    throw error
  })
  await rm(directory, { recursive: true, force: true })
  await output.data(result, () => '')
  output.note(`${escapeLine(result.name)}: ${result.changed ? 'changed' : 'not changed'}`)
}

function notTaken(cause: unknown, file: string): Failure {
  const { code, message } = toFailure(cause)
  return new Failure(code, `The edited text was not taken: ${message}`, { cause, hint: `It is kept in ${file}` })
}

async function edit(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 })
  await runEditor(file)
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
    child.once('exit', (code, by) =>
      code === 0
        ? resolve()
        : reject(new Failure('failure', `The editor ended with ${by ?? `code ${code}`}: nothing was changed`)),
    )
  })
}
