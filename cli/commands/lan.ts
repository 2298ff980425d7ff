import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { isRunning } from '../control/client.ts'
import type { StatusReport } from '../control/requests.ts'
import { Failure, toFailure } from '../failure.ts'
import { readCount } from '../operands.ts'
import { columns } from '../output.ts'
import { readSettings } from '../peer/settings.ts'
import { privateDirectory, profile, type Profile } from '../profile.ts'
import { startChild, type ChildPeer } from './child-peer.ts'
import type { Invocation } from './command.ts'
import { launchWords } from './detached.ts'

const loopback: readonly string[] = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']

/** Runs peers as processes of their own, until it is interrupted. */
export async function run(invocation: Invocation): Promise<number> {
  const { operands, output, signal } = invocation
  const count = readCount(operands[0], 'a number of peers', 1, 32)
  const children: ChildPeer[] = []
  try {
    for (let number = 1; number <= count; number++) {
      signal.throwIfAborted()
      const child = await startOne(invocation, number, children)
      children.push(child)
      watch(child, invocation)
      await output.data(child.report, () => describe(child.report))
    }
    invocation.goesOn()
    output.note(`${count} peers are up. Ctrl-C ends them.`)
    await untilAborted(signal)
  } finally {
    if (children.length > 0) output.note('Leaving … (Ctrl-C again ends at once)')
    await Promise.all(children.map(({ child }) => end(child)))
  }
  return signal.aborted ? toFailure(signal.reason).exitCode : 0
}

async function startOne(
  { options, profile: { directory } }: Invocation,
  number: number,
  former: readonly ChildPeer[],
): Promise<ChildPeer> {
  const given = typeof options['directory'] === 'string' ? join(directory, `lan-${number}`) : undefined
  const own = profile(`lan-${number}`, given)
  if (await isRunning(own)) {
    throw new Failure('directory-in-use', `A peer of the profile ${own.name} is running already`, {
      hint: `End it with: peerloom down --profile ${own.name}`,
    })
  }
  privateDirectory(own.directory)
  const before = former.flatMap(({ report }) =>
    report.addresses.filter((address) => !address.includes('/ws/')).slice(0, 1),
  )
  const words = launchWords({
    ...options,
    network: options['network'] ?? networkName(own),
    listen: options['listen'] ?? loopback,
    page: pageOf(options['page'], number),
    join: [...((options['join'] ?? []) as readonly string[]), ...before],
  })
  return startChild(['--profile', own.name, '--directory', own.directory, ...words], join(own.directory, 'peer.log'))
}

/** A port that was asked for is that of the first; the others follow. */
function pageOf(page: unknown, number: number): unknown {
  return typeof page === 'string'
    ? String(readCount(page, 'a port', 0, 65_535) + (page === '0' ? 0 : number - 1))
    : page
}

/** Its own, so that peers which somebody else runs in the same way on the local network are not met; kept from then on. */
function networkName({ directory, name }: Profile): string {
  const first = join(dirname(directory), name.replace(/\d+$/, '1'))
  return readSettings(first)?.network ?? `lan-${randomBytes(6).toString('hex')}`
}

function watch({ child, report }: ChildPeer, { output }: Invocation): void {
  child.removeAllListeners('exit')
  child.once('exit', (code, by) => {
    output.note(
      `${report.profile} has ended (${by ?? `exit code ${code}`}). Start it again with: peerloom up --profile ${report.profile}`,
    )
  })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    process.once('SIGTERM', () => resolve())
    process.once('SIGHUP', () => resolve())
  })
}

async function end(child: ChildPeer['child']): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  // Nobody need be told that this one has ended.
  child.removeAllListeners('exit')
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // Without a supervisor it leaves by itself.
  if (child.connected) child.disconnect()
  else child.kill('SIGTERM')
  await ended
}

function describe({ addresses, page, peer, pid, profile: name }: StatusReport): string {
  return columns([
    [name, `peer ${peer}, process ${pid}`],
    ['', `page ${page ?? 'none'}`],
    ...addresses.map((address) => ['', address]),
  ])
}
