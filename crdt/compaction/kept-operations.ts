import { isContainer, type ContainerId, type Content } from '../container.ts'
import type { List } from '../containers/list.ts'
import type { NewContent, Operation } from '../operation.ts'
import type { Inside } from '../replica-document.ts'
import type { SavedElement } from '../sequence/list-elements.ts'
import { keyOf } from '../containers/set.ts'
import type { Text } from '../containers/text.ts'
import type { Tree } from '../tree/tree.ts'
import { valuesFromNewest } from '../undo/made-operations.ts'

/** An operation of which something is still to be seen, rewritten as if nothing else had ever been done. */
export interface Kept {
  /** Local number of its first unit. */
  readonly start: number
  readonly operation: Operation
}

/** What a document of the past holds, by its own local numbers. */
export interface KeptState {
  readonly operations: readonly Kept[]
  /** Elements of lists that were moved, or stand again. */
  readonly elements: readonly (SavedElement & { readonly list: ContainerId })[]
  /** Operations of which Lamport's time still decides something among what is kept. */
  readonly timed: readonly number[]
}

/**
 * Of texts and lists the insertions of what is there, each with the index that it has now; of maps, registers and sets the
 * operation that stands; of trees the creations, with the places where the nodes are. Containers inside of others are
 * named, not created: they exist by themselves.
 */
export function keptOperations(inside: Inside, containers: readonly ContainerId[]): KeptState {
  const operations: Kept[] = keptValues(inside)
  const elements: (SavedElement & { readonly list: ContainerId })[] = []
  for (const id of containers) {
    const container = inside.registry.reach(id)
    if (container.type === 'text') operations.push(...keptText(inside, container))
    else if (container.type === 'tree') operations.push(...keptNodes(inside, container))
    else if (container.type === 'list') {
      operations.push(...keptItems(inside, container))
      for (const element of container.savedElements()) elements.push({ ...element, list: id })
    }
  }
  const timed = elements.flatMap(({ lives }) => lives.map(({ winner }) => winner))
  for (const { start, operation } of operations) {
    if (operation.type === 'assign' && operation.container.startsWith('multi-value')) timed.push(start)
  }
  return { operations, elements, timed }
}

/** Maps, registers, sets and counters, read from the newest operation down. */
function keptValues(inside: Inside): Kept[] {
  const kept: Kept[] = []
  const seen = new Set<string>()
  const sums = new Map<ContainerId, bigint>()
  for (const { number, operation } of valuesFromNewest(inside.history)) {
    const container = inside.registry.find(operation.container)
    const standing =
      operation.type === 'tree-move' ? undefined : standingOf(operation as Operation, number, inside, sums)
    if (container === undefined || standing === undefined) continue
    if (standing.type === 'set-add') {
      const key = JSON.stringify([standing.container, keyOf(standing.value)])
      if (seen.has(key)) continue
      seen.add(key)
    }
    kept.push({ start: number, operation: standing })
  }
  return kept
}

/** What has to be said of an operation so that the container shows what it shows; undefined: nothing. */
function standingOf(
  operation: Operation,
  number: number,
  { history: { graph }, registry }: Inside,
  sums: Map<ContainerId, bigint>,
): Operation | undefined {
  const container = registry.reach(operation.container)
  switch (operation.type) {
    case 'map-set': {
      if (container.type !== 'map' || container.operationOn(operation.key) !== number) return undefined
      return { ...operation, content: named(container.get(operation.key) as Content) }
    }
    case 'assign':
      if (container.type !== 'register' && container.type !== 'multi-value-register') return undefined
      return container.holds({ lamport: graph.lamportOf(number), replica: graph.dotOf(number).replica })
        ? operation
        : undefined
    case 'set-add':
      return 'has' in container &&
        container.type !== 'map' &&
        container.type !== 'tree' &&
        container.has(operation.value)
        ? operation
        : undefined
    case 'counter-add': {
      if (container.type !== 'counter' && container.type !== 'grow-only-counter') return undefined
      const left = sums.get(container.id) ?? container.sum
      const most = BigInt(Number.MAX_SAFE_INTEGER)
      const amount = left > most ? most : left < -most ? -most : left
      sums.set(container.id, left - amount)
      return amount === 0n ? undefined : { ...operation, amount: Number(amount) }
    }
    default:
      return undefined
  }
}

function keptText(inside: Inside, { id, sequence }: Text): Kept[] {
  const runs = new Runs(inside)
  sequence.completeTracker().visible((start, count, index) => runs.add(start, count, index))
  return runs.all.map(({ start, count, index }) => ({
    start,
    operation: { type: 'text-insert', container: id, index, text: sequence.content.slice(index, index + count) },
  }))
}

/** Each element by the operation that inserted it first; where it was never moved, with its index among all units. */
function keptItems(inside: Inside, list: List): Kept[] {
  const runs = new Runs(inside, itemLimit)
  const items: NewContent[] = []
  for (const { unit, raw, content } of list.savedUnits()) {
    runs.add(unit, 1, raw)
    items.push(named(content))
  }
  let at = 0
  return runs.all.map(({ start, count, index }) => {
    at += count
    return { start, operation: { type: 'list-insert', container: list.id, index, items: items.slice(at - count, at) } }
  })
}

/** Items in a row of the log at most: whoever wants one reads all of them. */
const itemLimit = 16

/** Units that one replica inserted one behind the other and that still stand so. */
class Runs {
  readonly all: { readonly start: number; count: number; readonly index: number }[] = []
  readonly #inside: Inside

  readonly #limit: number

  constructor(inside: Inside, limit = Infinity) {
    this.#inside = inside
    this.#limit = limit
  }

  add(start: number, count: number, index: number): void {
    const { graph } = this.#inside.history
    const last = this.all.at(-1)
    const goesOn = last !== undefined && last.start + last.count === start && last.index + last.count === index
    if (goesOn && last.count < this.#limit && graph.entryOf(start).agent === graph.entryOf(last.start).agent)
      last.count += count
    else this.all.push({ start, count, index })
  }
}

function keptNodes({ history }: Inside, tree: Tree): Kept[] {
  return [...tree.placements()].map(({ creator, parent, position }) => ({
    start: history.numberOf(creator) as number,
    operation: { type: 'tree-move', container: tree.id, node: undefined, parent, position },
  }))
}

function named(content: Content): NewContent {
  return isContainer(content) ? { again: content.id } : { value: content }
}
