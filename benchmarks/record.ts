import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** A page that a runner writes. */
export interface Page {
  readonly file: URL
  /** What it begins with. */
  readonly head: string
  /** Whether the figures depend on the machine, so that it is named. */
  readonly namesMachine: boolean
}

/** Puts the tables of one subject in the place of its earlier ones. */
export function record(name: string, tables: string, { file, head, namesMachine }: Page): void {
  const begin = `<!-- ${name} -->`
  const end = `<!-- end of ${name} -->`
  const [cpu] = cpus()
  const machine = namesMachine
    ? `Measured on ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, Node ${process.version}.\n\n`
    : ''
  const section = `${begin}\n\n${tables}\n\n${machine}${end}`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : head
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  const whole = after === undefined ? `${text.trimEnd()}\n\n${section}\n` : `${before}${section}${after}`
  writeFileSync(file, whole)
}
