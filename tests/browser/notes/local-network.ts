import { spawn, execFile, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const main = fileURLToPath(new URL('../../../dist/bundled/cli/main.js', import.meta.url))

/** What `peerloom lan` tells of each peer, as far as these tests use it. */
export interface LocalPeer {
  readonly profile: string
  readonly directory: string
  readonly pid: number
  /** The link to the page. */
  readonly page: string
}

/** `peerloom lan N` of the built command line, in a directory of its own. */
export class LocalNetwork {
  readonly peers: readonly LocalPeer[]
  readonly #child: ChildProcess
  readonly #home: string
  /** Started again one by one. */
  readonly #again = new Set<LocalPeer>()

  private constructor(child: ChildProcess, home: string, peers: readonly LocalPeer[]) {
    this.#child = child
    this.#home = home
    this.peers = peers
  }

  static async start(count: number): Promise<LocalNetwork> {
    if (!existsSync(main)) throw new Error(`Cannot run the command line: ${main} is not built (npm run build)`)
    const home = await mkdtemp(join(tmpdir(), 'peerloom-lan-'))
    const words = ['lan', String(count), '--json', '--no-mdns', '--directory', home]
    const child = spawn(process.execPath, [main, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment(home),
    })
    const peers: LocalPeer[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      peers.push(JSON.parse(line) as LocalPeer)
      if (peers.length === count) return new LocalNetwork(child, home, peers)
    }
    throw new Error(`Cannot start ${count} peers: peerloom lan ended after ${peers.length}`)
  }

  /** Runs a verb for a peer. @returns what it prints */
  async run(peer: LocalPeer, ...words: readonly string[]): Promise<string> {
    const all = [main, ...words, '--profile', peer.profile, '--directory', peer.directory, '--timeout', '20s']
    const { stdout } = await execute(process.execPath, all, { env: environment(this.#home), maxBuffer: 1 << 24 })
    return stdout
  }

  /** As a power cut: nothing is said or written any more. */
  kill(peer: LocalPeer): void {
    process.kill(peer.pid, 'SIGKILL')
  }

  async restart(peer: LocalPeer): Promise<LocalPeer> {
    const restarted = JSON.parse(await this.run(peer, 'up', '--detach', '--json')) as LocalPeer
    this.#again.add(restarted)
    return restarted
  }

  async stop(): Promise<void> {
    for (const peer of this.#again) await this.run(peer, 'down')
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGINT')
    await ended
    await rm(this.#home, { recursive: true, force: true })
  }
}

/** Sockets must not be those of the peers that a person runs on this machine. */
function environment(home: string): NodeJS.ProcessEnv {
  return { ...process.env, PEERLOOM_RUNTIME_DIR: join(home, 'run') }
}
