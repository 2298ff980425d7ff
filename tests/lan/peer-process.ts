import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Of every verb that waits for something: a bound that a failing test runs into, far above what a busy machine needs. */
const patience = '40s'

/** What `peerloom status` tells, as far as tests use it. */
export interface Status {
  readonly peer: string
  readonly pid: number
  readonly addresses: readonly string[]
  readonly page?: string
  readonly members: number
  readonly connections: number
  readonly documents: number
}

/** Where a command is run: here, or on a host of another network. */
export type Place = (command: string, ...words: readonly string[]) => readonly [string, ...string[]]

/** A peer that the built command line runs, with a home of its own, and the verbs that talk to it. */
export class PeerProcess implements AsyncDisposable {
  /** Its home directory. */
  readonly home: string
  readonly #place: Place
  #child: ChildProcess | undefined

  private constructor(home: string, place: Place) {
    this.home = home
    this.#place = place
  }

  static async create(place: Place = (...command) => command): Promise<PeerProcess> {
    if (!existsSync(main)) throw new Error(`Cannot run the command line: ${main} is not built (npm run build)`)
    return new PeerProcess(await mkdtemp(join(tmpdir(), 'peerloom-')), place)
  }

  /** `peerloom up`. @returns what it prints when the peer is up */
  async up(...words: readonly string[]): Promise<Status> {
    // The channel is for the end of this process, however it comes: the peer then leaves.
    const child = this.#spawn(['up', '--json', ...words], ['ignore', 'pipe', 'pipe', 'ipc'])
    this.#child = child
    const closed = once(child, 'close')
    const output: string[] = []
    child.stderr?.on('data', (bytes: Buffer) => output.push(bytes.toString()))
    for await (const line of createInterface({ input: child.stdout! })) {
      const status = JSON.parse(line) as Status
      if (status.pid !== child.pid) throw new Error(`Process ${child.pid} is not the peer's, which is ${status.pid}`)
      return status
    }
    await closed
    throw failure(['up', ...words], child.exitCode, output.join(''))
  }

  /** kill −9, as a power cut: nothing is said or written any more. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Runs a verb. @returns what it prints. */
  run(...words: readonly string[]): Promise<string> {
    return this.#run(words, {})
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.run('status', '--json')) as Status
  }

  /** Adds a line at the end of a text, with whatever others do to it meanwhile; when it resolves, it is durable. */
  async append(document: string, line: string): Promise<void> {
    await this.#run(['doc', 'edit', document], { VISUAL: `printf '%s\\n' "$LINE" >>`, LINE: line })
  }

  /** Resolves when another peer is in that state; hears of it from now on. */
  async untilMember(state: string): Promise<void> {
    const child = this.#spawn(['members', '--watch', '--json', '--timeout', patience], ['ignore', 'pipe', 'ignore'])
    try {
      for await (const line of createInterface({ input: child.stdout! })) {
        const item = JSON.parse(line) as { readonly state?: string; readonly type?: string }
        if (item.state === state || item.type === state) return
      }
      throw new Error(`No member was ${state}`)
    } finally {
      child.kill('SIGKILL')
    }
  }

  text(document: string): Promise<string> {
    return this.run('doc', 'export', document, '-')
  }

  /** Waits until so many peers, and all that are connected, have the documents of this one. */
  async converged(peers = 1): Promise<void> {
    await this.run('wait', '--converged', '--peers', String(peers))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.home, { recursive: true, force: true })
  }

  async #run(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
    const child = this.#spawn([...words, '--timeout', patience], ['ignore', 'pipe', 'pipe'], environment)
    const output: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout?.on('data', (bytes: Buffer) => output.push(bytes))
    child.stderr?.on('data', (bytes: Buffer) => errors.push(bytes))
    await once(child, 'close')
    if (child.exitCode !== 0) throw failure(words, child.exitCode, Buffer.concat(errors).toString())
    return Buffer.concat(output).toString()
  }

  /** Nothing of the settings of whoever runs the tests comes through. */
  #spawn(
    words: readonly string[],
    stdio: ('ignore' | 'pipe' | 'ipc')[],
    environment: NodeJS.ProcessEnv = {},
  ): ChildProcess {
    const home = this.home
    const [command, ...more] = this.#place(process.execPath, main, ...words)
    const own = { HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_RUNTIME_DIR: join(home, 'run') }
    return spawn(command, more, { stdio, env: { PATH: process.env['PATH'], ...own, ...environment } })
  }
}

function failure(words: readonly string[], exitCode: number | null, output: string): Error {
  return new Error(`peerloom ${words.join(' ')} ended with code ${exitCode}: ${output.trim()}`)
}
