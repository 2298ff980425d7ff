import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { request } from '../cli/control/client.ts'
import { profile, type Profile } from '../cli/profile.ts'

const main = fileURLToPath(new URL('../dist/bundled/cli/main.js', import.meta.url))

/** A peer as the built command line runs it, on loopback. It is asked as the verbs ask it, without a process for each. */
export class CliPeer {
  readonly #directory: string
  readonly #network: string
  readonly #profile: Profile
  #child: ChildProcess | undefined
  #addresses: readonly string[] = []

  /** @param directory where all peers of the benchmark are, with a place for each */
  constructor(directory: string, name: string) {
    process.env['PEERLOOM_RUNTIME_DIR'] = join(directory, 'run')
    this.#directory = join(directory, name)
    this.#network = `bench-${process.pid}`
    this.#profile = profile(name, this.#directory)
  }

  /** Resolves when it is up. @param others peers that it joins */
  async start(others: readonly CliPeer[] = []): Promise<void> {
    const listen = ['--listen', '/ip4/127.0.0.1/tcp/0']
    const join = others.flatMap((other) => ['--join', other.#addresses[0] ?? ''])
    // A peer that was up before knows all this.
    const first = ['--network', this.#network, '--no-mdns', '--no-page', ...listen, ...join]
    const words = ['up', '--json', '--directory', this.#directory, '--profile', this.#profile.name]
    // The channel ends the peer with this process.
    const child = spawn(process.execPath, [main, ...words, ...(this.#addresses.length === 0 ? first : [])], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.#child = child
    for await (const line of createInterface({ input: child.stdout! })) {
      this.#addresses = (JSON.parse(line) as { readonly addresses: readonly string[] }).addresses
      return
    }
    throw new Error('A peer ended before it was up: is the command line built? (npm run build)')
  }

  /** kill −9. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Adds to the end of a text. Resolves when that is durable. */
  async append(document: string, addition: string): Promise<void> {
    const { promise: before, resolve } = Promise.withResolvers<string>()
    async function* input(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from((await before) + addition)
    }
    const item = (value: unknown): void => resolve((value as { readonly text: string }).text)
    await request(this.#profile, { verb: 'doc.edit', arguments: { name: document }, item, input: input() })
  }

  async text(document: string): Promise<string> {
    const pieces: Uint8Array[] = []
    const chunk = (bytes: Uint8Array): void => void pieces.push(bytes)
    await request(this.#profile, { verb: 'doc.text', arguments: { name: document }, chunk })
    return Buffer.concat(pieces).toString()
  }

  /** Resolves when so many peers are connected and all have the same. */
  async converged(peers: number): Promise<void> {
    await request(this.#profile, { verb: 'converged', arguments: { peers, timeout: 60_000 } })
  }
}
