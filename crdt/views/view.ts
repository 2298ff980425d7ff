import type { AnyContainer, ContainerRegistry } from '../container-registry.ts'
import { isContainer, type Container, type Content } from '../container.ts'
import type { Document } from '../document.ts'
import type { History } from '../history/history.ts'
import type { JsonValue } from '../json-value.ts'
import { makeValue, plainValue } from '../plain-value.ts'
import type { ReplicaDocument } from '../replica-document.ts'

/** What `toJSON` says, frozen. */
export type DocumentView = { readonly [name: string]: JsonValue }

/**
 * The whole document as plain frozen values that share structure: what has not changed since the last call, and all
 * inside it, is the very same object, so that `===` tells what to draw anew. Also while a transaction is open.
 *
 * The first call makes everything; every other costs as much as what was done since, and the containers that changed
 * with those around them. A document that is never viewed pays nothing: what was done is read from its history.
 */
export function view(document: Document): DocumentView {
  let known = views.get(document)
  if (known === undefined) {
    const { history, registry } = (document as ReplicaDocument).inside()
    views.set(document, (known = new View(history, registry)))
  }
  return known.read()
}

const views = new WeakMap<Document, View>()

class View {
  readonly #history: History
  readonly #registry: ContainerRegistry
  #whole: DocumentView | undefined
  /** Of the containers that have not changed since the last reading. */
  readonly #values = new WeakMap<Container, JsonValue>()
  /** Of those that have. */
  readonly #stale = new Map<Container, JsonValue>()
  readonly #parents = new WeakMap<Container, Container>()
  /** Operations below this number are read, and will not be taken back. */
  #settled = 0
  /** What a transaction that was open at the last reading had changed: it may have been rolled back. */
  #unsettled: ReadonlySet<Container> = new Set()

  constructor(history: History, registry: ContainerRegistry) {
    this.#history = history
    this.#registry = registry
  }

  read(): DocumentView {
    const { end } = this.#history.bounds
    const { size } = this.#history.graph
    if (this.#whole !== undefined) {
      if (this.#unsettled.size === 0 && this.#settled === size) return this.#whole
      this.#forgetAll(this.#unsettled)
      this.#forgetAll(this.#touched(this.#settled, end))
    }
    this.#unsettled = this.#touched(end, size)
    this.#forgetAll(this.#unsettled)
    this.#settled = end
    const whole = this.#registry.toJSON((root) => this.#valueOf(root))
    this.#whole = share(this.#whole, whole) as DocumentView
    this.#stale.clear()
    return this.#whole
  }

  #touched(from: number, to: number): Set<AnyContainer> {
    const touched = new Set<AnyContainer>()
    if (from === to) return touched
    for (const operation of this.#history.recordedBetween(from, to)) {
      const container = 'container' in operation ? this.#registry.find(operation.container) : undefined
      if (container !== undefined) touched.add(container)
    }
    return touched
  }

  #forgetAll(containers: Iterable<Container>): void {
    for (const container of containers) this.#forget(container)
  }

  /** With all around it. */
  #forget(changed: Container): void {
    for (let container: Container | undefined = changed; container !== undefined;) {
      const value = this.#values.get(container)
      if (value === undefined) return
      this.#values.delete(container)
      this.#stale.set(container, value)
      container = this.#parents.get(container)
    }
  }

  #valueOf(root: AnyContainer): JsonValue {
    const make = (container: Container, valueOf: (content: Content) => JsonValue): JsonValue => {
      const value = makeValue(container, (content) => {
        if (isContainer(content)) this.#parents.set(content, container)
        return valueOf(content)
      })
      const old = this.#stale.get(container)
      return share(old, container.type === 'tree' ? shareNodes(old as Nodes | undefined, value as Nodes) : value)
    }
    return this.#values.get(root) ?? plainValue(root, this.#values, make)
  }
}

type Nodes = readonly { readonly [key: string]: JsonValue }[]

function shareNodes(old: Nodes = [], now: Nodes): Nodes {
  const known = new Map(old.map((node) => [node['id'], node]))
  return now.map((node) => share(known.get(node['id'] as JsonValue), node) as Nodes[number])
}

/** The new value, or the old one where that says the same. What is inside both is shared already. */
function share(old: JsonValue | undefined, now: JsonValue): JsonValue {
  if (typeof now !== 'object' || now === null) return now
  const comparable = typeof old === 'object' && old !== null
  return comparable && isSame(old as Members, now as Members) ? old : Object.freeze(now)
}

type Members = { readonly [key: string]: JsonValue }

function isSame(old: Members, now: Members): boolean {
  if (Array.isArray(old) !== Array.isArray(now)) return false
  if (Array.isArray(old)) return old.length === now['length'] && old.every((value, at) => Object.is(value, now[at]))
  const keys = Object.keys(now)
  return keys.length === Object.keys(old).length && keys.every((key) => Object.is(old[key], now[key]))
}
