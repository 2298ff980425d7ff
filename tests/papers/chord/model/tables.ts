import { atLeast, atMost, type Row, type Subject, type Table } from '../../../../benchmarks/table.ts'
import type { Extent } from '../../experiment.ts'
import { experiment as coverage } from './coverage.ts'
import { experiment as walks, type ScheduleTrial } from './schedules.ts'
import { experiment as search, type SearchOutcome, type SearchTrial } from './search.ts'
import { legend } from './story.ts'
import { removedRules, variantOf, type VariantName } from './variants.ts'

export const subject: Subject<Extent> = async (extent) => [
  await spaceTable(extent),
  await scheduleTable(extent),
  await removalTable(extent),
]

const spaces: readonly Pick<SearchTrial, 'size' | 'length' | 'grain'>[] = [
  { size: 3, length: 2, grain: 'fine' },
  { size: 4, length: 2, grain: 'fine' },
  { size: 4, length: 2, grain: 'coarse' },
  { size: 5, length: 2, grain: 'coarse' },
  { size: 4, length: 3, grain: 'fine' },
  { size: 5, length: 3, grain: 'coarse' },
  { size: 6, length: 2, grain: 'lists' },
  { size: 7, length: 2, grain: 'lists' },
  { size: 6, length: 3, grain: 'lists' },
  { size: 7, length: 3, grain: 'lists' },
]
const quickSize = 4

async function spaceTable({ quick, laboratory }: Extent): Promise<Table> {
  const chosen = spaces.filter(({ size }) => !quick || size <= quickSize)
  const trials = chosen.map((space): SearchTrial => ({
    ...space,
    variant: 'all rules',
    ideal: space.grain !== 'lists',
  }))
  const outcomes = await laboratory.run(search, trials)
  const covered = { size: 4, length: 2 }
  const [missing] = await laboratory.run(coverage, [covered])
  const uncovered = missing?.uncovered ?? Number.NaN
  const coverageRow: Row = {
    label: `n = ${covered.size}, r = ${covered.length}, without counterpart in the next grain`,
    values: [uncovered, '', '', '', ''],
    gate: atMost(uncovered, 0),
  }
  return {
    title: "Zave's invariant in every reachable state",
    columns: ['states', 'steps', 'depth', 'violations', 'rounds until ideal'],
    rows: [...outcomes.map((outcome, index) => spaceRow(trials[index] as SearchTrial, outcome)), coverageRow],
    notes: [
      'n nodes, members or not, successor lists of r. The rules are those of overlays/chord/rules.ts, which members run. States are counted up to a turn of the ring; all that may happen in each is tried: questions, answers and notifications under way, joins, failures, return of the failed. After each step OneLiveSuccessor and SufficientPrincipals are asserted. A member fails only where both survive: so the theorem assumes.',
      'Violations count the states without it, and those from which the ring does not become ideal (one ordered cycle, lists full and right, predecessors right) once nobody joins or fails: by repeated maintenance in four orders, clockwise or not, notifying at once or after all have asked. _Rounds until ideal_ is the longest of them all.',
      'Fine: every question and notification under way is in the state. Coarse: an operation begins with its first answer, and whoever wants may notify at any time. Lists: predecessors are not remembered either, so that anybody may be taken for one. Each has fewer states than the one before, allows more, and loses nothing of the invariant: tests/papers/chord/model/README.md shows why, and the last row tries it. Whether a ring becomes ideal cannot be seen from lists.',
      'At n = 5 the fine grain was not searched: an estimate is several billions of states.',
    ],
  }
}

function spaceRow({ size, length, grain, ideal }: SearchTrial, outcome: SearchOutcome): Row {
  const violations = outcome.violated === undefined ? 0 : 1
  return {
    label: `n = ${size}, r = ${length}, ${grain}`,
    values: [outcome.states, outcome.steps, outcome.depth, violations, ideal ? outcome.rounds : ''],
    gate: atMost(violations, 0),
  }
}

const schedules = { all: 1_000_000, quick: 20_000, removed: 10_000, steps: 60 }

async function scheduleTable({ quick, seeds, laboratory }: Extent): Promise<Table> {
  const each = Math.ceil((quick ? schedules.quick : schedules.all) / seeds.length)
  const { steps } = schedules
  const usual = seeds.map((seed): ScheduleTrial => ({ variant: 'all rules', seed, schedules: each, steps }))
  const unsafe = removedRules.filter((name) => variantOf(name).isUnsafe)
  const planted = unsafe.map((variant): ScheduleTrial => ({ variant, seed: 1, schedules: schedules.removed, steps }))
  const outcomes = await laboratory.run(walks, [...usual, ...planted])
  const row = (label: string, from: number, count: number): Row & { readonly violations: number } => {
    const own = outcomes.slice(from, from + count)
    const sum = (figure: 'steps' | 'joins' | 'failures' | 'violations'): number =>
      own.reduce((total, outcome) => total + outcome[figure], 0)
    const violations = sum('violations')
    const walked = count === 1 ? schedules.removed : each * count
    return { label, violations, values: [walked, sum('steps'), sum('joins'), sum('failures'), violations] }
  }
  const all = row('all rules', 0, seeds.length)
  const removed = unsafe.map((name, index) => row(variantOf(name).instead, seeds.length + index, 1))
  return {
    title: "Zave's invariant along random schedules",
    columns: ['schedules', 'steps', 'joins', 'failures', 'violations'],
    rows: [
      { ...all, gate: atMost(all.violations, 0) },
      ...removed.map((each): Row => ({ ...each, gate: atLeast(each.violations, 1) })),
    ],
    notes: [
      `Fine grain; n = 5 to 8 with r = 2, n = 6 to 8 with r = 3. Each begins with an ideal ring of r + 1 to n members and takes ${steps} steps drawn by chance. Below, what the same walks find when a rule is removed.`,
    ],
  }
}

async function removalTable({ quick, laboratory }: Extent): Promise<Table> {
  const size = quick ? quickSize : 5
  const searches = removedRules.map((variant): SearchTrial => {
    const { size: own, isUnsafe } = variantOf(variant)
    const isFound = own > 0
    return { variant, size: isFound ? own : size, length: 2, grain: isFound ? 'fine' : 'coarse', ideal: !isUnsafe }
  })
  const harmless = removedRules.filter((name) => !variantOf(name).isUnsafe && name !== 'a ring of one')
  const safety = harmless.map((variant): SearchTrial => ({ variant, size, length: 2, grain: 'coarse', ideal: false }))
  const outcomes = await laboratory.run(search, [...searches, ...safety])
  const safe = new Map(harmless.map((name, index) => [name, outcomes[searches.length + index]]))
  return {
    title: 'The checker checked: what a rule is for is seen when it is removed (r = 2)',
    columns: ['instead', 'violated', 'n', 'steps to it', 'states looked at', `states of n = ${size} with invariant`],
    rows: searches.map((trial, index) => removalRow(trial, outcomes[index] as SearchOutcome, safe.get(trial.variant))),
    notes: [
      'The shortest way to a violation, found breadth first in the fine grain. Where it is that the ring does not become ideal, the last column says that the invariant holds nevertheless, in all states of the coarse grain: notifications and predecessors are never trusted, so they serve repair, not safety.',
      'A ring of one has no r + 1 principal members to keep, so that only OneLiveSuccessor is assumed of failures. It ends as two rings. To leave is to fail here, so that the other half of rule 6 is in every row.',
      'The row without a gate is no rule of its own: that the next is asked at once after a time-out, not a period later, was not needed in any of these states, neither for the invariant nor to become ideal. It is faster.',
      legend,
      // One note, since an empty line has to follow a block and only these.
      searches.flatMap(({ variant }, index) => storyOf(variant, outcomes[index] as SearchOutcome)).join('\n\n- '),
    ],
  }
}

function removalRow({ variant, size }: SearchTrial, outcome: SearchOutcome, safe: SearchOutcome | undefined): Row {
  const { rule: label, instead, size: expected } = variantOf(variant)
  const { violated = 'nothing', distance = '', states } = outcome
  const holds = safe === undefined ? '' : safe.violated === undefined ? safe.states : `no: ${safe.violated}`
  const values = [instead, violated, size, distance, states, holds]
  return expected === 0
    ? { label, values }
    : { label, values, gate: atLeast(outcome.violated === undefined ? 0 : 1, 1, ' counterexample') }
}

/** A block of text below its title. */
function storyOf(variant: VariantName, { story, violated }: SearchOutcome): string[] {
  if (story === undefined) return []
  const { rule, instead } = variantOf(variant)
  const block = ['```', ...story, '```'].map((line) => `  ${line}`)
  return [`${rule}; ${instead}. Violated: ${violated}.\n\n${block.join('\n')}`]
}
