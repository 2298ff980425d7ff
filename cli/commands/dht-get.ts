import { request } from '../control/client.ts'
import type { RecordsReport } from '../control/requests.ts'
import { Failure } from '../failure.ts'
import { bytesOf, recordsInWords } from '../overlays/index.ts'
import type { Invocation } from './command.ts'

export async function run({ operands, options, output, profile, signal }: Invocation): Promise<void> {
  const [key] = operands
  const { overlay } = options
  const fields = { key, overlay, owned: options['owned'] === true }
  const report = await request<RecordsReport>(profile, { verb: 'dht.get', arguments: fields, signal })
  const { records } = report
  // What was asked for on its own wins over `--json`, which may come from the environment.
  if (options['raw'] === true) return output.raw(onlyBytes(report))
  await output.data(report, () => recordsInWords(records))
  if (output.json) return
  if (records.length > 1) {
    output.note(`${records.length} values, written without knowing of each other; a put takes the place of them all`)
  } else if (records[0]?.base64 !== undefined) {
    output.note('The value is no UTF-8 text: this is base64. Its bytes come with --raw')
  }
}

function onlyBytes({ records: [first, ...siblings] }: RecordsReport): Uint8Array {
  if (first !== undefined && siblings.length === 0) return bytesOf(first)
  throw new Failure('failure', `Cannot write one value: there are ${siblings.length + 1}, none newer than the others`, {
    hint: 'See all of them without --raw; a put takes their place',
  })
}
