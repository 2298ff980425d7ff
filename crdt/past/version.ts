import type { VersionVector } from '../../node/protocol/index.ts'
import type { Dot } from '../change.ts'
import type { Version } from '../history/causal-graph.ts'
import { HistoryDroppedError } from '../errors.ts'
import type { Base, History } from '../history/history.ts'

/**
 * A version of the past: a version vector, or the dots that no other operation of it has in its past (what `frontier`
 * is). A dot inside a change stands for the whole of it.
 */
export type PastVersion = VersionVector | readonly Dot[]

/**
 * What a version includes.
 *
 * @throws RangeError for one that no replica ever had, as far as this one knows: with operations that are not here, with
 * half a change, or without something that was in the past of what it includes
 * @throws HistoryDroppedError for one from before the history that is here
 */
export function resolveVersion(history: History, version: PastVersion): Version {
  const { graph, base } = history
  if ('length' in version) {
    const heads = version.map((dot) => history.lastOf(numberOf(history, dot)))
    if (base !== undefined && !heads.some((head) => head >= graph.base - 1)) throw dropped(base)
    return graph.versionOf(heads)
  }
  if (base !== undefined && !version.includes(base.version)) throw dropped(base)
  const heads = [...version].map(([name, count]) => {
    const replica = name as Dot['replica']
    const number = numberOf(history, { replica, sequence: count - 1 })
    if (history.lastOf(number) !== number) throw refusal(`operation ${count - 1} of ${replica} is half a change`)
    return number
  })
  const included = graph.versionOf(heads)
  for (const [agent, replica] of graph.agents.entries()) {
    const count = version.get(replica)
    if (included[agent] !== count) throw refusal(`it lacks operation ${count} of ${replica}, on which it builds`)
  }
  return included
}

function numberOf(history: History, dot: Dot): number {
  const number = history.numberOf(dot)
  if (number === undefined) throw refusal(`operation ${dot.sequence} of ${dot.replica} is not here`)
  return number
}

function dropped(base: Base): HistoryDroppedError {
  return new HistoryDroppedError('go back to the version', 'the history up to there was dropped', base.version)
}

function refusal(cause: string): RangeError {
  return new RangeError(`Cannot go back to the version: ${cause}`)
}
