import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { DisagreementItem, DoctorReport } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { findDocument } from './named-document.ts'
import { statusOf } from './status.ts'

/** How long the doctor waits for peers to agree before asking why they do not, in milliseconds. */
const diagnosisTimeout = 2000

export function convergenceOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    converged: (call) => converged(running, call),
    doctor: (call) => diagnose(running, call),
  }
}

async function converged(running: RunningPeer, { fields, signal }: Call): Promise<unknown> {
  const peers = fields.natural('peers', 1)
  const timeout = AbortSignal.timeout(fields.natural('timeout', 10_000))
  const name = fields.optionalText('document')
  const document = name === undefined ? undefined : findDocument(running, name)
  if (name !== undefined && document === undefined) {
    throw new Failure('not-found', `No document named ${JSON.stringify(name)} is known to this peer`)
  }
  const { documents } = running.peer
  try {
    await documents.converged({
      peers,
      signal: AbortSignal.any([signal, timeout]),
      ...(document === undefined ? {} : { documents: [document.id] }),
    })
  } catch (cause) {
    if (!timeout.aborted || signal.aborted) throw cause
    throw new Failure('not-converged', `The peers do not agree yet: ${explain(running, peers)}`, {
      cause,
      hint: 'See more with: peerloom doctor',
    })
  }
  return { converged: true, peers: documents.connections().length, documents: documents.list().length }
}

function explain(running: RunningPeer, peers: number): string {
  const connected = running.peer.documents.connections().length
  if (connected < peers) return `${connected} of ${peers} peers are connected`
  const [first, ...others] = disagreements(running)
  if (first === undefined) return 'changes of this peer are not durable yet'
  const document = first.document === undefined ? '' : ` about ${JSON.stringify(first.document)}`
  return `${first.peer}${document}: ${first.reason}${others.length > 0 ? `; and ${others.length} more` : ''}`
}

function disagreements({ peer }: RunningPeer): DisagreementItem[] {
  const carried = new Map(peer.documents.list().map((document) => [document.id, document]))
  const standings = peer.documents.standings()
  return peer.documents.disagreements().flatMap(({ peer: other, documents }): DisagreementItem[] => {
    if (standings.get(other)?.isAnswered !== true)
      return [{ peer: other, document: undefined, reason: 'has not answered the comparison' }]
    return documents.map((id) => {
      const { name, waiting = 0, pending = 0 } = carried.get(id) ?? {}
      const reason =
        waiting > 0
          ? `${waiting} change sets wait here for others that they depend on`
          : pending > 0
            ? `${pending} own operations are not durable yet`
            : 'one of the two has changes that the other lacks'
      return { peer: other, document: name ?? id, reason }
    })
  })
}

async function diagnose(running: RunningPeer, { signal }: Call): Promise<DoctorReport> {
  const { peer } = running
  const limit = AbortSignal.any([signal, AbortSignal.timeout(diagnosisTimeout)])
  await peer.documents.converged({ peers: 0, signal: limit }).catch(() => signal.throwIfAborted())
  const { rejected, dropped, dialsFailed } = peer.counters
  return {
    ...statusOf(running),
    connectedPeers: peer.documents.connections(),
    rejectedFrames: withoutZeros(rejected),
    droppedMessages: withoutZeros(dropped),
    rejectedChanges: running.rejections.toJSON(),
    dialsFailed,
    damagedDocuments: peer.damages.map(({ document }) => document),
    disagreements: disagreements(running),
  }
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
