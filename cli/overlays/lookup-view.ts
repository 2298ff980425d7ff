import type { LookupReport, ProvidersReport, TraceReport } from '../control/requests.ts'
import { escapeLine } from '../escape.ts'
import { columns } from '../output.ts'
import { countInWords } from '../quantities.ts'

/** Who is responsible, one a line. */
export function peersTable({ peer: self, peers }: LookupReport): string {
  return columns(peers.map((peer) => [escapeLine(peer), peer === self ? 'this peer' : '']))
}

/** Who was asked, and what came of it. */
export function traceTable(report: TraceReport): string {
  const { contacts, duration, hops, key, overlay, timeouts } = report
  const asked = columns([
    ['AT', 'TOOK', 'OUTCOME', 'PEER'],
    ...contacts.map(({ at, outcome, peer, took }) => [inWords(at), inWords(took), outcome, escapeLine(peer)]),
  ])
  return [
    columns([
      ['key', key],
      ['overlay', overlay],
      ['way', `${countInWords(hops, 'hop')}, ${countInWords(timeouts, 'time-out')}, ${inWords(duration)}`],
    ]),
    '',
    contacts.length === 0 ? 'Nobody had to be asked.' : asked,
    '',
    'RESPONSIBLE',
    peersTable(report),
  ].join('\n')
}

/** Addresses stand below: beside a PeerId they do not fit. */
export function providersList({ peer: self, providers }: ProvidersReport): string {
  const lines = providers.flatMap(({ addresses, peer }) => [
    `${escapeLine(peer)}${peer === self ? '  this peer' : ''}`,
    ...addresses.map((address) => `  ${escapeLine(address)}`),
  ])
  return lines.join('\n')
}

function inWords(milliseconds: number): string {
  return `${milliseconds < 10 ? Number(milliseconds.toFixed(1)) : Math.round(milliseconds)} ms`
}
