import { onTestFinished, test } from 'vitest'
import { Machine } from '../live/cli/machine.ts'
import { PeerProcess } from '../live/cli/peer-process.ts'
import { Lan, type LanHost } from './lan.ts'

const { unavailable } = Lan
// Where changes are judged, root can make namespaces, and a test that is left out says nothing.
const mayBeSkipped = (process.env['CI'] ?? '') === '' || process.platform !== 'linux' || process.getuid?.() !== 0
const isSkipped = unavailable !== undefined && mayBeSkipped
if (isSkipped) process.stderr.write(`Skipped, a local network cannot be made: ${unavailable}\n`)

/** A test on hosts of a local network. */
export const lanTest: typeof test.skip = isSkipped ? test.skip : test

/** Hosts that are gone after the test. */
export async function makeHosts(count: number): Promise<readonly LanHost[]> {
  const lan = await Lan.create(count)
  onTestFinished(() => lan[Symbol.asyncDispose]())
  return lan.hosts
}

/** A peer that is gone after the test, and was never started yet. */
export function peerOn(host: LanHost): PeerProcess {
  const machine = new Machine((command, ...words) => host.command(command, ...words))
  onTestFinished(() => machine[Symbol.asyncDispose]())
  return new PeerProcess(machine)
}
