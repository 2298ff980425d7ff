import type { AnyContainer } from '../container-registry.ts'
import type { ContainerId, ContainerType, Content, TreeNodeId } from '../container.ts'
import type { Document } from '../document.ts'
import type { ContainerDelta, KeyDelta, ListMove, TreeChange } from '../event.ts'
import type { JsonValue } from '../json-value.ts'
import type { Version } from '../history/causal-graph.ts'
import type { List } from '../containers/list.ts'
import type { Inside } from '../replica-document.ts'
import type { Tree } from '../tree/tree.ts'
import { lookInside, replayed } from './checkout.ts'
import { isSameContent } from './same-content.ts'
import { compareSequences } from './sequence-comparison.ts'
import { placesIn, textAt, type UnitRun } from './units.ts'
import { resolveVersion, type PastVersion } from './version.ts'

/**
 * What leads from one version to another, in either direction or across, in the form in which events tell it: whoever
 * shows `from` and carries the deltas out shows `to`. A container is empty where it does not exist, so that one that is
 * created later starts empty, and is emptied on the way back.
 *
 * The containers in the deltas are those of two documents of the past, at `to`, and where something `old` is told, at
 * `from`: to be compared by their ids.
 *
 * @throws RangeError for a version that is not here, HistoryDroppedError for one that was dropped, as `checkout` does
 * @throws Error while a transaction is open
 */
export function diff(document: Document, from: PastVersion, to: PastVersion): ContainerDelta[] {
  const inside = lookInside(document, 'compare versions')
  const sides = [from, to].map((version): Side => {
    const counts = resolveVersion(inside.history, version)
    return { counts, ...replayed(inside.history, counts, document.replica).inside() }
  }) as [Side, Side]
  const deltas: ContainerDelta[] = []
  for (const id of new Set<ContainerId>([...sides[1].registry.ids(), ...sides[0].registry.ids()])) {
    const delta = compare(id, inside, ...sides)
    if (delta !== undefined) deltas.push(delta)
  }
  return deltas
}

/** A document of the past, and what of the present one it includes. */
interface Side extends Inside {
  readonly counts: Version
}

type Of<Type extends ContainerType> = AnyContainer & { readonly type: Type }

function compare(id: ContainerId, present: Inside, before: Side, after: Side): ContainerDelta | undefined {
  const old = before.registry.reach(id)
  const container = after.registry.reach(id)
  switch (container.type) {
    case 'text': {
      // One tracker knows what both show.
      const [was, is] = [before, after].map(({ counts }) => textAt(present, id, counts)) as [UnitRun[], UnitRun[]]
      const delta = compareSequences(was, is, (start, end) => container.slice(start, end))
      return delta.length === 0 ? undefined : { type: 'text', container, delta }
    }
    case 'list': {
      const list = old as typeof container
      const slice = (start: number, end: number): Content[] => container.sequence.content.slice(start, end)
      const delta = compareSequences(placesIn(before, list), placesIn(after, container), slice)
      if (delta.length === 0) return undefined
      const moves = movesBetween(before, list, after, container)
      return { type: 'list', container, delta, ...(moves.length > 0 && { moves }) }
    }
    case 'map': {
      const keys = compareMaps(old as Of<'map'>, container)
      return keys.size === 0 ? undefined : { type: 'map', container, keys }
    }
    case 'counter':
    case 'grow-only-counter': {
      const { value } = old as typeof container
      return value === container.value ? undefined : { type: 'counter', container, old: value, new: container.value }
    }
    case 'set':
    case 'remove-wins-set': {
      const added = missingIn(old as typeof container, container)
      const deleted = missingIn(container, old as typeof container)
      return added.length + deleted.length === 0 ? undefined : { type: 'set', container, added, deleted }
    }
    case 'register': {
      const [was, is] = [(old as typeof container).get(), container.get()]
      return isSameContent(was, is) ? undefined : { type: 'register', container, old: was, new: is }
    }
    case 'multi-value-register': {
      const [was, is] = [(old as typeof container).values(), container.values()]
      return isSameContent(was, is) ? undefined : { type: 'multi-value-register', container, old: was, new: is }
    }
    case 'tree': {
      const delta = compareTrees(old as Tree, container)
      return delta.length === 0 ? undefined : { type: 'tree', container, delta }
    }
  }
}

function compareMaps(before: Of<'map'>, after: Of<'map'>): Map<string, KeyDelta> {
  const keys = new Map<string, KeyDelta>()
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const delta = { old: before.get(key), new: after.get(key) }
    if (!isSameContent(delta.old, delta.new)) keys.set(key, delta)
  }
  return keys
}

function missingIn(set: Of<'set' | 'remove-wins-set'>, other: Of<'set' | 'remove-wins-set'>): JsonValue[] {
  return other.values().filter((value) => !set.has(value))
}

/** Elements that both show, each under another unit. */
function movesBetween(before: Inside, old: List, after: Inside, list: List): ListMove[] {
  const nameOf = ({ history }: Inside, number: number): string => JSON.stringify(history.graph.dotOf(number))
  const moves: ListMove[] = []
  const places = new Map<string, readonly [from: number, place: string]>()
  for (let from = 0; from < old.length; from++) {
    places.set(nameOf(before, old.unitAt(from)), [from, nameOf(before, old.placedBy(from))])
  }
  for (let to = 0; to < list.length; to++) {
    const [from, place] = places.get(nameOf(after, list.unitAt(to))) ?? []
    if (from !== undefined && place !== nameOf(after, list.placedBy(to))) moves.push({ from, to })
  }
  return moves
}

/** What is gone first, then parents before children and siblings in order, as events tell it. */
function compareTrees(before: Tree, after: Tree): TreeChange[] {
  const placeIn = (tree: Tree, node: TreeNodeId): { readonly parent: TreeNodeId | undefined } | undefined =>
    tree.has(node) ? { parent: tree.parent(node) } : undefined
  const gone = before.nodes().filter((node) => !after.has(node))
  const changes: TreeChange[] = gone.map((node) => ({ node, old: placeIn(before, node), new: undefined }))
  const indices = new Map<TreeNodeId | undefined, number>()
  for (const node of after.nodes()) {
    const parent = after.parent(node)
    const index = indices.get(parent) ?? 0
    indices.set(parent, index + 1)
    const old = placeIn(before, node)
    // Those that keep parent and order keep their order among each other.
    if (old?.parent === parent && before.orderOf(node) === after.orderOf(node)) continue
    changes.push({ node, old, new: { parent, index } })
  }
  return changes
}
