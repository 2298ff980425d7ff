import type { AnyContainer, ContainerRegistry } from '../container-registry.ts'
import { parseContainerId } from '../container-id.ts'
import type { ContainerId, Content } from '../container.ts'
import { rowKind } from '../history/operation-log.ts'
import type { History } from '../history/history.ts'
import type { List } from '../containers/list.ts'
import type { NewContent, Operation } from '../operation.ts'
import type { UnitRange } from '../sequence/tracker.ts'
import type { Execution } from '../state.ts'
import { Stamp } from '../stamp.ts'
import type { Text } from '../containers/text.ts'
import { dataId, nodeId, type Placement } from '../tree/tree-node.ts'
import { isOfType } from '../validation.ts'
import {
  fail,
  type BaseContent,
  type ListedContainers,
  type ListedElement,
  type ReadOperation,
} from './base-content.ts'

/** A range of units in a sequence; undefined for ghosts, which are counted and not shown. */
interface Placed extends UnitRange {
  readonly index: number
  readonly contents?: readonly Content[]
}

/** Puts what a base says is there into empty containers, and notes in the log by which operations it came. */
export class BaseContainers {
  readonly #history: History
  readonly #registry: ContainerRegistry
  readonly #listed: ListedContainers
  /** Containers that were put where they belong. */
  readonly #placed = new Set<ContainerId>()
  readonly #execution: Execution

  constructor(history: History, registry: ContainerRegistry, listed: ListedContainers) {
    this.#history = history
    this.#registry = registry
    this.#listed = listed
    this.#execution = {
      undoable: false,
      create: () => fail('A container that is created in a base'),
      find: (id) => registry.reach(id),
      touch: () => false,
      undo: () => undefined,
    }
    this.#create()
  }

  /** @throws MalformedMessageError */
  restore({ values, texts, shown, elements }: BaseContent): void {
    const ofContainer = new Map<ContainerId, ReadOperation[]>()
    for (const read of [...values, ...texts]) {
      const { container } = read.operation
      if (!isOfType(read.operation, this.#find(container).type)) fail('An operation on another type')
      const known = ofContainer.get(container)
      if (known === undefined) ofContainer.set(container, [read])
      else known.push(read)
    }
    const ofList = new Map<ContainerId, ListedElement[]>()
    for (const element of elements) {
      if (this.#find(element.list).type !== 'list') fail('Elements of what is no list')
      const known = ofList.get(element.list)
      if (known === undefined) ofList.set(element.list, [element])
      else known.push(element)
    }
    const offsets = new Map<ContainerId, number>()
    for (const id of this.#listed.ids) {
      const container = this.#find(id)
      const operations = ofContainer.get(id) ?? []
      if (container.type === 'text') {
        offsets.set(id, this.#history.log.text.append(shown.get(id) as string))
        fillText(container, operations, shown.get(id) as string)
      } else if (container.type === 'list') {
        this.#fillList(container, operations, ofList.get(id) ?? [])
      } else if (container.type === 'tree') {
        const placements = operations.map((read) => this.#placementOf(read))
        if (!container.restore(placements)) fail('Nodes below each other')
      } else for (const { start, operation } of operations) this.#execute(container, operation, start)
    }
    this.#note(values, texts, offsets)
  }

  #create(): void {
    const { ids, homes } = this.#listed
    for (const id of ids) {
      const place = parseContainerId(id)
      if (place?.creator === undefined) this.#registry.reach(id)
      else this.#registry.create(place.type, place.creator)
      this.#registry.markWritten(id)
    }
    const rooted = new Set<ContainerId>()
    for (const id of ids) {
      const path = new Set<ContainerId>()
      for (let at = homes.get(id); at !== undefined && !rooted.has(at.container); at = homes.get(at.container)) {
        if (path.has(at.container)) fail('Containers inside each other')
        path.add(at.container)
      }
      for (const one of path) rooted.add(one)
    }
    for (const [id, { container, key }] of homes) {
      this.#registry.setCreation(id, creationIn(this.#find(container), key))
    }
  }

  #find(id: ContainerId): AnyContainer {
    return this.#registry.find(id) ?? fail('A container that is not listed')
  }

  #execute(container: AnyContainer, operation: Operation, start: number): void {
    const { graph } = this.#history
    if (operation.type === 'map-set') this.#check(operation.content, container.id, operation.key)
    if (operation.type === 'counter-add' && operation.amount < 0 && container.type !== 'counter')
      fail('A smaller counter')
    const { agent, start: first, sequence } = graph.entryOf(start)
    // Nobody saw anybody: what is kept did not undo each other.
    const stamp = new Stamp(graph, agent, start, sequence + start - first, false, [], [])
    container.execute(operation, stamp, this.#execution)
  }

  /** A container stands where it was created, and once. */
  #check(content: NewContent, home: ContainerId, key: string | undefined): void {
    if ('create' in content) fail('A container that is created in a base')
    if (!('again' in content)) return
    const known = this.#listed.homes.get(content.again)
    if (known?.container !== home || known.key !== key || this.#placed.has(content.again)) fail('A misplaced container')
    this.#placed.add(content.again)
  }

  #fillList(list: List, operations: readonly ReadOperation[], elements: readonly ListedElement[]): void {
    const firsts = new Map(elements.map((element) => [element.first, element]))
    const contentOf = new Map<number, Content>()
    const placed: Placed[] = []
    for (const { start, operation } of operations) {
      if (operation.type !== 'list-insert') fail('A list that was edited')
      const contents = operation.items.map((item) => {
        this.#check(item, list.id, undefined)
        return 'again' in item ? this.#find(item.again) : (item as { readonly value: Content }).value
      })
      if (firsts.has(start)) contentOf.set(start, contents[0] as Content)
      else placed.push({ start, count: contents.length, index: operation.index, contents })
    }
    const restored = elements.map((element) => ({ ...element, content: contentOf.get(element.first) as Content }))
    for (const { first, shown, lives, units, content } of restored) {
      if (content === undefined || lives.length === 0) fail('An element of nothing')
      for (const { unit, raw } of units) {
        placed.push({ start: unit, count: 1, index: raw, ...(unit === shown && { contents: [content] }) })
      }
      if (firsts.get(first)?.units !== units || !isSound(lives, units, shown))
        fail('An element that is not where it is')
    }
    const runs = inOrder(placed)
    list.restore(
      runs.flatMap(({ contents }) => contents ?? []),
      runs.map(({ start, count }) => ({ start, count })),
      restored,
    )
  }

  #placementOf({ start, operation }: ReadOperation): Placement {
    if (operation.type !== 'tree-move' || operation.node !== undefined) fail('A node that was moved')
    const creator = this.#history.graph.dotOf(start)
    const { container } = this.#listed.homes.get(dataId(nodeId(creator))) ?? {}
    if (container !== operation.container) fail('A node without data')
    return { creator, parent: operation.parent, position: operation.position }
  }

  #note(
    values: readonly ReadOperation[],
    texts: readonly ReadOperation[],
    offsets: ReadonlyMap<ContainerId, number>,
  ): void {
    const history = this.#history
    let end = 0
    for (const { start, count, operation } of [...values, ...texts].sort((left, right) => left.start - right.start)) {
      if (start < end) fail('Two operations of one number')
      end = start + count
      if (operation.type !== 'text-insert') history.note(operation, start, 0, false)
      else {
        const { container: id, index } = operation
        const offset = (offsets.get(id) as number) + index
        const container = history.containers.number(id)
        history.log.push({ start, kind: rowKind.text, container, index, count, offset, before: 0 })
      }
    }
  }
}

/** Whether an element is shown under the unit that stands of one of its lives, if any stands, and all that stand are there. */
function isSound(lives: ListedElement['lives'], units: ListedElement['units'], shown: number | undefined): boolean {
  const lifeOf = new Map(units.map(({ unit, life }) => [unit, life]))
  const standing = lives.flatMap(({ winner, alive }, life) => (alive ? [{ winner, life }] : []))
  const isThere = standing.every(({ winner, life }) => lifeOf.get(winner) === life)
  const isShown = standing.some(({ winner }) => winner === shown)
  return isThere && (shown === undefined ? standing.length === 0 : isShown)
}

function fillText({ sequence }: Text, operations: readonly ReadOperation[], shown: string): void {
  if (operations.some(({ operation }) => operation.type !== 'text-insert')) fail('A text that was edited')
  const runs = inOrder(
    operations.map(({ start, count, operation }) => ({ start, count, index: (operation as { index: number }).index })),
  )
  const last = runs.at(-1)
  if ((last === undefined ? 0 : last.index + last.count) !== shown.length) fail('A text of another length')
  sequence.keep(runs.map(({ start, count }) => ({ start, count })))
  sequence.content.insert(0, shown)
}

/** Ranges in the order of the sequence, which they have to cover, each unit once. */
function inOrder<Range extends Placed>(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((left, right) => left.index - right.index)
  let end = 0
  for (const { index, count } of sorted) {
    if (index !== end) fail('Units out of order')
    end += count
  }
  const byNumber = [...ranges].sort((left, right) => left.start - right.start)
  if (byNumber.some(({ start }, at) => at > 0 && start < endOf(byNumber[at - 1] as Range))) fail('A unit twice')
  return sorted
}

function endOf({ start, count }: UnitRange): number {
  return start + count
}

/** What would have been noted when it was created there. */
function creationIn(home: AnyContainer, key: string | undefined): Operation {
  const { id: container } = home
  if (home.type === 'map') return { type: 'map-set', container, key: key as string, content: { value: null } }
  if (home.type === 'list') return { type: 'list-insert', container, index: 0, items: [] }
  if (home.type === 'tree') return { type: 'tree-move', container, node: undefined, parent: undefined, position: '' }
  return fail('A container in one that holds none')
}
