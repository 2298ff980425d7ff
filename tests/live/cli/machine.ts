import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const main = fileURLToPath(new URL('../../../dist/bundled/cli/main.js', import.meta.url))
if (!existsSync(main)) throw new Error('Cannot test the command line: it is not built (npm run build)')

const loopback = ['--no-mdns', '--no-page', '--listen', '/ip4/127.0.0.1/tcp/0']

export interface Result {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface Report {
  readonly peer: string
  readonly pid: number
  readonly addresses: readonly string[]
  readonly page?: string
}

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

/** Where commands are run: here, or on a host of another network. */
export type Place = (command: string, ...words: readonly string[]) => readonly [string, ...string[]]

/** A person's machine: directories of its own, a network of its own, and every process that was started on it. */
export class Machine implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'peerloom-cli-'))
  readonly network: string = `test-${Math.random().toString(36).slice(2)}`
  readonly #place: Place
  readonly #processes = new Set<ChildProcess>()
  readonly #pids = new Set<number>()

  constructor(place: Place = (...command) => command) {
    this.#place = place
  }

  /** Nothing of the settings of whoever runs the tests comes through. */
  get env(): NodeJS.ProcessEnv {
    const { directory } = this
    return {
      PATH: process.env['PATH'],
      HOME: directory,
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_RUNTIME_DIR: join(directory, 'run'),
      TMPDIR: directory,
    }
  }

  /** Runs a verb to its end. */
  async run(words: readonly string[], options: RunOptions = {}): Promise<Result> {
    const child = this.#spawn(words, options)
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes))
    child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes))
    child.stdin?.end(options.input ?? '')
    const [code] = (await once(child, 'close')) as [number | null]
    this.#processes.delete(child)
    return { code, stdout: Buffer.concat(stdout), stderr }
  }

  /** What a verb printed as JSON. @throws when it failed */
  async json<Value>(words: readonly string[], options: RunOptions = {}): Promise<Value> {
    const { code, stdout, stderr } = await this.run([...words, '--json'], options)
    if (code !== 0) throw new Error(`peerloom ${words.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout.toString()) as Value
  }

  /** @throws when it failed */
  async text(words: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(words, options)
    if (code !== 0) throw new Error(`peerloom ${words.join(' ')} ended with ${code}: ${stderr}`)
    return stdout.toString()
  }

  /** The code and the error of a verb that fails. */
  async failure(words: readonly string[], options: RunOptions = {}): Promise<{ code: number | null; error: unknown }> {
    const { code, stderr } = await this.run([...words, '--json'], options)
    return { code, error: (JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { readonly error: unknown }).error }
  }

  /** Runs a verb that goes on until it is ended. */
  start(words: readonly string[], options: RunOptions = {}): RunningVerb {
    return new RunningVerb(this.#spawn(words, options))
  }

  /** A peer of the machine's network, on loopback alone. */
  async up(profile: string, ...words: readonly string[]): Promise<RunningVerb & { readonly report: Report }> {
    return this.again(profile, '--network', this.network, ...loopback, ...words)
  }

  /** A peer that was up before, as it was; or one that is told all by `words`. */
  async again(profile: string, ...words: readonly string[]): Promise<RunningVerb & { readonly report: Report }> {
    // The channel is for the end of this process, however it comes: the peer then leaves.
    const child = this.#spawn(['up', '--json', '--profile', profile, ...words], {}, ['pipe', 'pipe', 'pipe', 'ipc'])
    const verb = new RunningVerb(child)
    const report = (await verb.json()) as Report
    return Object.assign(verb, { report })
  }

  /** Two peers that know of each other. */
  async pair(): Promise<[Awaited<ReturnType<Machine['up']>>, Awaited<ReturnType<Machine['up']>>]> {
    const alice = await this.up('alice')
    const bob = await this.up('bob', '--join', alice.report.addresses[0] ?? '')
    await this.text(['wait', '--members', '2', '--profile', 'alice'])
    await this.text(['wait', '--members', '2', '--profile', 'bob'])
    return [alice, bob]
  }

  /** A process that was started by one of this machine's, to be ended with it. */
  adopt(pid: number): void {
    this.#pids.add(pid)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes].map((child) => kill(child)))
    for (const pid of this.#pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }

  #spawn(words: readonly string[], { env = {} }: RunOptions, stdio: StdioOptions = 'pipe'): ChildProcess {
    const [command, ...more] = this.#place(process.execPath, main, ...words)
    const child = spawn(command, more, { env: { ...this.env, ...env }, cwd: this.directory, stdio })
    this.#processes.add(child)
    return child
  }
}

/** A verb on its way, read line by line. */
export class RunningVerb {
  readonly child: ChildProcess
  #stdout = ''
  #stderr = ''
  #wake: (() => void) | undefined

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.on('data', (bytes: Buffer) => {
      this.#stdout += bytes
      this.#tell()
    })
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#stderr += bytes
      this.#tell()
    })
    child.on('close', () => this.#tell())
  }

  /** The next line of its standard output. @throws when it ends before */
  async line(): Promise<string> {
    await this.#until(() => this.#stdout.includes('\n'))
    const end = this.#stdout.indexOf('\n')
    const line = this.#stdout.slice(0, end)
    this.#stdout = this.#stdout.slice(end + 1)
    return line
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.line())
  }

  /** Resolves when it has said that on standard error. */
  async said(text: string): Promise<void> {
    await this.#until(() => this.#stderr.includes(text))
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** The exit code, or the signal that ended it. */
  async ended(): Promise<number | string | null> {
    const { child } = this
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    return child.exitCode ?? child.signalCode
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended with ${this.child.exitCode ?? this.child.signalCode}: ${this.#stderr}`)
      }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #tell(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Holds a port as long as it is not disposed of. */
export async function heldPort(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}
