import { once } from 'node:events'
import { escapeText } from './escape.ts'
import { toFailure, type Failure } from './failure.ts'

export interface OutputOptions {
  readonly json: boolean
}

/** Data goes to standard output, everything else to standard error; with `--json` both are JSON, one value a line. */
export class Output {
  readonly json: boolean

  constructor({ json }: OutputOptions) {
    this.json = json
    // Whoever read it has read enough (`| head`).
    process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  }

  /** @param plain the same for people, without the last line break; an empty text prints nothing */
  async data(value: unknown, plain: () => string): Promise<void> {
    const text = this.json ? JSON.stringify(value) : plain()
    if (text !== '') await this.raw(`${text}\n`)
  }

  /** Bytes or text as they are. */
  async raw(data: string | Uint8Array): Promise<void> {
    if (!process.stdout.write(data)) await once(process.stdout, 'drain')
  }

  /** What is no data, such as that a stream has begun. */
  note(text: string): void {
    process.stderr.write(`${this.json ? JSON.stringify({ note: text }) : text}\n`)
  }

  /** @returns the exit code */
  failure(error: unknown): number {
    const failure = toFailure(error)
    process.stderr.write(`${this.json ? jsonError(failure) : plainError(failure)}\n`)
    return failure.exitCode
  }
}

/** Columns two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function jsonError({ code, message, hint }: Failure): string {
  return JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })
}

/** Names and messages that others chose are part of it. */
function plainError({ message, hint }: Failure): string {
  const mark = isColoured() ? '\u001b[31merror:\u001b[0m' : 'error:'
  return `${mark} ${escapeText(hint === undefined ? message : `${message}\n${hint}`)}`
}

/** https://no-color.org */
function isColoured(): boolean {
  return process.stderr.isTTY && (process.env['NO_COLOR'] ?? '') === ''
}
