import { request } from '../control/client.ts'
import type { MessageItem } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { readCount } from '../operands.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [topic] = operands
  const count = options['count'] === undefined ? Number.POSITIVE_INFINITY : readCount(options['count'], 'a count')
  const enough = new AbortController()
  let seen = 0
  const item = async (value: unknown): Promise<void> => {
    const message = value as MessageItem | { readonly subscribed: string }
    if ('subscribed' in message) return output.note(`Listening to ${escapeLine(message.subscribed)}`)
    if (seen >= count) return
    await output.data(message, () => escapeLine(message.text ?? `base64 ${message.base64 ?? ''}`))
    if (++seen >= count) enough.abort()
  }
  try {
    await request(profile, {
      verb: 'sub',
      arguments: { topic },
      item,
      signal: AbortSignal.any([signal, enough.signal]),
    })
  } catch (error) {
    if (!enough.signal.aborted) throw error
  }
}
