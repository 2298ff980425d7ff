// npm run bench -- NAME… [--json] [--quick]      no name: all subjects. Exits 1 where a gate is missed.
import { record } from './record.ts'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { gates, render, type Subject, type Table } from './table.ts'

/** A subject is a file here that exports `subject`; this list is all that has to know of it. */
const subjects: Readonly<Record<string, () => Promise<{ readonly subject: Subject }>>> = {
  channel: () => import('./channel.ts'),
  startup: () => import('./startup.ts'),
  faults: () => import('./faults.ts'),
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => !Object.hasOwn(subjects, name))
if (unknown.length > 0) {
  process.stderr.write(`No benchmark named ${unknown.join(', ')}: there are ${Object.keys(subjects).join(', ')}\n`)
  process.exit(2)
}

const results: Record<string, readonly Table[]> = {}
for (const name of positionals.length > 0 ? positionals : Object.keys(subjects)) {
  const load = subjects[name]
  if (load === undefined) continue
  const { subject } = await load()
  const tables = await subject({ quick: values.quick })
  results[name] = tables
  if (!values.json) for (const table of tables) process.stdout.write(`${render(table)}\n\n`)
}

if (!values.quick) for (const [name, tables] of Object.entries(results)) record(name, tables.map(render).join('\n\n'))

const { met, missed } = gates(Object.values(results).flat())
if (values.json) {
  const [cpu] = cpus()
  const machine = { cpu: cpu?.model ?? 'unknown', cores: cpus().length, node: process.version }
  process.stdout.write(`${JSON.stringify({ machine, quick: values.quick, met, missed, subjects: results }, null, 2)}\n`)
} else {
  process.stdout.write(`gates: ${met} met, ${missed} missed\n`)
}
// Sockets that a subject left open must not keep the process alive.
process.exit(missed > 0 ? 1 : 0)
