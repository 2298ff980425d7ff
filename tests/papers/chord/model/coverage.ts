import type { Experiment } from '../../experiment.ts'
import type { Codes } from './catalogue.ts'
import { Explorer } from './explorer.ts'
import type { Model } from './moves.ts'
import { nobody, type NodeState } from './node-state.ts'
import { modelOf, startsOf } from './variants.ts'
import type { WorldSet } from './world-set.ts'

export interface CoverageTrial {
  readonly size: number
  /** r, of a successor list */
  readonly length: number
}

export interface CoverageOutcome {
  /** Worlds of the fine grain. */
  readonly states: number
  readonly violated: string | undefined
  /** Those among them for which the coarse grain has no counterpart, and those of the coarse grain that lists have none for. */
  readonly uncovered: number
}

/** Whether a coarser grain loses anything: every world of a finer one must have a counterpart with the same lists. */
export const experiment: Experiment<CoverageTrial, CoverageOutcome> = {
  module: import.meta.url,
  run({ size, length }) {
    const starts = startsOf('all rules', size, length)
    const explored = (grain: Model['grain']): Explored => {
      const explorer = new Explorer(modelOf('all rules', size, length, grain))
      return { explorer, violated: explorer.explore(starts).counterexample?.violated }
    }
    const [fine, coarse, lists] = [explored('fine'), explored('coarse'), explored('lists')]
    return {
      states: fine.explorer.worlds.count,
      violated: fine.violated,
      uncovered: uncovered(fine.explorer, coarse.explorer) + uncovered(coarse.explorer, lists.explorer),
    }
  },
}

interface Explored {
  readonly explorer: Explorer
  readonly violated: string | undefined
}

function uncovered(from: Explorer, to: Explorer): number {
  const { model } = to.catalogue
  const counterparts: (readonly number[])[] = []
  const world = new Uint16Array(model.rules.size)
  let count = 0
  for (let index = 0; index < from.worlds.count; index++) {
    from.worlds.read(index, world)
    const choices = Array.from(world, (code) => {
      const states = (): readonly NodeState[] => coarsened(from.catalogue.stateOf(code), model.grain)
      return (counterparts[code] ??= states().map((state) => to.catalogue.codeOf(state)))
    })
    if (!isCovered(to.worlds, choices, new Uint16Array(world.length), 0)) count++
  }
  return count
}

/** What a node may be in a coarser grain, where a question that is yet unanswered has not been asked. */
function coarsened(state: NodeState, grain: Model['grain']): readonly NodeState[] {
  if (state.status !== 'member') return [{ status: 'outside', notice: nobody }]
  const { pending } = state
  const waiting = { ...state, notice: nobody }
  const idle = { ...waiting, pending: undefined }
  switch (pending?.step) {
    case 'stabilise-from-successor':
      // The first question of an operation, or the next after a time-out: from the state alone it cannot be told.
      return [idle, waiting]
    case 'stabilise-from-predecessor':
      return grain === 'coarse' ? [waiting] : [idle]
    default:
      return [idle]
  }
}

function isCovered(worlds: WorldSet, choices: readonly (readonly number[])[], chosen: Codes, place: number): boolean {
  const choice = choices[place]
  if (choice === undefined) return worlds.has(chosen)
  return choice.some((code) => {
    chosen[place] = code
    return isCovered(worlds, choices, chosen, place + 1)
  })
}
