import { within, type Subject, type Table } from '../../../benchmarks/table.ts'
import { combinations, type Extent } from '../experiment.ts'
import { mean, spread } from '../statistics.ts'
import { experiment as firstDetection, type FirstDetectionOutcome } from './first-detection.ts'
import { experiment as messageLoad, type MessageLoadOutcome } from './message-load.ts'

const columns = ['paper', 'ours', 'spread']

export const subject: Subject<Extent> = async ({ quick, seeds, laboratory }) => {
  const sizes = quick ? [50, 1000] : [50, 100, 500, 1000, 5000, 10_000]
  const trials = combinations(
    // The largest first, so that all cores are busy to the end.
    sizes.toReversed().map((size) => ({ size, crashes: quick || size >= 5000 ? 500 : 1000 })),
    seeds.map((seed) => ({ seed })),
  )
  const detections = await laboratory.run(firstDetection, trials)
  const loads = await laboratory.run(messageLoad, trials)
  const bySize = <Outcome>(outcomes: readonly Outcome[]): [number, Outcome[]][] =>
    sizes.map((size) => [size, outcomes.filter((_, index) => trials[index]?.size === size)])
  return [detectionTable(bySize(detections)), loadTable(bySize(loads))]
}

function detectionTable(bySize: readonly [number, FirstDetectionOutcome[]][]): Table {
  return {
    title: 'SWIM §3.1: protocol periods until the first detection of a failure, e/(e−1)',
    columns: ['paper', 'ours', 'spread', 'crashes', 'until suspected'],
    rows: bySize.map(([size, outcomes]) => {
      const all = outcomes.flatMap(({ periods }) => periods)
      const figure = mean(all)
      const delay = mean(outcomes.flatMap(({ delays }) => delays)) / 1000
      return {
        label: `${size.toLocaleString('en')} members`,
        values: [
          '1.58',
          figure.toFixed(3),
          spread(outcomes.map(({ periods }) => mean(periods))),
          all.length,
          delay.toFixed(2),
        ],
        gate: within(figure, 1.58, 0.03),
      }
    }),
    notes: [
      'Preset `original`. 1 % of the members of a group crash within one period, then 1 % of another group.',
      'The paper counts periods: the first in which somebody pings the crashed member. Here members’ periods are not in step, so they are counted from the crash. _Until suspected_ is in periods of time: the ping comes one after the crash on average, and the suspicion at the end of the period that it began.',
    ],
  }
}

function loadTable(bySize: readonly [number, MessageLoadOutcome[]][]): Table {
  return {
    title: 'SWIM, Figure 2: messages sent by a member in a protocol period',
    columns,
    rows: bySize.map(([size, outcomes]) => {
      const figures = outcomes.map(({ messages }) => messages)
      return {
        label: `${size.toLocaleString('en')} members`,
        values: ['2.0', mean(figures).toFixed(3), spread(figures, (value) => value.toFixed(3))],
        gate: within(mean(figures), 2, 0.1),
      }
    }),
    notes: ['Preset `original`, nobody fails: probing alone.'],
  }
}
