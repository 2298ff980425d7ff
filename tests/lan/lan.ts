import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'

/** A command as it is run in one place: a namespace, or outside of all. */
type Command = readonly [string, ...string[]]

/**
 * Hosts in network namespaces of their own, joined by a bridge: a local network within this machine. Needs root, or
 * user namespaces. Nothing of it touches the machine's own network.
 */
export class Lan implements Disposable {
  readonly #prefix: readonly string[]
  readonly #shell: ChildProcess | undefined
  readonly #name = `pl${process.pid}-${randomInt(1_000_000)}`
  readonly #hosts: LanHost[] = []

  private constructor(prefix: readonly string[], shell: ChildProcess | undefined) {
    this.#prefix = prefix
    this.#shell = shell
  }

  /** Why there can be no such network on this machine; undefined where there can. */
  static get unavailable(): string | undefined {
    if (process.platform !== 'linux') return 'network namespaces are a matter of Linux'
    if (spawnSync('ip', ['-V']).status !== 0) return "the command 'ip' (iproute2) is missing"
    const wrap = isRoot() ? ['unshare', '-n'] : ['unshare', '-Urnm']
    const probe = spawnSync(wrap[0] as string, [...wrap.slice(1), 'ip', 'link', 'add', 'probe', 'type', 'bridge'])
    return probe.status === 0 ? undefined : `no network namespace can be made here: ${probe.stderr.toString().trim()}`
  }

  static async create(hosts: number): Promise<Lan> {
    const lan = isRoot() ? new Lan([], undefined) : await Lan.#createUnprivileged()
    lan.#ip('netns', 'add', lan.#switch)
    // Without a querier, a snooping bridge forgets who wants multicast, and mDNS with it.
    lan.#ip('-n', lan.#switch, 'link', 'add', 'bridge', 'type', 'bridge', 'mcast_snooping', '0')
    lan.#ip('-n', lan.#switch, 'link', 'set', 'bridge', 'up')
    for (let number = 1; number <= hosts; number++) lan.#addHost(number)
    return lan
  }

  /** Inside a user namespace this process is root, and /run is its own. */
  static async #createUnprivileged(): Promise<Lan> {
    const script = 'mount -t tmpfs tmpfs /run && echo ready && exec sleep infinity'
    const shell = spawn('unshare', ['-Urnm', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => shell.stdout.once('data', resolve))
    return new Lan(['nsenter', '-t', String(shell.pid), '-U', '-n', '-m', '--preserve-credentials'], shell)
  }

  get hosts(): readonly LanHost[] {
    return this.#hosts
  }

  [Symbol.dispose](): void {
    for (const { namespace } of this.#hosts) this.#ip('netns', 'del', namespace)
    this.#ip('netns', 'del', this.#switch)
    this.#shell?.kill()
  }

  get #switch(): string {
    return `${this.#name}-switch`
  }

  /** Its address is 10.77.0.NUMBER. */
  #addHost(number: number): void {
    const namespace = `${this.#name}-${number}`
    const port = `port${number}`
    this.#ip('netns', 'add', namespace)
    this.#ip('-n', this.#switch, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
    this.#ip('-n', this.#switch, 'link', 'set', port, 'master', 'bridge', 'up')
    this.#ip('-n', namespace, 'link', 'set', 'lo', 'up')
    this.#ip('-n', namespace, 'address', 'add', `10.77.0.${number}/24`, 'dev', 'eth0')
    this.#ip('-n', namespace, 'link', 'set', 'eth0', 'up')
    // Without a default route multicast goes nowhere.
    this.#ip('-n', namespace, 'route', 'add', 'default', 'dev', 'eth0')
    const setLink = (state: 'up' | 'down'): void => this.#ip('-n', this.#switch, 'link', 'set', port, state)
    this.#hosts.push(new LanHost(namespace, [...this.#prefix, 'ip', 'netns', 'exec', namespace], setLink))
  }

  #ip(...arguments_: readonly string[]): void {
    const [command, ...rest] = [...this.#prefix, 'ip', ...arguments_] as unknown as Command
    execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}

/** One machine of the network. */
export class LanHost {
  readonly namespace: string
  readonly #prefix: readonly string[]
  readonly #setLink: (state: 'up' | 'down') => void

  constructor(namespace: string, prefix: readonly string[], setLink: (state: 'up' | 'down') => void) {
    this.namespace = namespace
    this.#prefix = prefix
    this.#setLink = setLink
  }

  /** The command line that runs a command on this host. */
  command(command: string, ...arguments_: readonly string[]): Command {
    return [...this.#prefix, command, ...arguments_] as unknown as Command
  }

  /** Pulls the cable. */
  cut(): void {
    this.#setLink('down')
  }

  mend(): void {
    this.#setLink('up')
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
