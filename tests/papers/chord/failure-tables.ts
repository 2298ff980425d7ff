import { atMost, within, type Row, type Subject, type Table } from '../../../benchmarks/table.ts'
import { dear, type Extent } from '../experiment.ts'
import { mean } from '../statistics.ts'
import { meanOf } from './counts.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from './figures.ts'
import { experiment as suddenFailure, type LookupFigures } from './sudden-failure.ts'

/** As many seeds as are done in about three minutes on two cores. */
const usualSeeds = { suddenFailure: 5 }

export const subject: Subject<Extent> = async (extent) => [
  await lostKeysTable(dear(extent, usualSeeds.suddenFailure)),
  await timeoutsTable(extent),
]

async function lostKeysTable(extent: Extent): Promise<Table> {
  const size = extent.quick ? 1000 : 10_000
  const shares = extent.quick ? [0.1, 0.2] : [0.05, 0.1, 0.15, 0.2]
  const settings = shares.map((failed) => {
    return { size, failed, options: { successors: 20 }, lookups: extent.quick ? 4000 : 10_000, mends: true }
  })
  const outcomes = perSetting(extent, await extent.laboratory.run(suddenFailure, bySeed(extent, settings)))
  const rows = shares.flatMap((share, index): Row[] => {
    const own = outcomes[index] ?? []
    const before = own.map((outcome) => outcome.before)
    const after = own.flatMap((outcome) => outcome.after ?? [])
    const label = `${Math.round(100 * share)} % fail`
    const lines = (when: string, figures: readonly LookupFigures[]): Row[] => {
      const failed = figures.map((figures) => figures.failed)
      const beyond = figures.map((figures) => figures.beyond)
      return [
        figure(`${label}, ${when}`, share.toFixed(2), failed, 4, within(mean(failed), share, 0.01)),
        figure(`${label}, ${when}: beyond the lost keys`, '0', beyond, 0, atMost(Math.max(...beyond), 0)),
      ]
    }
    return [...lines('before stabilisation', before), ...lines('after', after)]
  })
  return {
    title: `SIGCOMM 2001, Figure 11: lookups that fail after a share of ${size.toLocaleString('en')} peers has failed at once`,
    columns,
    rows,
    notes: [
      'As in the paper a key is with its owner alone: a lookup fails if it does not name the peer that was the owner before the failure, or if that one is dead. _Beyond the lost keys_ are those whose owner lives: not one may fail.',
      'The paper waits until the ring has stabilised; the rows _before_ are measured at the moment of the failure, with every list and finger as it was.',
      `${settings[0]?.lookups.toLocaleString('en')} lookups of random living peers each time, where the paper looks for all of 10^6 keys; successor lists of 20 (ToN 2003, §V-D; this paper does not say); 500 ms until a peer is held for dead.`,
      seedsOf(extent),
    ],
  }
}

const table2 = [
  { failed: 0, path: '3.84', timeouts: '0' },
  { failed: 0.1, path: '4.03', timeouts: '' },
  { failed: 0.2, path: '4.22', timeouts: '' },
  { failed: 0.3, path: '4.44', timeouts: '' },
  { failed: 0.4, path: '4.69', timeouts: '' },
  { failed: 0.5, path: '5.09', timeouts: '5.10' },
]

async function timeoutsTable(extent: Extent): Promise<Table> {
  const memories = [true, false]
  const settings = table2.flatMap(({ failed }) =>
    memories.map((deadMemory) => {
      return { size: 1000, failed, options: { successors: 20, deadMemory }, lookups: 10_000, mends: false }
    }),
  )
  const outcomes = perSetting(extent, await extent.laboratory.run(suddenFailure, bySeed(extent, settings)))
  const rows = settings.flatMap(({ failed, options }, index): Row[] => {
    const line = table2.find((line) => line.failed === failed)
    const figures = (outcomes[index] ?? []).map(({ before }) => before)
    const timeouts = figures.map((figures) => meanOf(figures.timeouts))
    const beyond = figures.map((figures) => figures.beyond)
    const label = `${Math.round(100 * failed)} % dead${options.deadMemory ? '' : ', without memory of the dead'}`
    const gate = failed === 0.5 && options.deadMemory ? atMost(mean(timeouts), 4.3) : undefined
    return [
      figure(
        `${label}: path`,
        line?.path ?? '',
        figures.map(({ hops }) => meanOf(hops)),
        2,
      ),
      figure(`${label}: time-outs`, line?.timeouts ?? '', timeouts, 2, gate),
      figure(`${label}: living owners not found`, '0', beyond, 0),
    ]
  })
  return {
    title: 'ToN 2003, Table II: path length and time-outs of a lookup after a share of 1,000 peers has failed at once',
    columns,
    rows,
    notes: [
      'The paper’s figures are from memory (its table was not at hand), so that nothing but the design’s limit for half of them dead is a gate: a simulation of the paper’s lookups gave 4.74 there, and 4.26 with a memory of the dead.',
      'Lists of 20, also used for routing; 10,000 lookups at the moment of the failure, before anybody stabilises. A path counts living peers up to the predecessor of the key, one after another. Peers drop their own dead fingers as they meet them: with 2,000 lookups in place of 10,000 it would be 4.3 and 5.4 time-outs at 50 %.',
      'An answer that claims more of the ring than is plausible is doubted, and others are asked (overlays/chord/README.md). Where many neighbours are dead it is true nevertheless: a few lookups in a thousand have eight contacts more for it, and all figures contain them.',
      '_Memory_: who was silent in a lookup is not asked again in it, and whoever is asked next is told. Without it only the peer that named the dead one is told, as in the paper.',
      seedsOf(extent),
    ],
  }
}
