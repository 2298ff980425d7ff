import { countRecorded, type RecordedOperation } from './encoding/recorded-operation.ts'
import type { CausalGraph } from './history/causal-graph.ts'
import { nestedId, parseContainerId } from './container-id.ts'
import type { ContainerId, ContainerType } from './container.ts'
import type { ContainerRegistry } from './container-registry.ts'
import type { NewContent, Operation } from './operation.ts'
import type { Stamp } from './stamp.ts'
import { findTreeFault } from './tree/tree-fault.ts'
import { dataId } from './tree/tree-node.ts'

const operationsOf: Record<ContainerType, readonly Operation['type'][]> = {
  'text': ['text-insert', 'sequence-delete'],
  'list': ['list-insert', 'sequence-delete', 'list-move'],
  'map': ['map-set', 'map-delete'],
  'counter': ['counter-add'],
  'set': ['set-add', 'set-delete'],
  'register': ['assign', 'unassign'],
  'multi-value-register': ['assign', 'unassign'],
  'tree': ['tree-move'],
  'remove-wins-set': ['set-add', 'set-delete'],
  'grow-only-counter': ['counter-add'],
}

export function isOfType({ type }: Pick<Operation, 'type'>, container: ContainerType): boolean {
  return operationsOf[container].includes(type)
}

/**
 * Whether an operation is valid for certain, found without looking far: most are, being made on everything that is here,
 * on a container that is known, without creating another.
 */
export function isPlain(operation: Operation, stamp: Stamp, registry: ContainerRegistry): boolean {
  const container = registry.find(operation.container)
  if (container === undefined || !operationsOf[container.type].includes(operation.type)) return false
  if (!stamp.linear && !operation.container.startsWith(`${container.type}/`)) return false
  switch (operation.type) {
    case 'text-insert':
    case 'sequence-delete':
      return container.type === 'text' && lengthAfter(operation, container.sequence.lengthAt(stamp)) !== undefined
    case 'map-set':
      return 'value' in operation.content
    case 'counter-add':
      return operation.amount >= 0 || container.type === 'counter'
    case 'map-delete':
    case 'set-add':
    case 'set-delete':
    case 'assign':
      return true
    default:
      return false
  }
}

/**
 * Whether every operation of a change can be done where it stands in history. It looks at nothing but that history, so
 * that every replica judges alike, whenever the change arrives.
 *
 * @returns what is wrong, or undefined
 */
export function findFault(
  operations: readonly RecordedOperation[],
  count: number,
  stamp: Stamp,
  registry: ContainerRegistry,
  graph: CausalGraph,
): string | undefined {
  const lengths = new Map<ContainerId, number>()
  const created = new Set<ContainerId>()
  const nodes = new Set<string>()
  const { replica } = stamp
  let { sequence } = stamp
  for (const operation of operations) {
    if (operation.type === 'opaque') return 'bytes that are no operations'
    const { container } = operation
    const separator = container.search(/[/@]/)
    const isNested = container[separator] === '@'
    if (isNested && !created.has(container) && !exists(container, stamp, registry, graph)) return 'an unknown container'
    const type = container.slice(0, separator) as ContainerType
    const wanted = operation.type === 'backspace' ? 'sequence-delete' : operation.type
    if (!operationsOf[type].includes(wanted)) return `${operation.type} on a ${type}`
    if (type === 'grow-only-counter' && 'amount' in operation && operation.amount < 0) return 'a counter made smaller'
    const fault =
      operation.type !== 'tree-move'
        ? undefined
        : findTreeFault(operation, { replica, sequence }, nodes, (node) => {
            const tree = registry.find(container)
            if (tree?.type !== 'tree' || !tree.knows(node)) return false
            return exists(dataId(node), stamp, registry, graph)
          })
    if (fault !== undefined) return fault
    if (!restoresInPlace(operation, stamp, registry, graph)) return 'a container that was never there'
    const length = lengths.get(container) ?? lengthOf(container, stamp, registry)
    const next = lengthAfter(operation, length)
    if (next === undefined) return `an index out of range at length ${length}`
    lengths.set(container, next)
    for (const [offset, type] of creations(operation))
      created.add(nestedId(type, { replica, sequence: sequence + offset }))
    sequence += countRecorded(operation)
  }
  return sequence - stamp.sequence === count ? undefined : 'another number of operations than it says'
}

/** A root exists always; a nested container where the operation that created it is in the past. */
function exists(id: ContainerId, stamp: Stamp, registry: ContainerRegistry, graph: CausalGraph): boolean {
  const creator = parseContainerId(id)?.creator
  if (creator === undefined) return true
  if (registry.find(id) === undefined) return false
  return stamp.saw(graph.agentOf(creator.replica), creator.sequence)
}

function lengthOf(id: ContainerId, stamp: Stamp, registry: ContainerRegistry): number {
  const container = registry.find(id)
  return container?.type === 'text' || container?.type === 'list' ? container.sequence.lengthAt(stamp) : 0
}

/** @returns undefined when the operation reaches beyond the sequence */
function lengthAfter(operation: RecordedOperation, length: number): number | undefined {
  switch (operation.type) {
    case 'text-insert':
    case 'list-insert':
      return operation.index <= length ? length + countRecorded(operation) : undefined
    case 'sequence-delete':
      return operation.index + operation.count <= length ? length - operation.count : undefined
    case 'list-move':
      return operation.from < length && operation.to < length ? length : undefined
    case 'backspace':
      return operation.index < length && operation.count <= operation.index + 1 ? length - operation.count : undefined
    default:
      return length
  }
}

/** A container stands again only where it was created: it can never come to be inside itself, or in two places. */
function restoresInPlace(
  operation: RecordedOperation,
  stamp: Stamp,
  registry: ContainerRegistry,
  graph: CausalGraph,
): boolean {
  return contentsOf(operation).every((content) => {
    if (!('again' in content)) return true
    if (!exists(content.again, stamp, registry, graph)) return false
    const creation = registry.creationOf(content.again)
    if (creation?.type !== operation.type || creation.container !== operation.container) return false
    return creation.type !== 'map-set' || (operation.type === 'map-set' && creation.key === operation.key)
  })
}

function contentsOf(operation: RecordedOperation): readonly NewContent[] {
  return operation.type === 'map-set' ? [operation.content] : operation.type === 'list-insert' ? operation.items : []
}

/** The containers an operation creates, each with the number of the unit that does. */
function creations(operation: RecordedOperation): (readonly [number, ContainerType])[] {
  if (operation.type === 'tree-move') return operation.node === undefined ? [[0, 'map']] : []
  return contentsOf(operation).flatMap((content, index) =>
    'create' in content ? [[index, content.create] as const] : [],
  )
}
