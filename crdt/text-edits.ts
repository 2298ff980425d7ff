import type { ContainerRegistry } from './container-registry.ts'
import type { Executor } from './executor.ts'
import type { History } from './history/history.ts'
import { limits } from './limits.ts'
import type { Removal } from './sequence/tracker.ts'
import type { Text } from './containers/text.ts'

/** Text of which so many units fit into a change for certain. */
export const smallText: number = limits.changeBytes / 4

/**
 * Edits of texts, which most edits are, without making an operation of each. One made on everything that is here extends
 * the last run of the log and touches the buffer; any other asks the tracker where it lands.
 */
export class TextEdits {
  readonly #history: History
  readonly #registry: ContainerRegistry

  constructor(history: History, registry: ContainerRegistry) {
    this.#history = history
    this.#registry = registry
  }

  /**
   * @param changes how many changes it is, of equal length
   * @param recorder where several edits are told together: it hears of this one
   */
  insert(
    agent: number,
    text: Text,
    index: number,
    inserted: string,
    time: number,
    changes = 1,
    recorder?: Executor,
  ): void {
    const { content } = text.sequence
    const before = content.length
    if (recorder?.touch(text) === true) text.sequence.record(index, 0, inserted)
    const start = this.#history.graph.append(agent, inserted.length)
    content.insert(index, inserted)
    this.#noteInsertion(text, start, index, inserted, before, time, changes)
  }

  delete(agent: number, text: Text, index: number, count: number, time: number, recorder?: Executor): void {
    const { content } = text.sequence
    const before = content.length
    if (recorder?.touch(text) === true) text.sequence.record(index, count, undefined)
    const start = this.#history.graph.append(agent, count)
    content.delete(index, count)
    this.#noteDeletion(text, start, index, count, before, time)
  }

  /**
   * An insertion made on another version than what is here.
   *
   * @param parents the version, minimal and ascending
   * @param changes as of `insert`
   * @param recorder as of `insert`
   * @returns where the text landed; undefined, and nothing was done, where the index is out of range there
   */
  insertAt(
    agent: number,
    text: Text,
    index: number,
    inserted: string,
    time: number,
    parents: readonly number[],
    changes = 1,
    recorder?: Executor,
  ): number | undefined {
    const { graph } = this.#history
    const { sequence } = text
    const tracker = sequence.trackerFor(graph.criticalBelow(parents[0] ?? -1))
    const view = tracker.viewAt(parents, agent)
    if (index > tracker.length(view)) return undefined
    const before = sequence.content.length
    const own = graph.counts[agent] as number
    const start = graph.add(agent, inserted.length, parents)
    const at = tracker.insert(start, index, inserted.length, agent, own, view)
    if (recorder?.touch(text) === true) sequence.record(at, 0, inserted)
    sequence.content.insert(at, inserted)
    this.#noteInsertion(text, start, index, inserted, before, time, changes)
    return at
  }

  /** The same for a deletion. @returns what went */
  deleteAt(
    agent: number,
    text: Text,
    index: number,
    count: number,
    time: number,
    parents: readonly number[],
    recorder?: Executor,
  ): readonly Removal[] | undefined {
    const { graph } = this.#history
    const { sequence } = text
    const tracker = sequence.trackerFor(graph.criticalBelow(parents[0] ?? -1))
    const view = tracker.viewAt(parents, agent)
    if (index + count > tracker.length(view)) return undefined
    const before = sequence.content.length
    const own = graph.counts[agent] as number
    const start = graph.add(agent, count, parents)
    const removals = tracker.delete(start, index, count, agent, own, false, view)
    for (const { index, count } of removals) {
      if (recorder?.touch(text) === true) sequence.record(index, count, undefined)
      sequence.content.delete(index, count)
    }
    this.#noteDeletion(text, start, index, count, before, time)
    return removals
  }

  #noteInsertion(
    text: Text,
    start: number,
    index: number,
    inserted: string,
    before: number,
    time: number,
    changes: number,
  ): void {
    const { graph, log, bounds } = this.#history
    if (!text.written) this.#registry.markWritten(text.id)
    log.insertText(start, text.sequence.container, index, inserted, before, graph.goesOn)
    bounds.add(start, inserted.length / changes, time, changes)
  }

  #noteDeletion(text: Text, start: number, index: number, count: number, before: number, time: number): void {
    const { graph, log, bounds } = this.#history
    if (!text.written) this.#registry.markWritten(text.id)
    log.delete(start, text.sequence.container, index, count, before, graph.goesOn)
    bounds.add(start, count, time)
  }
}
