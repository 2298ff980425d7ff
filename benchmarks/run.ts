// npm run bench -- NAME… [--json] [--quick] [--only CASE,…] [--libraries NAME,…] [--repetitions N]
// No name: all subjects. Exits 1 where a gate is missed. The last three are for subjects of many cases or libraries;
// a run that they narrow is not written down.
import { parseArgs } from 'node:util'
import type { Page } from './record.ts'
import { runSubjects, type Runner } from './runner.ts'
import type { BenchOptions } from './table.ts'

/** A subject is a file here that exports `subject`; this list is all that has to know of it. */
const subjects: Runner<BenchOptions>['subjects'] = {
  channel: () => import('./channel.ts'),
  startup: () => import('./startup.ts'),
  broadcast: () => import('./broadcast.ts'),
  dht: () => import('./dht.ts'),
  faults: () => import('./faults.ts'),
  simulation: () => import('./simulation.ts'),
  reconciliation: () => import('./reconciliation.ts'),
  engines: () => import('./engines.ts'),
  crdt: () => import('./crdt.ts'),
  replication: () => import('./replication.ts'),
  lan: () => import('./lan.ts'),
}

const page: Page = {
  file: new URL('../docs/benchmarks.md', import.meta.url),
  head: '# Benchmarks\n\nWritten by `npm run bench`, never by hand.\n',
  namesMachine: true,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    libraries: { type: 'string' },
    repetitions: { type: 'string' },
  },
})
const { json, quick } = values
const only = values.only?.split(',')
const libraries = values.libraries?.split(',')
const repetitions = values.repetitions === undefined ? undefined : Number(values.repetitions)
const isNarrowed = only !== undefined || libraries !== undefined || repetitions !== undefined
const code = await runSubjects({
  noun: 'benchmark',
  subjects,
  names: positionals,
  options: { quick, only, libraries, repetitions },
  json,
  page: () => (isNarrowed ? undefined : page),
})
// Sockets that a subject left open must not keep the process alive.
process.exit(code)
