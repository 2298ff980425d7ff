import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

const page = new URL('../docs/benchmarks.md', import.meta.url)
const head = '# Benchmarks\n\nWritten by `npm run bench`, never by hand.\n'

/** Puts the tables of one subject in the place of its earlier ones. */
export function record(name: string, tables: string): void {
  const begin = `<!-- ${name} -->`
  const end = `<!-- end of ${name} -->`
  const [cpu] = cpus()
  const machine = `Measured on ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, Node ${process.version}.`
  const section = `${begin}\n\n${tables}\n\n${machine}\n\n${end}`
  const text = existsSync(page) ? readFileSync(page, 'utf8') : head
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  const whole = after === undefined ? `${text.trimEnd()}\n\n${section}\n` : `${before}${section}${after}`
  writeFileSync(page, whole)
}
