import type { Happening } from '../observers.ts'

/** Most characters of what an event or a message is described with. */
const detailLimit = 200

/** Whom a happening is about: one peer, two, or nobody in particular. */
export function peersOf(happening: Happening): readonly string[] {
  if ('peer' in happening) return [happening.peer]
  return 'from' in happening ? [happening.from, happening.to] : []
}

/** What an event is in words, to follow the peer's name; undefined for one that has none of its own. */
export type Describe = (protocol: string, event: unknown) => string | undefined

/** What happened, as one line. */
export function inWords(happening: Happening, describe?: Describe): string {
  switch (happening.kind) {
    case 'started':
    case 'crashed':
    case 'stopped':
      return `${happening.peer} ${happening.kind}`
    case 'suspended':
    case 'resumed':
      return `${happening.peer} is ${happening.kind}`
    case 'event': {
      const { event, peer, protocol } = happening
      const words = describe?.(protocol, event)
      return `${peer} ${words === undefined ? `${shortName(protocol)}: ${details(event)}` : cut(words)}`
    }
    case 'sent':
      return `${happening.from} → ${happening.to} ${shortName(happening.protocol)}: ${details(happening.message)}`
    case 'delivered':
      return `${happening.to} ← ${happening.from} ${shortName(happening.protocol)}: ${details(happening.message)}`
    case 'lost':
      return `${happening.from} ✗ ${happening.to} ${shortName(happening.protocol)}: ${details(happening.message)} is lost`
    case 'network':
      return `network: ${happening.text}`
  }
}

/** `/peerloom/swim/1.0.0` is `swim`. */
function shortName(protocol: string): string {
  return protocol.split('/').at(-2) ?? protocol
}

/** The type first, then `name=value` of whatever else is there. */
function details(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return brief(value)
  const { type, ...rest } = value as Readonly<Record<string, unknown>>
  const fields = Object.entries(rest)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${brief(field)}`)
  return cut([...(typeof type === 'string' ? [type] : []), ...fields].join(' '))
}

function brief(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value))
    return `[${value.slice(0, 8).map(brief).join(' ')}${value.length > 8 ? ` … ${value.length}` : ''}]`
  if (typeof value === 'object' && value !== null) return `(${details(value)})`
  return cut(typeof value === 'string' ? value : String(value))
}

/** One line, whatever a peer put into it. */
function cut(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
  return line.length > detailLimit ? `${line.slice(0, detailLimit - 1)}…` : line
}
