import { fork } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createPeer, gossip, swim, swimPresets, type PeerId } from '../../../node/peer/index.ts'

test.skipIf(process.platform === 'win32')(
  'the connection to a peer that froze is given up, and it is found again when it goes on',
  { timeout: 60_000 },
  async () => {
    const signal = AbortSignal.timeout(50_000)
    const members = swim(swimPresets.local)
    await using peer = await createPeer({
      network: 'frozen',
      listen: ['/ip4/127.0.0.1/tcp/0'],
      mdns: false,
      overlays: { members, broadcast: gossip() },
    })
    const script = new URL('joining-peer-process.ts', import.meta.url)
    const other = fork(script, [peer.addresses[0]!], { execArgv: [], stdio: 'ignore' })
    try {
      await peer.ready({ members: 2, replicas: 1, signal })
      const failed = new Promise<PeerId>((resolve) =>
        peer.overlays.members.subscribe((event) => (event.type === 'failed' ? resolve(event.peer) : undefined)),
      )
      other.kill('SIGSTOP')
      await failed
      expect(peer.libp2p.getConnections()).toEqual([])
      const notes = await peer.documents.open('notes')
      notes.text('body').insert(0, 'written meanwhile')
      other.kill('SIGCONT')
      await peer.ready({ members: 2, replicas: 1, signal })
      await peer.documents.converged({ signal })
    } finally {
      other.kill('SIGKILL')
      if (other.exitCode === null && other.signalCode === null) await once(other, 'exit')
    }
  },
)
