// A process that makes a network with a peer in it and is then killed by the test that started it.
import { Lan } from './lan.ts'
import { PeerProcess } from './peer-process.ts'

export interface Abandoned {
  /** What nobody removes. */
  readonly home: string
  // The processes that must not outlive this one:
  readonly holder: number
  readonly peer: number
}

const lan = await Lan.create(1)
const peer = await PeerProcess.create((command, ...words) => lan.hosts[0]!.command(command, ...words))
const { pid } = await peer.up('--network', 'x')
process.send?.({ home: peer.home, holder: lan.pid, peer: pid } satisfies Abandoned)
