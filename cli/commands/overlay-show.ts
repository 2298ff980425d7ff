import { request } from '../control/client.ts'
import type { OverlayItem, OverlayReport } from '../control/requests.ts'
import { Failure } from '../failure.ts'
import { columns, type Output } from '../output.ts'
import { onlyTopic, overlayGraph, overlayTable } from '../overlays/index.ts'
import type { Invocation, Options } from './command.ts'

type Format = 'table' | 'dot' | 'json'

const formats: readonly string[] = ['table', 'dot', 'json'] satisfies Format[]

export async function run(invocation: Invocation): Promise<void> {
  const { operands, options, output, profile, signal } = invocation
  const format = readFormat(options, output)
  const [overlay] = operands
  if (overlay === undefined) return list(invocation, format)
  const whole = await request<OverlayReport>(profile, { verb: 'overlay.show', arguments: { overlay }, signal })
  const report = select(whole, options['topic'])
  await output.raw(`${write(report, format)}\n`)
}

async function list({ options, output, profile, signal }: Invocation, format: Format): Promise<void> {
  if (format === 'dot' || options['topic'] !== undefined) {
    throw new Failure('usage', 'The name of an overlay is missing', {
      hint: 'See which there are: peerloom overlay show',
    })
  }
  const overlays: OverlayItem[] = []
  await request(profile, { verb: 'overlays', signal, item: (item) => void overlays.push(item as OverlayItem) })
  const table = (): string => columns([['OVERLAY', 'ROLE'], ...overlays.map(({ overlay, role }) => [overlay, role])])
  await output.raw(`${format === 'json' ? JSON.stringify(overlays) : table()}\n`)
}

/** What was asked for on its own wins over `--json`, which may come from the environment. */
function readFormat(options: Options, output: Output): Format {
  const given = options['format'] ?? (output.json ? 'json' : 'table')
  if (isFormat(given)) return given
  throw new Failure('usage', `Cannot use ${JSON.stringify(given)} as a format: table, dot or json is wanted`)
}

function isFormat(given: unknown): given is Format {
  return typeof given === 'string' && formats.includes(given)
}

function select(report: OverlayReport, topic: unknown): OverlayReport {
  if (typeof topic !== 'string') return report
  if (report.overlay === 'gossip') return onlyTopic(report, topic)
  throw new Failure('usage', `Cannot choose a topic: ${report.overlay} has none`)
}

function write(report: OverlayReport, format: Format): string {
  switch (format) {
    case 'table':
      return overlayTable(report)
    case 'dot':
      return overlayGraph(report)
    case 'json':
      return JSON.stringify(report)
  }
}
