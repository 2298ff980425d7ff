import type { Experiment } from '../../experiment.ts'
import type { Codes } from './catalogue.ts'
import { Explorer } from './explorer.ts'
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
  /** Those among them for which the coarse grain has no counterpart. */
  readonly uncovered: number
}

/** Whether the coarse grain loses anything: every world of the fine one must have a counterpart with the same lists. */
export const experiment: Experiment<CoverageTrial, CoverageOutcome> = {
  module: import.meta.url,
  run({ size, length }) {
    const models = (['fine', 'coarse'] as const).map((grain) => modelOf('all rules', size, length, grain))
    const [fine, coarse] = models.map((model) => new Explorer(model)) as [Explorer, Explorer]
    const starts = startsOf('all rules', size, length)
    const [violated] = [fine, coarse].map((explorer) => explorer.explore(starts).counterexample?.violated)
    const counterparts: (readonly number[])[] = []
    const world = new Uint16Array(size)
    let uncovered = 0
    for (let index = 0; index < fine.worlds.count; index++) {
      fine.worlds.read(index, world)
      const choices = Array.from(
        world,
        (code) =>
          (counterparts[code] ??= coarsened(fine.catalogue.stateOf(code)).map((state) =>
            coarse.catalogue.codeOf(state),
          )),
      )
      if (!isCovered(coarse.worlds, choices, new Uint16Array(size), 0)) uncovered++
    }
    return { states: fine.worlds.count, violated, uncovered }
  },
}

/** What a node may be in the coarse grain, where a question that is yet unanswered has not been asked. */
function coarsened(state: NodeState): readonly NodeState[] {
  if (state.status !== 'member') return [{ status: 'outside', notice: nobody }]
  const { pending } = state
  const waiting = { ...state, notice: nobody }
  const idle = { ...waiting, pending: undefined }
  switch (pending?.step) {
    case 'stabilise-from-successor':
      // The first question of an operation, or the next after a time-out: from the state alone it cannot be told.
      return [idle, waiting]
    case 'stabilise-from-predecessor':
      return [waiting]
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
