// npm run papers -- NAME… [--quick] [--seeds 10] [--grid full] [--json]      no name: all. Exits 1 where a gate is missed.
import { parseArgs } from 'node:util'
import type { Page } from '../../benchmarks/record.ts'
import { runSubjects, type Runner } from '../../benchmarks/runner.ts'
import type { Extent } from './experiment.ts'
import { Workers } from './workers.ts'

/** A section is a file here that exports `subject`. */
const sections: Runner<Extent>['subjects'] = {
  'swim/detection': () => import('./swim/tables.ts'),
  'swim/lifeguard': () => import('./lifeguard/tables.ts'),
  'swim/rapid': () => import('./rapid/tables.ts'),
  'gossip': () => import('./gossip/tables.ts'),
  'chord/model': () => import('./chord/model/tables.ts'),
  'chord/ring': () => import('./chord/ring-tables.ts'),
  'chord/failures': () => import('./chord/failure-tables.ts'),
  'chord/churn': () => import('./chord/churn-tables.ts'),
  'chord/beyond': () => import('./chord/beyond-tables.ts'),
  'chord/hostile': () => import('./chord/hostile/tables.ts'),
  'chord/records': () => import('./chord/records/tables.ts'),
  'swim-options': () => import('./options/tables.ts'),
}

const page: Page = {
  file: new URL('../../docs/papers.md', import.meta.url),
  head: `# The papers' tables

Written by \`npm run papers -- swim\`, never by hand. Every experiment runs in the simulator, in virtual time, with seeds
1 to 10: whoever runs it again gets these very figures. _Ours_ is over all seeds, _spread_ the least and the greatest of
the single seeds' figures. A gate is a figure of the design, set before anything was measured; one that is missed stays
here, with its reason.
`,
  namesMachine: false,
}

const gossipPage: Page = {
  file: new URL('../../docs/gossip-papers.md', import.meta.url),
  head: `# Gossip: the papers' tables

Written by \`npm run papers -- gossip\`, never by hand, as docs/papers.md is, which says how to read it.
`,
  namesMachine: false,
}

const chordPage: Page = {
  file: new URL('../../docs/chord-papers.md', import.meta.url),
  head: `# Chord: the papers' tables

Written by \`npm run papers -- chord\`, never by hand, as docs/papers.md is, which says how to read it. SIGCOMM 2001 and
ToN 2003 are the two versions of the paper: Stoica, Morris, Karger, Kaashoek, Balakrishnan (and in 2003 Liben-Nowell,
Dabek), "Chord: A scalable peer-to-peer lookup service for Internet applications".
`,
  namesMachine: false,
}

const optionsPage: Page = {
  file: new URL('../../docs/swim-options.md', import.meta.url),
  head: `# The options of SWIM, measured

Written by \`npm run papers -- swim-options\`, never by hand. What each option means is in \`SwimOptions\`; why each default
is what it is, in the README of overlays/swim, which refers to this table. In virtual time, with seeds from 1 on: whoever
runs it again gets these very figures.
`,
  namesMachine: false,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string' },
    grid: { type: 'string' },
  },
})
const { json, quick } = values
const usualSeeds = 10
const seedCount = Number(values.seeds ?? (quick ? 2 : usualSeeds))
if (!Number.isInteger(seedCount) || seedCount < 1) {
  process.stderr.write(`Cannot use --seeds ${values.seeds}: it is how many seeds to run, from 1 on\n`)
  process.exit(2)
}
if (values.grid !== undefined && values.grid !== 'full') {
  process.stderr.write(`Cannot use --grid ${values.grid}: the only other grid is full\n`)
  process.exit(2)
}

/** Fewer seeds than usual are a look, too. */
function pageOf(name: string): Page | undefined {
  if (seedCount < usualSeeds) return undefined
  if (name === 'gossip') return gossipPage
  if (name.startsWith('chord/')) return chordPage
  return name === 'swim-options' ? optionsPage : page
}

const { isTTY } = process.stderr
using laboratory = new Workers((done, all) => {
  if (isTTY) process.stderr.write(`\r${done} of ${all} trials${done === all ? '\r\u001b[K' : ''}`)
})
process.exitCode = await runSubjects({
  noun: 'paper',
  subjects: sections,
  names: positionals,
  options: {
    quick,
    seeds: Array.from({ length: seedCount }, (_, index) => index + 1),
    seedsAreChosen: values.seeds !== undefined,
    wholeGrid: values.grid === 'full',
    laboratory,
  },
  json,
  page: pageOf,
})
