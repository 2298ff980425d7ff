import type { Row, Subject } from '../../../../benchmarks/table.ts'
import { combinations, type Extent } from '../../experiment.ts'
import { bySeed, columns, figure, perSetting, seedsOf } from '../figures.ts'
import { experiment, type HostilityTrial } from './hostility.ts'

const lies: readonly HostilityTrial['lie'][] = ['false successors', 'wrong arcs']

export const subject: Subject<Extent> = async (extent) => {
  const lookups = 300
  const sizes = (extent.quick ? [50] : [50, 100]).map((size) => ({ size, lookups }))
  const shares = [0.1, 0.2].map((share) => ({ share }))
  const settings = combinations(
    combinations(
      lies.map((lie) => ({ lie })),
      sizes,
    ),
    shares,
  )
  const outcomes = perSetting(extent, await extent.laboratory.run(experiment, bySeed(extent, settings)))
  const rows = settings.map(({ lie, size, share }, index): Row => {
    const own = outcomes[index] ?? []
    const right = own.map((outcome) => outcome.right)
    const row = figure(`${lie}, ${share * 100} % of ${size}`, '', right, 3)
    const members = own.reduce((sum, outcome) => sum + outcome.members, 0) / own.length
    return { ...row, values: [...row.values, members.toFixed(3)] }
  })
  return [
    {
      title: 'Beyond the papers: hostile members, share of lookups by the others that are right',
      columns: [...columns, 'honest on the ring'],
      rows,
      notes: [
        '_False successors_: asked for their list, they name peers that do not exist. _Wrong arcs_: of every key they say that it belongs to the nearest of the band. Otherwise they keep to the rules. They are there from the beginning: one of every ten or five who join. Right is who is responsible among all members and would-be members, the hostile among them.',
        'No gate: who can join many peers at will owns a share of the keys whatever the others do. A network with a key keeps strangers out.',
        seedsOf(extent),
      ],
    },
  ]
}
