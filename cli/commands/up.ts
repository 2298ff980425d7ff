import { isRunning } from '../control/client.ts'
import type { StatusReport } from '../control/requests.ts'
import { statusOf } from '../control/operations/status.ts'
import { Failure, toFailure } from '../failure.ts'
import { explainStart, RunningPeer } from '../peer/running-peer.ts'
import { storeKey } from '../peer/settings.ts'
import { privateDirectory } from '../profile.ts'
import type { Invocation } from './command.ts'
import { startDetached } from './detached.ts'
import { readLaunch } from './launch.ts'
import { describeStatus } from './status.ts'
import { Supervisor } from './supervisor.ts'

/** Runs a peer until it is told to end: by Ctrl-C, SIGTERM, `peerloom down`, or the end of what supervises it. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, output, profile } = invocation
  const supervisor = new Supervisor()
  try {
    const launch = readLaunch(profile.directory, options)
    if (options['detach'] === true) {
      const report = await startDetached(invocation)
      await output.data(report, () => describeStatus(report))
      return 0
    }
    const running = await start(invocation, launch)
    // Signals are heard before anybody is told that the peer is up, and so may end it.
    const ended = stay(running, invocation, supervisor)
    invocation.goesOn()
    const report: StatusReport = statusOf(running)
    supervisor.tell({ type: 'up', report })
    await output.data(report, () => describeStatus(report))
    return await ended
  } catch (error) {
    supervisor.fail(error)
    throw error
  }
}

async function start(
  { output, profile }: Invocation,
  { isKeyNew, key, settings }: ReturnType<typeof readLaunch>,
): Promise<RunningPeer> {
  if (await isRunning(profile)) {
    throw new Failure('directory-in-use', `A peer of the profile ${profile.name} is running already`, {
      hint: 'See: peerloom status',
    })
  }
  privateDirectory(profile.directory)
  if (isKeyNew && key !== undefined) storeKey(profile.directory, key)
  try {
    return await RunningPeer.start({ profile, settings, key, note: (text) => output.note(text) })
  } catch (error) {
    throw explainStart(error)
  }
}

async function stay(running: RunningPeer, { output, signal }: Invocation, supervisor: Supervisor): Promise<number> {
  const leave = (): void => void running.stop()
  process.on('SIGTERM', leave)
  process.on('SIGHUP', leave)
  supervisor.onEnd(leave)
  const interrupt = (): void => {
    output.note('Leaving … (Ctrl-C again ends at once)')
    leave()
  }
  if (signal.aborted) interrupt()
  else signal.addEventListener('abort', interrupt, { once: true })
  await running.stopped
  await running.finished()
  if (running.failure !== undefined) {
    throw new Failure('store', `The peer had to stop: its store failed: ${running.failure.message}`, {
      hint: `Is the disk full or read-only? ${running.profile.directory}`,
    })
  }
  return signal.aborted ? toFailure(signal.reason).exitCode : 0
}
