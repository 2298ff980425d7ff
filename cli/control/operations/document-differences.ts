import {
  ComparisonFailedError,
  type DocumentDifferences,
  type DocumentId,
  type DocumentStanding,
  type PeerId,
} from '../../../node/peer/index.ts'
import { Failure } from '../../failure.ts'
import type { RunningPeer } from '../../peer/running-peer.ts'
import type { DocumentDiffReport, PeerDiffReport } from '../requests.ts'
import type { Call, Operation } from '../server.ts'
import { equivocationsOf } from './convergence.ts'
import { openKnown } from './named-document.ts'

/** How long peers may take to say what they have, in milliseconds. */
const answerTimeout = 2000

/** Peers that are asked at once. */
const askedLimit = 64

export function documentDifferenceOperations(running: RunningPeer): Readonly<Record<string, Operation>> {
  return {
    'doc.diff': (call) => compareAll(running, call),
    'doc.diff.peer': (call) => compareOne(running, call),
  }
}

async function compareAll(running: RunningPeer, { fields, signal }: Call): Promise<DocumentDiffReport> {
  const { name, id } = await openKnown(running, fields.text('name'))
  const { documents } = running.peer
  const asked = documents.connections().slice(0, askedLimit)
  const answers = await Promise.all(asked.map((peer) => ask(running, id, peer, signal)))
  const heard = new Map(answers.map(({ standing }, index) => [asked[index], standing]))
  const carried = documents.list().find((document) => document.id === id)
  return {
    name,
    id,
    peers: documents.standings(id).map((standing) => heard.get(standing.peer) ?? standing),
    twoHistories: carried === undefined ? [] : equivocationsOf(running, carried),
  }
}

async function compareOne(running: RunningPeer, { fields, signal }: Call): Promise<PeerDiffReport> {
  const { name, id, document } = await openKnown(running, fields.text('name'))
  const peer = findPeer(running, fields.text('peer'))
  const { standing, differences } = await ask(running, id, peer, signal)
  if (standing === undefined) throw new Failure('not-found', `${peer} is not there any more`)
  const replicas = differences?.replicas.map((position) => ({
    ...position,
    own: position.replica === document.replica,
  }))
  return { ...standing, name, id, ...(replicas === undefined ? {} : { replicas }) }
}

interface Answer {
  /** As it was when the peer answered: what it lacks is sent at once. */
  readonly standing: DocumentStanding | undefined
  readonly differences?: DocumentDifferences
}

async function ask(
  { peer: { documents } }: RunningPeer,
  document: DocumentId,
  peer: PeerId,
  signal: AbortSignal,
): Promise<Answer> {
  const standing = (): DocumentStanding | undefined =>
    documents.standings(document).find((standing) => standing.peer === peer)
  const asked = Date.now()
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerTimeout)])
    const differences = await documents.differences(document, peer, { signal: limit })
    return { standing: standing(), differences }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ComparisonFailedError)) throw error
    const known = standing()
    // That they agreed some time ago says nothing.
    if (error.fault !== 'no-answer' || known?.state !== 'equal') return { standing: known }
    return {
      standing: { ...known, state: 'not-compared', missingHere: undefined, missingThere: undefined, since: asked },
    }
  }
}

/** @param given a PeerId, or the beginning or the end of one that no other has */
function findPeer({ peer }: RunningPeer, given: string): PeerId {
  const known = new Set([...peer.documents.connections(), ...peer.members().map((member) => member.peer)])
  known.delete(peer.id)
  const text = given.replace(/^…/, '')
  const exact = [...known].find((other) => other === text)
  const alike = [...known].filter((other) => text !== '' && (other.startsWith(text) || other.endsWith(text)))
  const [first, ...more] = exact === undefined ? alike : [exact]
  if (first !== undefined && more.length === 0) return first
  const many = first === undefined ? 'No other peer is' : `${alike.length} peers are`
  throw new Failure(first === undefined ? 'not-found' : 'usage', `${many} known here as ${JSON.stringify(given)}`, {
    hint: 'A PeerId is wanted, or the beginning or the end of one. See: peerloom members',
  })
}
