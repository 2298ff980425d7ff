import { nestedId } from '../container-id.ts'
import type { SetType } from '../container.ts'
import type { ContainerRegistry } from '../container-registry.ts'
import { includes } from '../history/causal-graph.ts'
import type { History } from '../history/history.ts'
import type { NewContent, Operation } from '../operation.ts'
import { keyOf } from '../containers/set.ts'
import { isLater } from '../state.ts'
import { nodeId } from '../tree/tree-node.ts'
import { valuesFromNewest, type MadeOperation } from './made-operations.ts'
import type { OwnChanges } from './own-changes.ts'
import type { Perform } from './sequence-undo.ts'

/** Operations of which the latest counts: on a key, a register, a value of a set, a node of a tree. */
type Assignment = MadeOperation & {
  readonly operation: Extract<
    Operation,
    { readonly type: 'map-set' | 'map-delete' | 'assign' | 'unassign' | 'set-add' | 'set-delete' | 'tree-move' }
  >
}

/** What assignments compete for, and the operations on it, the latest first. */
interface Place {
  readonly assignments: Assignment[]
  /** Operations numbered below cannot matter any more. */
  bottom: number
}

/**
 * Finds what would be in maps, registers, sets and trees without what is undone, and makes it so. It is read from
 * the history: there the operations of others, and those of steps that are not undone, stand as they were made.
 */
export class ValueUndo {
  readonly #history: History
  readonly #registry: ContainerRegistry
  readonly #own: OwnChanges

  constructor(history: History, registry: ContainerRegistry, own: OwnChanges) {
    this.#history = history
    this.#registry = registry
    this.#own = own
  }

  /** @param made operations of the step that is undone or redone, which says itself whether it is active now */
  settle(made: readonly MadeOperation[], perform: Perform): void {
    const places = new Map<string, Place>()
    for (const { number, operation } of made) {
      const key = this.#keyOf({ number, operation })
      if (key !== undefined) places.set(key, { assignments: [], bottom: -1 })
    }
    if (places.size === 0) return
    this.#collect(places)
    for (const { assignments } of places.values()) this.#settlePlace(assignments, perform)
  }

  /** Reads the history down to where nothing of the places can be found that matters. */
  #collect(places: ReadonlyMap<string, Place>): void {
    const { graph } = this.#history
    let bottomless = places.size
    let bottom = Infinity
    for (const made of valuesFromNewest(this.#history)) {
      if (bottomless === 0 && made.number <= bottom) break
      const key = this.#keyOf(made)
      const place = key === undefined ? undefined : places.get(key)
      if (place === undefined || made.number <= place.bottom) continue
      place.assignments.push(made as Assignment)
      if (place.bottom >= 0 || this.#own.purposeOf(made.number) === 'untracked' || !this.#stands(made)) continue
      // All that is numbered below has been seen by whoever made this one, and by all who came later.
      place.bottom = graph.criticalBelow(made.number)
      bottom = Math.min(bottom, place.bottom)
      if (place.bottom >= 0) bottomless--
    }
    const timeOf = ({ number }: Assignment): Parameters<typeof isLater>[0] => ({
      lamport: graph.lamportOf(number),
      replica: graph.dotOf(number).replica,
    })
    for (const { assignments } of places.values()) {
      assignments.sort((left, right) => (isLater(timeOf(left), timeOf(right)) ? -1 : 1))
    }
  }

  #settlePlace(assignments: readonly Assignment[], perform: Perform): void {
    const [latest] = assignments
    if (latest === undefined) return
    const { container, type } = latest.operation
    if (type === 'set-add' || type === 'set-delete') this.#settleMember(assignments, latest.operation.value, perform)
    else if (container.startsWith('multi-value-register')) this.#settleValues(assignments, perform)
    else {
      const wanted = this.#decide(assignments)
      if (wanted !== latest) this.#assign(wanted, latest, perform)
    }
  }

  /** The latest operation that is not undone. */
  #decide(assignments: readonly Assignment[]): Assignment | undefined {
    let untracked: Assignment | undefined
    for (const assignment of assignments) {
      const purpose = this.#own.purposeOf(assignment.number)
      if (purpose === 'undoing') continue
      // What nobody wants undone follows the step that it was made on.
      if (purpose === 'untracked') untracked ??= assignment
      else if (purpose === undefined || purpose.active) return untracked ?? assignment
      else untracked = undefined
    }
    return untracked
  }

  #assign(wanted: Assignment | undefined, { number, operation }: Assignment, perform: Perform): void {
    const { container } = operation
    const placed = wanted && this.#again(wanted)
    const next =
      placed ?? nothingFor(operation, operation.type === 'tree-move' ? this.#nodeOf(number, operation) : undefined)
    if (labelOf(next) === labelOf(this.#again({ number, operation }))) return
    perform({ ...next, container })
  }

  /** The same operation, made once more: what it created is there already. */
  #again({ number, operation }: Assignment): Operation {
    if (operation.type === 'tree-move') return { ...operation, node: this.#nodeOf(number, operation) }
    if (operation.type !== 'map-set' || !('create' in operation.content)) return operation
    const content: NewContent = { again: nestedId(operation.content.create, this.#history.graph.dotOf(number)) }
    return { ...operation, content }
  }

  #nodeOf(number: number, operation: Extract<Operation, { type: 'tree-move' }>): ReturnType<typeof nodeId> {
    return operation.node ?? nodeId(this.#history.graph.dotOf(number))
  }

  #settleMember(
    assignments: readonly Assignment[],
    value: Extract<Operation, { type: 'set-add' }>['value'],
    perform: Perform,
  ): void {
    const { container } = (assignments[0] as Assignment).operation
    const set = this.#registry.find(container)
    if (set?.type !== 'set' && set?.type !== 'remove-wins-set') return
    const wanted = this.#isMember(assignments, set.type)
    if (wanted !== set.has(value)) perform({ type: wanted ? 'set-add' : 'set-delete', container, value })
  }

  /** Whether an operation of the kind that wins stands which none of the other kind has seen. */
  #isMember(assignments: readonly Assignment[], type: SetType): boolean {
    const standing = assignments.filter((one) => this.#stands(one))
    const wins = type === 'set' ? 'set-add' : 'set-delete'
    const losing = standing.filter(({ operation }) => operation.type !== wins)
    const won = standing.some(
      (one) => one.operation.type === wins && !losing.some((other) => this.#hasSeen(other.number, one.number)),
    )
    return type === 'set' ? won : standing.length > 0 && !won
  }

  /** Several values at once cannot be assigned: where others' would be lost, all stays as it is. */
  #settleValues(assignments: readonly Assignment[], perform: Perform): void {
    const wanted = this.#unseen(assignments.filter((one) => this.#stands(one)))
    const now = this.#unseen(assignments)
    if (labelsOf(wanted) === labelsOf(now)) return
    if (wanted.length > 1 && now.some((one) => wanted.includes(one))) return
    const [{ operation }] = assignments as readonly [Assignment]
    perform(wanted[0]?.operation ?? nothingFor(operation, undefined))
  }

  #unseen(assignments: readonly Assignment[]): Assignment[] {
    return assignments.filter(
      ({ number }) => !assignments.some((other) => other.number !== number && this.#hasSeen(other.number, number)),
    )
  }

  #stands({ number }: MadeOperation): boolean {
    const purpose = this.#own.purposeOf(number)
    return purpose === undefined || purpose === 'untracked' || (purpose !== 'undoing' && purpose.active)
  }

  #hasSeen(number: number, other: number): boolean {
    const { graph } = this.#history
    if (other >= number || number < graph.base) return false
    if (graph.entryOf(number).linear) return true
    const { agent, sequence, start } = graph.entryOf(other)
    return includes(graph.versionOf(graph.parentsOf(number)), agent, sequence + other - start)
  }

  #keyOf({ number, operation }: MadeOperation): string | undefined {
    const { container } = operation
    switch (operation.type) {
      case 'map-set':
      case 'map-delete':
        return JSON.stringify([container, operation.key])
      case 'assign':
      case 'unassign':
        return container
      case 'set-add':
      case 'set-delete':
        return JSON.stringify([container, keyOf(operation.value)])
      case 'tree-move':
        return JSON.stringify([container, this.#nodeOf(number, operation)])
      default:
        return undefined
    }
  }
}

/** What stands where nobody has assigned anything. */
function nothingFor({ type, container, ...operation }: Assignment['operation'], node: unknown): Operation {
  if (type === 'tree-move') return { type, container, node, parent: undefined, position: '' } as Operation
  if (type === 'assign' || type === 'unassign') return { type: 'unassign', container }
  return { type: 'map-delete', container, key: (operation as { readonly key: string }).key }
}

function labelsOf(assignments: readonly Assignment[]): string {
  return JSON.stringify(assignments.map(({ operation }) => labelOf(operation)))
}

/** Equal for operations that assign the same. */
function labelOf(operation: Operation): string {
  switch (operation.type) {
    case 'map-set':
      return 'value' in operation.content ? `=${keyOf(operation.content.value)}` : JSON.stringify(operation.content)
    case 'assign':
      return `=${keyOf(operation.value)}`
    case 'tree-move':
      return JSON.stringify([operation.parent, operation.position])
    default:
      return operation.type
  }
}
