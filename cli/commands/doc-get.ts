import { request } from '../control/client.ts'
import { escapeText } from '../escape.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [name] = operands
  const { path } = options
  if (output.json || path !== undefined) {
    const verb = 'doc.get'
    const result = await request<{ readonly value?: unknown }>(profile, { verb, arguments: { name, path }, signal })
    const { value } = result
    return output.data(result, () => shown(typeof value === 'string' ? value : JSON.stringify(value, null, 2)))
  }
  const pieces: Uint8Array[] = []
  const chunk = (bytes: Uint8Array): void => void pieces.push(bytes)
  await request(profile, { verb: 'doc.text', arguments: { name }, signal, chunk })
  await output.raw(shown(Buffer.concat(pieces).toString()))
}

/** A pipe gets the text as it is; a terminal would obey what somebody wrote into it. */
function shown(text: string): string {
  return process.stdout.isTTY ? escapeText(text) : text
}
