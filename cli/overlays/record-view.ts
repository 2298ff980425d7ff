import type { RecordItem } from '../control/requests.ts'
import { escapeLine, escapeText } from '../escape.ts'
import { columns } from '../output.ts'

/** The value of one record as text, or in base64; of several, a line each with who wrote it and its version. */
export function recordsInWords(records: readonly RecordItem[]): string {
  const [only] = records
  if (only !== undefined && records.length === 1) return only.base64 ?? escapeText(withoutLastBreak(only.text ?? ''))
  return columns([
    ['WRITER', 'VERSION', 'VALUE'],
    ...records.map((record) => [
      shortened(record.writer ?? '', 8),
      (record.version ?? []).map(({ process, count }) => `${tailOf(process)}:${count}`).join(' '),
      record.base64 === undefined ? escapeLine(record.text ?? '') : `base64 ${record.base64}`,
    ]),
  ])
}

export function bytesOf({ base64, text = '' }: RecordItem): Uint8Array {
  return base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64')
}

/** There will be one anyway. */
function withoutLastBreak(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

function shortened(text: string, length: number): string {
  return text.length <= length ? escapeLine(text) : `${escapeLine(text.slice(0, length))}…`
}

/** Names of processes begin with a PeerId, and PeerIds begin alike. */
function tailOf(process: string): string {
  const [peer = ''] = process.split('/')
  return peer.length <= 8 ? escapeLine(peer) : `…${escapeLine(peer.slice(-8))}`
}
