// The same seeds on every engine that Peerloom runs on: SWIM under all faults of the simulator gives the same trace hash
// in Node 22, 24 and 26 and in Chromium.
import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { findChromium, howToGetChromium } from '../tests/browser/chromium.ts'
import type { Gate, Row, Subject } from './table.ts'

const run = promisify(execFile)
const scenario = fileURLToPath(new URL('../tests/simulation/trace-hashes.ts', import.meta.url))
const versions = [22, 24, 26]

/** What an engine says of itself, and the combined hash of the seeds. */
interface Answer {
  readonly engine: string
  readonly hash: string
}

export const subject: Subject = async ({ quick }) => {
  const seeds = quick ? 100 : 1000
  const folder = await mkdtemp(join(tmpdir(), 'peerloom-engines-'))
  try {
    const program = await bundle(folder, seeds)
    const answers: Answer[] = []
    for (const version of versions) answers.push(await inNode(version, program))
    answers.push(await inChromium(program))
    return [{ title: title(seeds), columns: ['trace hash'], rows: rows(answers), notes }]
  } finally {
    await rm(folder, { recursive: true })
  }
}

function title(seeds: number): string {
  return `Simulator: ${seeds} seeds, one trace hash on every engine`
}

const notes = [
  'SWIM and churn under every latency model and fault there is, two virtual minutes a seed; the hash is over the trace hashes of all seeds.',
  'Node comes from the npm package `node`, in the newest version of each release line; all run the same bundle.',
]

/** One file that sets `answer` to the hash. */
async function bundle(folder: string, seeds: number): Promise<string> {
  const entry = join(folder, 'entry.ts')
  const program = join(folder, 'program.js')
  await writeFile(
    entry,
    `import { combinedTraceHash } from ${JSON.stringify(scenario)}\nglobalThis.answer = combinedTraceHash(${seeds})\n`,
  )
  await build({ entryPoints: [entry], outfile: program, bundle: true, format: 'iife', target: 'es2023' })
  return program
}

async function inNode(version: number, program: string): Promise<Answer> {
  const script = `require(${JSON.stringify(program)}); console.log(process.version + ' ' + globalThis.answer)`
  const { stdout } = await run('npm', ['exec', '--yes', `--package=node@${version}`, '--', 'node', '-e', script])
  const [engine = '', hash = ''] = stdout.trim().split(' ')
  return { engine: `Node ${engine.slice(1)}`, hash }
}

async function inChromium(program: string): Promise<Answer> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(`Cannot compare with Chromium: ${howToGetChromium}`)
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath, args: [...sandbox, '--disable-dev-shm-usage'] })
  try {
    const page = await browser.newPage()
    await page.addScriptTag({ path: program })
    const hash = await page.evaluate(() => (globalThis as unknown as { answer: string }).answer)
    return { engine: `Chromium ${browser.version()}`, hash }
  } finally {
    await browser.close()
  }
}

function rows(answers: readonly Answer[]): Row[] {
  const [first] = answers
  return answers.map(({ engine, hash }): Row => {
    const gate: Gate = { text: 'the same', met: hash === first?.hash && hash !== '' }
    return { label: engine, values: [hash], gate }
  })
}
