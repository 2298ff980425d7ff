import type { Row, Subject } from '../../../benchmarks/table.ts'
import { swimPresets, type ResolvedSwimOptions, type SwimOptions } from '../../../overlays/swim/index.ts'
import { combinations, type Extent } from '../experiment.ts'
import { mean, percentile, total } from '../statistics.ts'
import { experiment, type HardDayOutcome } from './hard-day.ts'

/** Half, double, and off where an option can be off; more where that says more. The defaults stand in a row of their own. */
const changes: { readonly [Name in keyof ResolvedSwimOptions]?: readonly ResolvedSwimOptions[Name][] } = {
  probeInterval: [600, 2000],
  probeTimeout: [250, 900],
  indirectProbes: [0, 1, 6],
  suspicionMultiplier: [1, 2, 8],
  suspicionMaximumMultiplier: [1, 3, 12],
  suspicionConfirmations: [0, 1, 6],
  localHealthLimit: [0, 4, 16],
  nackShare: [0.4, 1],
  buddySystem: [false],
  transmissionMultiplier: [1, 2, 8],
  piggybackLimitBytes: [2400, 4800],
  gossipInterval: [0, 100, 400],
  gossipFanout: [1, 2, 6],
  gossipToTheDead: [0, 15_000, 60_000],
  syncInterval: [0, 15_000, 60_000],
  witnesses: [false],
  withdrawalDelay: [0, 15_000, 60_000],
}

export const subject: Subject<Extent> = async ({ seeds, quick, laboratory }) => {
  const settings = [{ label: '**defaults**', options: {} }, ...changed()].filter((_, index) => !quick || index < 8)
  const trials = combinations(
    settings.map(({ options }) => ({ options })),
    seeds.map((seed) => ({ seed })),
  )
  const outcomes = await laboratory.run(experiment, trials)
  const rows = settings.map(({ label }, index) =>
    row(label, outcomes.slice(index * seeds.length, (index + 1) * seeds.length)),
  )
  return [
    {
      title: 'What each option of SWIM does on a hard day',
      columns: [
        'first detection s',
        'known to all s',
        'false positives',
        'slow ones failed',
        'messages/s',
        'bytes/s',
        'whole again s',
      ],
      rows,
      notes: [
        `128 members, 3 % of the messages lost, latencies of 1 to 20 ms. 12 members are slow: blocked for 9 s (Lifeguard’s anomaly), free for 0.5 s, for two minutes. 4 others crash meanwhile. Means of ${seeds.length} seeds; preset \`lan\`, one option changed at a time.`,
        '_First detection_, _known to all_: median from a crash to the first, and the last, member that was well and knew. _False positives_: events, at any member, that a member failed which was well, in the two minutes. _Slow ones failed_: how many of the 12 were taken for failed by a member that was well. _Messages_, _bytes_: sent by a member in a second. _Whole again_: from the end of all trouble until those who run take each other for alive.',
      ],
    },
  ]
}

function changed(): { readonly label: string; readonly options: SwimOptions }[] {
  return Object.entries(changes).flatMap(([name, values]) =>
    values.map((value) => {
      const usual = String(swimPresets.lan[name as keyof ResolvedSwimOptions])
      return { label: `${name}: ${String(value)}, not ${usual}`, options: { [name]: value } }
    }),
  )
}

function row(label: string, outcomes: readonly HardDayOutcome[]): Row {
  const median = (figure: 'firstDetection' | 'fullDissemination'): string =>
    (
      percentile(
        outcomes.flatMap((outcome) => outcome[figure]),
        0.5,
      ) / 1000
    ).toFixed(1)
  const average = (figure: 'falsePositives' | 'slowFailed' | 'messages' | 'bytes' | 'wholeAfter'): number =>
    mean(outcomes.map((outcome) => outcome[figure]))
  const missing = total(outcomes.map(({ wholeAfter }) => (Number.isNaN(wholeAfter) ? 1 : 0)))
  return {
    label,
    values: [
      median('firstDetection'),
      median('fullDissemination'),
      average('falsePositives').toFixed(1),
      average('slowFailed').toFixed(1),
      average('messages').toFixed(1),
      average('bytes').toFixed(0),
      missing > 0 ? `not in ${missing} of ${outcomes.length}` : (average('wholeAfter') / 1000).toFixed(1),
    ],
  }
}
