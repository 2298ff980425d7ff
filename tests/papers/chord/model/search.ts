import type { Experiment } from '../../experiment.ts'
import { Explorer, type Exploration } from './explorer.ts'
import { Maintenance } from './maintenance.ts'
import type { Model } from './moves.ts'
import { told } from './story.ts'
import { modelOf, startsOf, type VariantName } from './variants.ts'

export interface SearchTrial {
  readonly variant: VariantName
  /** n: how many nodes there are, members or not. */
  readonly size: number
  /** r, of a successor list. */
  readonly length: number
  readonly grain: Model['grain']
  /** Whether each world is to become ideal, too. */
  readonly ideal: boolean
}

export interface SearchOutcome extends Omit<Exploration, 'counterexample'> {
  /** Of the longest repair. */
  readonly rounds: number
  readonly violated?: string
  /** Steps to it, the fewest there are. */
  readonly distance?: number
  /** How it came about, a line a step. */
  readonly story?: readonly string[]
}

/** Every world that can come about on a small ring, or the nearest in which something is violated. */
export const experiment: Experiment<SearchTrial, SearchOutcome> = {
  module: import.meta.url,
  run({ variant, size, length, grain, ideal }) {
    const model = modelOf(variant, size, length, grain)
    const maintenance = new Maintenance(model.rules)
    const explorer: Explorer = new Explorer(model, {
      property: (codes) => {
        const isIdeal = !ideal || maintenance.failure(explorer.catalogue.decode(codes)) === undefined
        return isIdeal ? undefined : 'becomes ideal'
      },
    })
    const { counterexample, ...exploration } = explorer.explore(startsOf(variant, size, length))
    const outcome = { ...exploration, rounds: maintenance.mostRounds }
    if (counterexample === undefined) return outcome
    const { violated, start, steps } = counterexample
    const last = steps.at(-1)?.world ?? start
    const unrepaired = violated === 'becomes ideal' ? maintenance.failure(last) : undefined
    return { ...outcome, violated, distance: steps.length, story: told(counterexample, unrepaired) }
  },
}
