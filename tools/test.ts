// All that `npm test` does once packages are there: formatter, linter, compiler, package, every test. Ends with the
// plain line `N passed, N failed`, a failed check counted as one.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { prepareMachine } from './machine.ts'

interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly success: boolean
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

type Check = readonly [name: string, command: string, ...arguments_: string[]]

/** Takes as long as all others together, and needs none of them. */
const format: Check = ['format', 'prettier', '--check', '--log-level=warn', '.']
const build: Check = ['build', 'npm', 'run', '--silent', 'build']
/** Each stands for itself, except that none makes sense without the build. */
const checksOfBuild: readonly Check[] = [
  ['lint', 'oxlint', '--type-aware', '--deny-warnings', '--quiet'],
  ['unused code', 'knip'],
  ['package', 'node', 'tools/package.ts'],
  ['size', 'size-limit'],
]

/** Tests try as much as a long run has time for; tests/figures.ts. */
const environment = process.argv.includes('--long') ? { ...process.env, PEERLOOM_LONG: '1' } : process.env

prepareMachine()
const failed: string[] = []
const formatting = check(format)
const isBuilt = await check(build)
if (isBuilt) for (const each of checksOfBuild) await check(each)
await formatting
if (!isBuilt) finish(0, 0)
const report = readTests()
for (const { assertionResults } of report.testResults) {
  for (const { status, fullName } of assertionResults) {
    if (status === 'pending' || status === 'skipped' || status === 'todo') console.log(`skipped: ${fullName}`)
  }
}
// A file that failed to load has no tests to count.
const broken = report.testResults.filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
)
if (!report.success && report.numFailedTests === 0) failed.push('test run')
finish(report.numPassedTests, report.numFailedTests + broken.length, report.numPendingTests + report.numTodoTests)

/** Says how it went, and what it said, when it has ended: two at once would speak across each other. */
async function check([name, command, ...arguments_]: Check): Promise<boolean> {
  const started = performance.now()
  const child = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close').catch((error: unknown) => [String(error)])
  const [[status], output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  const passed = status === 0
  console.log(`\n▸ ${name}`)
  process.stdout.write(output + errors)
  console.log(`  ${passed ? 'ok' : `FAILED (${String(status)})`} (${seconds(started)} s)`)
  if (!passed) failed.push(name)
  return passed
}

/** A run that was killed is a failed check like any other, and still ends with the line that says so. */
function readTests(): TestReport {
  try {
    return runTests()
  } catch (error) {
    console.error(String(error))
    failed.push('test run')
    finish(0, 0)
  }
}

function runTests(): TestReport {
  console.log('\n▸ tests')
  const folder = mkdtempSync(join(tmpdir(), 'peerloom-report-'))
  const file = join(folder, 'report.json')
  try {
    spawnSync('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
      stdio: 'inherit',
      env: environment,
    })
    if (!existsSync(file)) throw new Error('The test run ended without a report')
    return JSON.parse(readFileSync(file, 'utf8')) as TestReport
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function finish(passed: number, failures: number, skipped = 0): never {
  for (const name of failed) console.log(`failed check: ${name}`)
  const total = failures + failed.length
  console.log(`\n${passed} passed, ${total} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(total > 0 || passed === 0 ? 1 : 0)
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
