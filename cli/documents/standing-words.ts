import type { DocumentStanding, ReplicatorRejection } from '../../node/peer/index.ts'
import { countInWords } from '../quantities.ts'

const rejections: Readonly<Record<ReplicatorRejection, string>> = Object.freeze({
  'malformed': 'it does not read',
  'unknown-document': 'the document is not carried',
  'busy': 'too many signatures are being checked',
  'signature': 'its author did not sign it',
  'not-permitted': 'its author may not write the document',
  'stray': 'it follows something that is not there',
  'quarantined': 'its author wrote two histories of the document',
  'spoiled': 'it follows something that does not read',
  'waiting-full': 'too much waits for what it depends on',
  'orphaned': 'what it depends on never came',
  'comparison': 'it says what no peer would say',
  'document-limit': 'no more documents are carried',
  'damaged': 'it is damaged in the store',
})

/** What is missing where and why, and since when, of one document at one peer. */
export function standingInWords(standing: DocumentStanding, now: number = Date.now()): string {
  const { since } = standing
  return `${reasonInWords(standing)}${since === undefined ? '' : `, since ${momentInWords(since, now)}`}`
}

/** Heads of the columns that `standingCells` fills. */
export const standingHeads: readonly string[] = ['PEER', 'STATE', 'SINCE', 'MISSING', 'WHY']

/** The same for tables; the end of a PeerId names it, here and to the verbs. */
export function standingCells(standing: DocumentStanding, now: number = Date.now()): string[] {
  const { missingHere = 0, missingThere = 0, peer, since, state } = standing
  const missing = [
    ...(missingHere > 0 ? [`${missingHere} here`] : []),
    ...(missingThere > 0 ? [`${missingThere} there`] : []),
  ]
  // What the state says already need not be said again.
  const why = state === 'refused' || state === 'waiting' ? causeInWords(standing) : ''
  return [shortPeer(peer), state, since === undefined ? '' : momentInWords(since, now), missing.join(', '), why]
}

function reasonInWords(standing: DocumentStanding): string {
  const { missingHere = 0, missingThere = 0, state } = standing
  const parts = [
    ...(state === 'behind' ? [] : [causeInWords(standing)]),
    ...(missingHere > 0 ? [`${countInWords(missingHere, 'operation')} missing here`] : []),
    ...(missingThere > 0 ? [`${countInWords(missingThere, 'operation')} missing there`] : []),
  ]
  return parts.length === 0 ? causeInWords(standing) : parts.join('; ')
}

function causeInWords({ state, refusedHere, refusedThere }: DocumentStanding): string {
  switch (state) {
    case 'equal':
      return 'both have the same'
    case 'behind':
      return 'one has what the other lacks'
    case 'refused':
      return [
        ...(refusedHere === undefined || refusedHere === 'busy' ? [] : [`refused here: ${rejections[refusedHere]}`]),
        ...(refusedThere === undefined ? [] : [`refused there: ${rejections[refusedThere]}`]),
      ].join('; ')
    case 'waiting':
      return 'change sets wait here for others that they depend on'
    case 'unsaved':
      return 'changes of this peer are not durable yet'
    case 'not-followed':
      return 'it does not follow the document'
    case 'not-compared':
      return 'it has not said yet what it has'
    case 'not-connected':
      return 'it is not connected'
  }
}

/** `14:03:22`, or with the date where that is another one. */
export function momentInWords(moment: number, now: number): string {
  const [date, today] = [new Date(moment), new Date(now)]
  const two = (part: number): string => String(part).padStart(2, '0')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  if (date.toDateString() === today.toDateString()) return time
  return `${[date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join('-')} ${time}`
}

/** Ends of PeerIds, which begin alike. */
export function shortPeer(peer: string): string {
  return peer.length <= 8 ? peer : `…${peer.slice(-8)}`
}
