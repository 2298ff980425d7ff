import { toString } from 'uint8arrays'
import type { CarriedDocument, DocumentId, DocumentStanding } from '../../../node/peer/index.ts'
import { shortPeer, standingInWords } from '../../documents/standing-words.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { DoctorReport, EquivocationItem } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { findDocument } from './named-document.ts'
import { statusOf } from './status.ts'

/** How long the doctor waits for peers to agree before asking why they do not, in milliseconds. */
const diagnosisTimeout = 2000

/** Disagreements that a time-out names. */
const explained = 3

/** Records of one kind in a report. */
const reportLimit = 1000

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
    throw new Failure('not-converged', `The peers do not agree yet: ${explain(running, peers, document?.id)}`, {
      cause,
      hint: 'See more with: peerloom doctor',
    })
  }
  return { converged: true, peers: documents.connections().length, documents: documents.list().length }
}

function explain({ peer }: RunningPeer, peers: number, document: DocumentId | undefined): string {
  const connected = peer.documents.connections().length
  const few = connected < peers ? [`${connected} of ${peers} peers are connected`] : []
  const standings = peer.documents.standings(document)
  // Whoever has answered nothing is named once, and not for each document again.
  const disagreeing = standings.filter(
    (standing) =>
      isDisagreement(standing) &&
      (document !== undefined || standing.state !== 'not-compared' || standing.document === undefined),
  )
  // Why peers are missing is of interest where they are.
  const absent = few.length > 0 ? oneForEachPeer(standings.filter(({ state }) => state === 'not-connected')) : []
  const reasons = [...few, ...[...disagreeing, ...absent].map((standing) => describeStanding(standing))]
  if (reasons.length === 0) return explainAlone(peer.documents.list())
  const more = reasons.length - explained - few.length
  return [...reasons.slice(0, explained + few.length), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** Nobody disagrees, and still something is not as it should be. */
function explainAlone(documents: readonly CarriedDocument[]): string {
  const waiting = documents.find((document) => document.waiting > 0)
  if (waiting === undefined) return 'changes of this peer are not durable yet'
  return `${waiting.waiting} change sets of ${JSON.stringify(waiting.name ?? waiting.id)} wait for others that they depend on`
}

function describeStanding(standing: DocumentStanding): string {
  const { document, name = document, peer, state } = standing
  const what = name === undefined || state === 'not-connected' ? '' : `${JSON.stringify(name)} at `
  return `${what}${shortPeer(peer)}: ${standingInWords(standing)}`
}

/** What keeps two connected peers from having the same. */
function isDisagreement({ state }: DocumentStanding): boolean {
  return state !== 'equal' && state !== 'not-followed' && state !== 'not-connected'
}

function oneForEachPeer(standings: readonly DocumentStanding[]): DocumentStanding[] {
  return [...new Map(standings.map((standing) => [standing.peer, standing])).values()]
}

async function diagnose(running: RunningPeer, { signal }: Call): Promise<DoctorReport> {
  const { peer } = running
  await compareAll(running, diagnosisTimeout, signal)
  const { rejected, dropped, dialsFailed } = peer.counters
  const standings = peer.documents.standings()
  const disagreements = standings.filter(isDisagreement)
  const isAside = ({ state }: DocumentStanding): boolean => state === 'not-followed' || state === 'not-connected'
  return {
    ...statusOf(running),
    connectedPeers: peer.documents.connections(),
    rejectedFrames: withoutZeros(rejected),
    droppedMessages: withoutZeros(dropped),
    dialsFailed,
    damagedDocuments: peer.damages.map(({ document }) => document),
    disagreements: disagreements.slice(0, reportLimit),
    apart: standings.filter(isAside).slice(0, reportLimit),
    twoHistories: peer.documents
      .list()
      .flatMap((document) => equivocationsOf(running, document))
      .slice(0, reportLimit),
  }
}

/** Compares with every connected peer, so that what is known of them is of now; ends when all agree, or the time is over. */
export async function compareAll({ peer }: RunningPeer, timeout: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  await peer.documents.converged({ peers: 0, signal: limit }).catch(() => signal.throwIfAborted())
}

export function equivocationsOf({ peer }: RunningPeer, { id, name }: CarriedDocument): EquivocationItem[] {
  return peer.documents.equivocations(id).map(({ author, replica, sequence }) => {
    const key = toString(author, 'base64url')
    return {
      document: id,
      ...(name === undefined ? {} : { name }),
      author: key,
      replica,
      sequence,
      own: key === peer.author,
    }
  })
}

function withoutZeros(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
