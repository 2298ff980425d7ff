// A process that makes a network with a peer in it and is then killed by the test that started it.
import { Machine } from '../live/cli/machine.ts'
import { PeerProcess } from '../live/cli/peer-process.ts'
import { Lan } from './lan.ts'

export interface Abandoned {
  /** What nobody removes. */
  readonly home: string
  // The processes that must not outlive this one:
  readonly holder: number
  readonly peer: number
}

const lan = await Lan.create(1)
const machine = new Machine((command, ...words) => lan.hosts[0]!.command(command, ...words))
const { pid } = await new PeerProcess(machine).up('--network', 'x')
process.send?.({ home: machine.directory, holder: lan.pid, peer: pid } satisfies Abandoned)
