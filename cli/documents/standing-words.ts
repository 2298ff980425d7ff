import type { DocumentStanding, Refusal, ReplicatorRejection } from '../../node/peer/index.ts'
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

export function reasonInWords({
  state,
  missingHere,
  missingThere,
  refusedHere,
  refusedThere,
}: DocumentStanding): string {
  const missing = missingInWords(missingHere, missingThere)
  switch (state) {
    case 'equal':
      return 'both have the same'
    case 'behind':
      return missing ?? 'one has what the other lacks'
    case 'refused':
      return [refusalInWords(refusedHere, refusedThere), ...(missing === undefined ? [] : [missing])].join('; ')
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

function missingInWords(here = 0, there = 0): string | undefined {
  const parts = [
    here > 0 ? `${countInWords(here, 'operation')} missing here` : '',
    there > 0 ? `${countInWords(there, 'operation')} missing there` : '',
  ]
  const said = parts.filter((part) => part !== '')
  return said.length === 0 ? undefined : said.join(', ')
}

function refusalInWords(here: ReplicatorRejection | undefined, there: Refusal | undefined): string {
  return [
    ...(here === undefined || here === 'busy' ? [] : [`what it has is refused here: ${rejections[here]}`]),
    ...(there === undefined ? [] : [`it refuses what is here: ${rejections[there]}`]),
  ].join('; ')
}
