import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { StatusReport } from '../requests.ts'
import type { Operation } from '../server.ts'

export function statusOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    status: async () => statusOf(running),
    stop: async ({ fields, signal }) => {
      if (fields.flag('leave')) await handOver(running, signal)
      await running.stop()
      return { peer: running.peer.id, pid: process.pid }
    },
  }
}

/** Somebody who has left a moment ago may still be taken for one who should have something. */
const attempts = 3

/** @throws Failure when something that is held here for others might be lost to them: the peer then goes on */
async function handOver({ peer }: RunningPeer, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (await peer.handOver({ signal })) return
    if (attempt < attempts) await pause(2000, undefined, { signal })
  }
  throw new Failure('failure', 'Not all records that this peer holds for others could be given to other peers', {
    hint: 'Try again when others are connected. To end it all the same, and keep the records on its disk: peerloom down',
  })
}

export function statusOf(running: RunningPeer): StatusReport {
  const { peer, profile, settings } = running
  return {
    profile: profile.name,
    directory: profile.directory,
    version: running.version,
    pid: process.pid,
    peer: peer.id,
    author: peer.author,
    network: peer.network,
    keyed: running.key !== undefined,
    mdns: settings.mdns,
    addresses: peer.addresses,
    page: running.page,
    uptimeSeconds: Math.round((performance.now() - running.started) / 1000),
    members: peer.members().filter(({ state }) => state === 'alive').length,
    connections: peer.documents.connections().length,
    documents: peer.documents.list().length,
    rejectedChanges: running.counts.rejected,
    refusedChanges: running.counts.refused,
    equivocations: running.counts.equivocations,
  }
}
