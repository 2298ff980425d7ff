import {
  isContainer,
  type ContainerDelta,
  type ContainerId,
  type ContainerType,
  type Content,
  type DocumentEvent,
  type JsonValue,
  type SequenceRun,
  type TreeNodeId,
} from '../../../crdt/index.ts'

type Image =
  | { readonly type: 'text'; text: string }
  | { readonly type: 'list'; items: readonly Content[] }
  | { readonly type: 'map'; readonly entries: Map<string, Content> }
  | { readonly type: 'counter'; value: number }
  | { readonly type: 'set'; readonly values: Map<string, JsonValue> }
  | { readonly type: 'register'; value: JsonValue | undefined }
  | { readonly type: 'multi-value-register'; values: readonly JsonValue[] }
  | { readonly type: 'tree'; readonly children: Map<TreeNodeId | undefined, TreeNodeId[]> }

/** What a listener knows that has heard every event and never looks into the document. */
export class DocumentMirror {
  readonly #images = new Map<ContainerId, Image>()

  hear(event: DocumentEvent): void {
    if (event.type === 'changed') this.apply(event.deltas)
  }

  apply(deltas: readonly ContainerDelta[]): void {
    for (const delta of deltas) this.#apply(delta)
  }

  /** The content of a container as plain data. */
  read(id: ContainerId): JsonValue | undefined {
    const image = this.#images.get(id)
    switch (image?.type) {
      case 'text':
        return image.text
      case 'list':
        return image.items.map((item) => this.#plain(item))
      case 'map':
        return [...image.entries].sort(byKey).map(([key, content]) => [key, this.#plain(content)])
      case 'counter':
      case 'register':
        return image.value
      case 'set':
        return [...image.values.keys()].sort()
      case 'multi-value-register':
        return image.values
      case 'tree':
        return this.#readTree(image.children)
      default:
        return undefined
    }
  }

  /** The form of `toJSON`, but with the maps as this mirror knows them. */
  #readTree(children: ReadonlyMap<TreeNodeId | undefined, readonly TreeNodeId[]>): JsonValue[] {
    const nodes: JsonValue[] = []
    const visit = (parent: TreeNodeId | undefined): void => {
      for (const id of children.get(parent) ?? []) {
        nodes.push({ id, parent: parent ?? null, data: this.read(`map@${id}` as ContainerId) ?? [] })
        visit(id)
      }
    }
    visit(undefined)
    return nodes
  }

  #plain(content: Content): JsonValue {
    return isContainer(content) ? (this.read(content.id) ?? emptyOf(content.type)) : content
  }

  #apply(delta: ContainerDelta): void {
    const { id } = delta.container
    switch (delta.type) {
      case 'text': {
        const image = this.#image(id, { type: 'text', text: '' })
        image.text = splice(image.text, delta.delta, '', (left, right) => left + right)
        return
      }
      case 'list': {
        const image = this.#image<'list'>(id, { type: 'list', items: [] })
        image.items = splice<readonly Content[]>(image.items, delta.delta, [], (left, right) => [...left, ...right])
        return
      }
      case 'map':
        this.#applyMap(delta)
        return
      case 'counter': {
        const image = this.#image(id, { type: 'counter', value: 0 })
        check(image.value, delta.old)
        image.value = delta.new
        return
      }
      case 'set':
        this.#applySet(delta)
        return
      case 'register': {
        const image = this.#image<'register'>(id, { type: 'register', value: undefined })
        check(image.value, delta.old)
        image.value = delta.new
        return
      }
      case 'multi-value-register': {
        const image = this.#image<'multi-value-register'>(id, { type: 'multi-value-register', values: [] })
        check(JSON.stringify(image.values), JSON.stringify(delta.old))
        image.values = delta.new
        return
      }
      case 'tree':
        this.#applyTree(delta)
    }
  }

  #applyMap({ container, keys }: ContainerDelta & { type: 'map' }): void {
    const { entries } = this.#image<'map'>(container.id, { type: 'map', entries: new Map() })
    for (const [key, change] of keys) {
      check(entries.get(key), change.old)
      if (change.new === undefined) entries.delete(key)
      else entries.set(key, change.new)
    }
  }

  #applySet({ container, added, deleted }: ContainerDelta & { type: 'set' }): void {
    const { values } = this.#image<'set'>(container.id, { type: 'set', values: new Map() })
    for (const value of deleted) check(values.delete(label(value)), true)
    for (const value of added) {
      check(values.has(label(value)), false)
      values.set(label(value), value)
    }
  }

  #applyTree({ container, delta }: ContainerDelta & { type: 'tree' }): void {
    const { children } = this.#image<'tree'>(container.id, { type: 'tree', children: new Map() })
    for (const { node, old } of delta) {
      if (old === undefined) continue
      const siblings = children.get(old.parent) ?? []
      check(siblings.includes(node), true)
      siblings.splice(siblings.indexOf(node), 1)
    }
    for (const { node, new: now } of delta) {
      if (now === undefined) continue
      if (now.parent !== undefined) check([...children.values()].flat().includes(now.parent), true)
      const siblings = children.get(now.parent) ?? []
      check(now.index <= siblings.length, true)
      siblings.splice(now.index, 0, node)
      children.set(now.parent, siblings)
    }
  }

  #image<Type extends Image['type']>(id: ContainerId, empty: Image & { type: Type }): Image & { type: Type } {
    const image = this.#images.get(id) ?? empty
    this.#images.set(id, image)
    return image as Image & { type: Type }
  }
}

function emptyOf(type: ContainerType): JsonValue {
  if (type === 'text') return ''
  if (type === 'counter' || type === 'grow-only-counter') return 0
  return type === 'register' ? null : []
}

/** Also tells −0 from 0. */
export function label(value: JsonValue): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

/** Containers and values of another document of the same history are the same when they say the same. */
function check(found: unknown, told: unknown): void {
  if (!Object.is(found, told) && nameOf(found) !== nameOf(told))
    throw new Error(`The event tells of ${String(told)} where ${String(found)} was`)
}

function nameOf(content: unknown): unknown {
  if (isContainer(content)) return content.id
  return typeof content === 'object' ? JSON.stringify(content) : content
}

function splice<Units extends { readonly length: number; slice(start: number, end?: number): Units }>(
  old: Units,
  delta: readonly SequenceRun<Units>[],
  empty: Units,
  join: (left: Units, right: Units) => Units,
): Units {
  let result = empty
  let at = 0
  for (const run of delta) {
    if ('insert' in run) result = join(result, run.insert)
    else if ('delete' in run) at += run.delete
    else {
      result = join(result, old.slice(at, at + run.retain))
      at += run.retain
    }
    if (at > old.length) throw new Error('The delta reaches beyond the end')
  }
  return join(result, old.slice(at))
}
