import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutant } from './mutants.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

/** All that the tests of the mutants need. */
const copied = [
  'node/protocol',
  'node/simulation',
  'overlays',
  'tests/contracts',
  'tests/cores',
  'tests/figures.ts',
  'tests/simulation',
  'package.json',
  'tsconfig.base.json',
  'vitest.config.ts',
]

/** How the tests went. */
export interface Outcome {
  readonly passed: number
  /** Full names. */
  readonly failed: readonly string[]
}

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** A copy of the sources and their tests, in which mistakes are made. The real tree is never touched. */
export class MutantTree implements AsyncDisposable {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async create(): Promise<MutantTree> {
    const directory = await mkdtemp(join(tmpdir(), 'peerloom-mutants-'))
    for (const name of copied) await cp(join(root, name), join(directory, name), { recursive: true })
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
    return new MutantTree(directory)
  }

  /**
   * Runs the tests of a mutant with its mistake, and takes the mistake back.
   *
   * @throws Error when the text to be replaced does not stand in the file once, or a test file does not load
   */
  async run({ file, text, replacement, tests }: Omit<Mutant, 'name'>): Promise<Outcome> {
    const path = join(this.#directory, file)
    const source = await readFile(path, 'utf8')
    const places = source.split(text).length - 1
    if (places !== 1) throw new Error(`Cannot make the mutant: its text stands ${places} times in ${file}: ${text}`)
    // A function, or dollars in the replacement would mean something.
    await writeFile(
      path,
      source.replace(text, () => replacement),
    )
    try {
      return await this.test(tests)
    } finally {
      await writeFile(path, source)
    }
  }

  /** @throws Error when a test file does not load, or has no tests: that is no mistake found */
  async test(files: readonly string[]): Promise<Outcome> {
    const report = await this.#report(files)
    for (const { name, message, assertionResults } of report.testResults) {
      if (assertionResults.length === 0) throw new Error(`Cannot run ${name}: ${message}`)
    }
    if (report.testResults.length !== files.length) throw new Error(`Cannot find all of ${files.join(', ')}`)
    const failed = report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    )
    return { passed: report.numPassedTests, failed }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #report(files: readonly string[]): Promise<Report> {
    const output = join(this.#directory, 'report.json')
    await rm(output, { force: true })
    const words = ['run', '--reporter=json', `--outputFile=${output}`, ...files]
    // Nothing of the test run that this is part of comes through, but the Node that runs it.
    const env = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: this.#directory }
    const failure = await execute(join(root, 'node_modules/.bin/vitest'), words, { cwd: this.#directory, env }).then(
      () => undefined,
      (error: unknown) => error,
    )
    try {
      return JSON.parse(await readFile(output, 'utf8')) as Report
    } catch {
      throw new Error('Cannot run the tests of a mutant', { cause: failure })
    }
  }
}
