import type { Dot } from './change.ts'
import { containerTypes, type ContainerId, type ContainerType } from './container.ts'
import { nestedId, parseContainerId, rootId } from './container-id.ts'
import { Counter, type AnyCounter } from './containers/counter.ts'
import type { ShownTexts } from './encoding/chunk.ts'
import { ContainerTypeError } from './errors.ts'
import { checkName, setMember, type JsonValue } from './json-value.ts'
import { List } from './containers/list.ts'
import type { RecordedOperation } from './encoding/recorded-operation.ts'
import type { History } from './history/history.ts'
import { KeyedMap } from './containers/map.ts'
import { MultiValueRegister } from './containers/multi-value-register.ts'
import { Register } from './containers/register.ts'
import { ValueSet, type AnySet } from './containers/set.ts'
import type { Operation } from './operation.ts'
import type { Editor } from './state.ts'
import { Text } from './containers/text.ts'
import { Tree } from './tree/tree.ts'

export type AnyContainer = Text | List | KeyedMap | AnyCounter | AnySet | Register | MultiValueRegister | Tree

/** Every container of a document. */
export class ContainerRegistry {
  readonly #history: History
  readonly #editor: Editor
  readonly #containers = new Map<ContainerId, AnyContainer>()
  /** Roots with at least one operation: the others are no part of the content. */
  readonly #written = new Set<ContainerId>()

  /** Where containers were created of which history knows no more. */
  readonly #creations = new Map<ContainerId, Operation>()

  constructor(history: History, editor: Editor) {
    this.#history = history
    this.#editor = editor
  }

  find(id: ContainerId): AnyContainer | undefined {
    return this.#containers.get(id)
  }

  ids(): Iterable<ContainerId> {
    return this.#containers.keys()
  }

  /** A root as this replica asks for it. @throws ContainerTypeError when the name stands for another type here */
  root(type: ContainerType, name: string): AnyContainer {
    const id = rootId(type, name)
    const known = this.#containers.get(id)
    if (known !== undefined) return known
    checkName(name, 'name')
    for (const other of containerTypes) {
      if (this.#containers.has(rootId(other, name))) throw new ContainerTypeError(name, type, other)
    }
    return this.#add(type, id)
  }

  /** A container that an operation names: a root is made where it does not exist yet. */
  reach(id: ContainerId): AnyContainer {
    return this.#containers.get(id) ?? this.#add(parseContainerId(id)?.type as ContainerType, id)
  }

  create(type: ContainerType, creator: Dot): AnyContainer {
    return this.#add(type, nestedId(type, creator))
  }

  /** The operation that put a nested container where it is, read from the log; undefined for a root. */
  creationOf(id: ContainerId): Exclude<RecordedOperation, { readonly type: 'opaque' }> | undefined {
    const known = this.#creations.get(id)
    if (known !== undefined) return known
    const creator = parseContainerId(id)?.creator
    const number = creator === undefined ? undefined : this.#history.numberOf(creator)
    const operation = number === undefined ? undefined : this.#history.operationAt(number)
    return operation === undefined || operation.type === 'opaque' ? undefined : operation
  }

  setCreation(id: ContainerId, operation: Operation): void {
    this.#creations.set(id, operation)
  }

  remove(id: ContainerId): void {
    this.#setWritten(id, false)
    this.#containers.delete(id)
  }

  /** @returns whether it was not written to before */
  markWritten(id: ContainerId): boolean {
    if (this.#written.has(id)) return false
    this.#written.add(id)
    this.#setWritten(id, true)
    return true
  }

  unmarkWritten(id: ContainerId): void {
    this.#written.delete(id)
    this.#setWritten(id, false)
  }

  /** What texts show, for a snapshot. */
  shownTexts(): ShownTexts {
    const deleted: [number, number][] = []
    for (const container of this.#containers.values()) {
      if (container.type === 'text') for (const range of container.sequence.deleted()) deleted.push(range)
    }
    deleted.sort(([left], [right]) => left - right)
    return { textOf: (id) => String(this.#containers.get(id)), deleted }
  }

  /** @param valueOf of each root that was ever written to, in the order in which they were */
  toJSON(valueOf: (root: AnyContainer) => JsonValue = (root) => root.toJSON()): { [name: string]: JsonValue } {
    const roots: { readonly name: string; readonly type: ContainerType; readonly value: JsonValue }[] = []
    for (const id of this.#written) {
      const place = parseContainerId(id)
      if (place?.name === undefined) continue
      roots.push({ name: place.name, type: place.type, value: valueOf(this.reach(id)) })
    }
    const names = new Map<string, number>()
    for (const { name } of roots) names.set(name, (names.get(name) ?? 0) + 1)
    const labelled = roots.map(({ name, type, value }) => ({
      label: names.get(name) === 1 ? name : `${name}:${type}`,
      value,
    }))
    const object: { [name: string]: JsonValue } = {}
    for (const { label, value } of labelled.sort((left, right) => (left.label < right.label ? -1 : 1))) {
      setMember(object, label, value)
    }
    return object
  }

  #setWritten(id: ContainerId, written: boolean): void {
    const container = this.#containers.get(id)
    if (container?.type === 'text') container.written = written
  }

  #add(type: ContainerType, id: ContainerId): AnyContainer {
    const container = this.#make(type, id)
    this.#containers.set(id, container)
    return container
  }

  #make(type: ContainerType, id: ContainerId): AnyContainer {
    switch (type) {
      case 'text':
        return new Text(id, this.#history, this.#editor)
      case 'list':
        return new List(id, this.#history, this.#editor)
      case 'map':
        return new KeyedMap(id, this.#editor)
      case 'counter':
      case 'grow-only-counter':
        return new Counter(type, id, this.#editor)
      case 'set':
      case 'remove-wins-set':
        return new ValueSet(type, id, this.#editor)
      case 'register':
        return new Register(id, this.#editor)
      case 'multi-value-register':
        return new MultiValueRegister(id, this.#editor)
      case 'tree':
        return new Tree(id, this.#editor)
    }
  }
}
