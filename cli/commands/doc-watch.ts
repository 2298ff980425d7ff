import { request } from '../control/client.ts'
import { escapeLine } from '../escape.ts'
import { readCount } from '../operands.ts'
import type { Invocation } from './command.ts'

interface WatchItem {
  readonly type: 'watching' | 'changed' | 'rejected' | 'rewritten'
  readonly characters?: number
  readonly origin?: string
  readonly replicas?: readonly string[]
  readonly deltas?: readonly Readonly<Record<string, unknown>>[]
  readonly message?: string
}

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [name] = operands
  const count = options['count'] === undefined ? Number.POSITIVE_INFINITY : readCount(options['count'], 'a count')
  const enough = new AbortController()
  let seen = 0
  const item = async (value: unknown): Promise<void> => {
    const event = value as WatchItem
    if (event.type === 'watching') return output.note(`Watching ${escapeLine(name ?? '')}`)
    if (seen >= count) return
    await output.data(event, () => escapeLine(describe(event)))
    if (++seen >= count) enough.abort()
  }
  try {
    await request(profile, {
      verb: 'doc.watch',
      arguments: { name },
      item,
      signal: AbortSignal.any([signal, enough.signal]),
    })
  } catch (error) {
    if (!enough.signal.aborted) throw error
  }
}

function describe({ characters = 0, deltas = [], message = '', origin = '', replicas = [], type }: WatchItem): string {
  if (type === 'rejected') return `rejected: ${message}`
  if (type === 'rewritten') return `put together anew, since an author wrote two histories: ${characters} characters`
  const what = deltas.map(({ container, type: _type, ...rest }) => `${String(container)} ${JSON.stringify(rest)}`)
  return `${origin} by ${replicas.join(', ')}: ${what.join('; ')}`
}
