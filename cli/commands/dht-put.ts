import { pipe } from 'it-pipe'
import { request } from '../control/client.ts'
import type { StoredReport } from '../control/requests.ts'
import { chunks } from '../documents/chunks.ts'
import { Failure } from '../failure.ts'
import type { Invocation, Options } from './command.ts'

interface Put {
  readonly fields: Readonly<Record<string, unknown>>
  /** Undefined: standard input. */
  readonly value: string | undefined
}

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const { fields, value } = readPut(operands, options)
  const input = pipe(value === undefined ? (process.stdin as AsyncIterable<Buffer>) : [Buffer.from(value)], chunks)
  const put = { verb: 'dht.put', arguments: { ...fields, overlay: options['overlay'] }, signal, input }
  const report = await request<StoredReport>(profile, put)
  await output.data(report, () => report.key)
  const { sequence } = report.record
  if (sequence !== undefined) output.note(`Sequence number ${sequence}`)
}

function readPut(operands: Invocation['operands'], options: Options): Put {
  const { immutable, owned, sequence, sibling } = options
  if (immutable === true && owned === true) throw misuse('A record is either immutable or owned')
  if (sequence !== undefined && owned !== true) throw misuse('--sequence is for a record that is --owned')
  if (sibling === true && (immutable === true || owned === true)) throw misuse('--sibling is for a shared record')
  const [first, second] = operands
  if (immutable === true) {
    if (second !== undefined) throw misuse('An immutable record has no name: its key follows from the value')
    return { fields: { kind: 'immutable' }, value: first }
  }
  if (first === undefined) throw misuse('NAME is missing')
  if (owned === true) {
    const number = sequence === undefined ? {} : { sequence: readSequence(sequence) }
    return { fields: { kind: 'owned', name: first, ...number }, value: second }
  }
  // `dht get` would take it for a key, and not find the record.
  if (/^[0-9a-f]{64}$/i.test(first))
    throw misuse('NAME is a key: a record is put under a name, its key follows from it')
  return { fields: { kind: 'shared', name: first, sibling: sibling === true }, value: second }
}

function readSequence(given: unknown): number {
  const number = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw misuse(`Cannot use ${JSON.stringify(given)} as a sequence number: a whole number is wanted`)
}

function misuse(message: string): Failure {
  return new Failure('usage', message, { hint: 'See: peerloom dht put --help' })
}
