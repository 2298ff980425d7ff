import { execFileSync, spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

/** A command and its arguments. */
export type Command = readonly [string, ...string[]]

type Holder = ChildProcessByStdio<Writable, Readable, Readable>

/** Root as it is; root of a user namespace where nobody else is root. */
const ways: readonly string[] = process.getuid?.() === 0 ? ['-nm', '-Urnm'] : ['-Urnm']

/** `ip netns` keeps its names there; a place of its own, which goes with the namespaces. */
const ownNames = 'mount -t tmpfs tmpfs /var/run'

/**
 * Hosts in network namespaces of their own, joined by a bridge: a local network within this machine. Needs root, or
 * user namespaces. Nothing of it touches the machine's own network or is seen outside.
 *
 * One process holds bridge and names: it ends when its standard input does. So the kernel removes everything, also when
 * the process that made the network is killed.
 */
export class Lan implements AsyncDisposable {
  readonly #holder: Holder
  readonly #enter: Command
  readonly #hosts: LanHost[] = []

  private constructor(holder: Holder, way: string) {
    this.#holder = holder
    const user = way.includes('U') ? ['-U', '--preserve-credentials'] : []
    this.#enter = ['nsenter', '-t', String(holder.pid), ...user, '-n', '-m']
  }

  /** Why there can be no such network on this machine; undefined where there can. */
  static get unavailable(): string | undefined {
    const way = findWay()
    return 'failure' in way ? way.failure : undefined
  }

  static async create(hosts: number): Promise<Lan> {
    const way = findWay()
    if ('failure' in way) throw new Error(`Cannot make a local network: ${way.failure}`)
    const holder = spawn('unshare', [way.flags, 'sh', '-c', `${ownNames} && echo ready && exec cat`])
    const lan = new Lan(holder, way.flags)
    try {
      await Promise.race([once(holder.stdout, 'data'), endOf(holder)])
      // Without a querier, a snooping bridge forgets who wants multicast, and mDNS with it.
      for (const bridge of ['bridge', 'elsewhere']) {
        lan.#ip('link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0')
        lan.#ip('link', 'set', bridge, 'up')
      }
      for (let number = 1; number <= hosts; number++) lan.#addHost(number)
      return lan
    } catch (error) {
      await lan[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The process that holds it. */
  get pid(): number {
    return this.#holder.pid ?? 0
  }

  get hosts(): readonly LanHost[] {
    return this.#hosts
  }

  /** Whatever still runs on the hosts keeps these alive until it ends: end it as well. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const ended = once(this.#holder, 'exit')
    this.#holder.stdin.end()
    await ended
  }

  /** Its address is 10.77.0.NUMBER. */
  #addHost(number: number): void {
    const name = `host-${number}`
    const port = `port-${number}`
    this.#ip('netns', 'add', name)
    this.#ip('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    this.#ip('link', 'set', port, 'master', 'bridge', 'up')
    this.#ip('-n', name, 'link', 'set', 'lo', 'up')
    this.#ip('-n', name, 'address', 'add', `10.77.0.${number}/24`, 'dev', 'eth0')
    this.#ip('-n', name, 'link', 'set', 'eth0', 'up')
    // Without a default route multicast goes nowhere.
    this.#ip('-n', name, 'route', 'add', 'default', 'dev', 'eth0')
    const setPort = (...words: readonly string[]): void => this.#ip('link', 'set', port, ...words)
    this.#hosts.push(new LanHost([...this.#enter, 'ip', 'netns', 'exec', name], setPort))
  }

  #ip(...words: readonly string[]): void {
    const [command, ...enter] = this.#enter
    execFileSync(command, [...enter, 'ip', ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}

/** One machine of the network. */
export class LanHost {
  /** How the kernel calls its namespace, as in /proc/PID/ns/net. */
  readonly namespace: string
  readonly #enter: Command
  readonly #setPort: (...words: readonly string[]) => void

  /** @param setPort changes the other end of its cable */
  constructor(enter: Command, setPort: (...words: readonly string[]) => void) {
    this.#enter = enter
    this.#setPort = setPort
    const [command, ...words] = this.command('readlink', '/proc/self/ns/net')
    this.namespace = execFileSync(command, words).toString().trim()
    if (this.namespace === readlinkSync('/proc/self/ns/net')) throw new Error('The host is this machine itself')
  }

  /** The command line that runs a command on this host; each step replaces the one before, so the process is one. */
  command(command: string, ...words: readonly string[]): Command {
    return [...this.#enter, command, ...words]
  }

  /** Pulls the cable. */
  cut(): void {
    this.#setPort('down')
  }

  mend(): void {
    this.#setPort('up')
  }

  /** Plugs the cable into another bridge, where nobody is but others that went there. No host notices a thing. */
  part(): void {
    this.#setPort('master', 'elsewhere')
  }

  /** Plugs it back. */
  rejoin(): void {
    this.#setPort('master', 'bridge')
  }
}

type Way = { readonly flags: string } | { readonly failure: string }

let found: Way | undefined

/** Tries all that a network is made of. */
function findWay(): Way {
  found ??= tryWays()
  return found
}

function tryWays(): Way {
  if (process.platform !== 'linux') return { failure: 'network namespaces are a matter of Linux' }
  const make = ['link add bridge type bridge', 'netns add host', 'link add port type veth peer name eth0 netns host']
  const script = [ownNames, ...make.map((words) => `ip ${words}`), 'ip netns exec host true'].join(' && ')
  let failure = ''
  for (const flags of ways) {
    const { error, status, stderr } = spawnSync('unshare', [flags, 'sh', '-c', script])
    if (status === 0) return { flags }
    failure = error?.message ?? stderr.toString().trim()
  }
  return { failure: `no network namespace can be made here: ${failure}` }
}

async function endOf(holder: Holder): Promise<never> {
  const output: Buffer[] = []
  holder.stderr.on('data', (bytes: Buffer) => output.push(bytes))
  await once(holder, 'close')
  throw new Error(`Cannot make a local network: ${Buffer.concat(output).toString().trim()}`)
}
