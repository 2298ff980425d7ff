import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** All that the tests of the mutants need. */
const copied = [
  'node/protocol',
  'node/simulation',
  'overlays',
  'tests/contracts',
  'tests/cores',
  'tests/figures.ts',
  'tests/mutants/mutant-process.ts',
  'tests/mutants/mutant-tree.ts',
  'tests/mutants/mutants.ts',
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

/** What the runner is asked: test files, and sources that are not what they were, both from the root of the copy. */
export interface RunRequest {
  readonly files: readonly string[]
  readonly changed: readonly string[]
}

/** How one test file went. */
export interface FileOutcome extends Outcome {
  readonly name: string
  /** Why it did not load. */
  readonly errors: readonly string[]
}

/** A copy of the sources and their tests, in which mistakes are made. The real tree is never touched. */
export class MutantTree implements AsyncDisposable {
  readonly #directory: string
  readonly #runner: ChildProcess
  /** Since the runner was asked last. */
  #changed: string[] = []

  private constructor(directory: string, runner: ChildProcess) {
    this.#directory = directory
    this.#runner = runner
  }

  static async create(): Promise<MutantTree> {
    const directory = await mkdtemp(join(tmpdir(), 'peerloom-mutants-'))
    for (const name of copied) await cp(join(root, name), join(directory, name), { recursive: true })
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules'))
    const runner = fork(join(directory, 'tests/mutants/mutant-process.ts'), {
      cwd: directory,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Nothing of the test run that this is part of comes through, but the Node that runs it.
      env: { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: directory },
    })
    const tree = new MutantTree(directory, runner)
    try {
      await tree.#told()
      return tree
    } catch (error) {
      await tree[Symbol.asyncDispose]()
      throw error
    }
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
    this.#changed.push(file)
    try {
      return await this.test(tests)
    } finally {
      await writeFile(path, source)
      this.#changed.push(file)
    }
  }

  /** @throws Error when a test file does not load, or has no tests: that is no mistake found */
  async test(files: readonly string[]): Promise<Outcome> {
    const outcomes = await this.#outcomes(files)
    for (const { name, errors, passed, failed } of outcomes) {
      if (passed + failed.length === 0) throw new Error(`Cannot run ${name}: ${errors.join('; ')}`)
    }
    if (outcomes.length !== files.length) throw new Error(`Cannot find all of ${files.join(', ')}`)
    return {
      passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
      failed: outcomes.flatMap(({ failed }) => failed),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#runner.connected) {
      const ended = once(this.#runner, 'exit')
      this.#runner.disconnect()
      await ended
    }
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 })
  }

  async #outcomes(files: readonly string[]): Promise<readonly FileOutcome[]> {
    const told = this.#told()
    const request: RunRequest = { files, changed: this.#changed.splice(0) }
    this.#runner.send(request)
    const answer = (await told) as readonly FileOutcome[] | { readonly failure: string }
    if ('failure' in answer) throw new Error(`Cannot run the tests of a mutant: ${answer.failure}`)
    return answer
  }

  /** What the runner says next. */
  async #told(): Promise<unknown> {
    const waiting = new AbortController()
    const { signal } = waiting
    try {
      const [message] = (await Promise.race([
        once(this.#runner, 'message', { signal }),
        once(this.#runner, 'exit', { signal }).then(([code]) => {
          throw new Error(`Cannot run the tests of a mutant: their process ended with ${String(code)}`)
        }),
      ])) as [unknown]
      return message
    } finally {
      waiting.abort()
    }
  }
}
