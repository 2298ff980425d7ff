import { describe, expect, test } from 'vitest'
import {
  createDocument,
  decodeChanges,
  loadDocument,
  type Change,
  type Document,
  type JsonValue,
  type TreeContainer,
  type TreeNodeId,
} from '../../../crdt/index.ts'
import { createRandom, integer, shuffle, type Random } from '../../../node/protocol/index.ts'
import { DocumentMirror } from './document-mirror.ts'
import { replayMoves, type NaiveMove } from './naive-tree.ts'

/** A replica, what it has seen as plain moves, and what a listener knows. */
class Gardener {
  readonly document: Document
  readonly tree: TreeContainer
  readonly moves = new Map<string, NaiveMove>()
  readonly mirror = new DocumentMirror()

  constructor(replica: string, log: Map<string, NaiveMove>, send: (change: Change) => void) {
    this.document = createDocument({ replica })
    this.tree = this.document.tree('tree')
    this.document.subscribe((event) => {
      this.mirror.hear(event)
      if (event.type !== 'changed') return
      for (const change of event.changes) {
        for (let sequence = change.sequence; sequence < change.sequence + change.count; sequence++) {
          const dot = `${sequence}.${change.replica}`
          this.moves.set(dot, log.get(dot) as NaiveMove)
        }
        if (event.origin === 'local') send(change)
      }
    })
    this.#log = log
  }

  readonly #log: Map<string, NaiveMove>

  /** One transaction of one to three edits, now and then rolled back. */
  edit(random: Random): void {
    const edits = 1 + integer(random, 3)
    const fails = integer(random, 6) === 0
    const start = Math.max(0, ...[...this.moves.values()].map(({ lamport }) => lamport)) + 1
    const first = this.document.version.get(this.document.replica)
    const done: Omit<NaiveMove, 'lamport' | 'replica'>[] = []
    try {
      this.document.transact(() => {
        for (let edit = 0; edit < edits; edit++) done.push(...this.#editOnce(random))
        done.forEach((one, index) => {
          this.#log.set(`${first + index}.${this.document.replica}`, {
            ...one,
            lamport: start + index,
            replica: this.document.replica,
          })
        })
        if (fails) throw new Error('changed my mind')
      })
    } catch (error) {
      if (!fails) throw error
    }
  }

  #editOnce(random: Random): Omit<NaiveMove, 'lamport' | 'replica'>[] {
    const { tree } = this
    const nodes = tree.nodes()
    const pick = (): TreeNodeId => nodes[integer(random, nodes.length)] as TreeNodeId
    const parent = nodes.length === 0 || integer(random, 4) === 0 ? undefined : pick()
    const choice = integer(random, 10)
    if (nodes.length === 0 || choice < 3) {
      const index = integer(random, childrenOf(tree, parent).length + 1)
      const node = tree.create(parent, index)
      expect(childrenOf(tree, parent)[index]).toBe(node)
      return [{ node, parent: parent ?? null }]
    }
    const node = pick()
    if (choice === 3) {
      tree.delete(node)
      expect(tree.has(node)).toBe(false)
      return [{ node, parent: 'bin' }]
    }
    const others = childrenOf(tree, parent).filter((one) => one !== node)
    const index = integer(random, others.length + 1)
    if (isBelow(tree, parent, node)) {
      expect(() => tree.move(node, parent, index)).toThrow(RangeError)
      return []
    }
    tree.move(node, parent, index)
    expect(childrenOf(tree, parent)).toEqual(others.toSpliced(index, 0, node))
    return [{ node, parent: parent ?? null }]
  }

  /** That the tree is one, that it is the one the moves make, and that events have told all of it. */
  check(): void {
    const { tree, mirror } = this
    const nodes = tree.nodes()
    const expected = replayMoves(this.moves.values())
    expect(new Set(nodes).size).toBe(nodes.length)
    expect(tree.size).toBe(nodes.length)
    expect(new Map(nodes.map((node) => [node, tree.parent(node) ?? null]))).toEqual(new Map(expected))
    for (const [dot, { node }] of this.moves) {
      if (dot === node) expect(tree.has(node)).toBe(expected.has(node))
    }
    const heard = (mirror.read(tree.id) ?? []) as readonly { readonly id: string; readonly parent: JsonValue }[]
    expect(heard.map(({ id, parent }) => [id, parent])).toEqual(nodes.map((id) => [id, tree.parent(id) ?? null]))
  }
}

function childrenOf(tree: TreeContainer, parent: TreeNodeId | undefined): TreeNodeId[] {
  return parent === undefined ? tree.roots() : tree.children(parent)
}

function isBelow(tree: TreeContainer, node: TreeNodeId | undefined, other: TreeNodeId): boolean {
  for (let at = node; at !== undefined; at = tree.parent(at)) if (at === other) return true
  return false
}

function run(seed: number, steps: number): void {
  const random = createRandom(seed)
  const log = new Map<string, NaiveMove>()
  const mail: Change[][] = []
  const gardeners = ['a', 'B', 'c~', '0', 'z'].slice(0, 3 + (seed % 3)).map(
    (replica) =>
      new Gardener(replica, log, (change) => {
        for (const box of mail) for (let copies = 1 + integer(random, 2); copies > 0; copies--) box.push(change)
      }),
  )
  for (const _ of gardeners) mail.push([])
  for (let step = 0; step < steps; step++) {
    const index = integer(random, gardeners.length)
    const gardener = gardeners[index] as Gardener
    if (integer(random, 3) > 0) gardener.edit(random)
    else {
      const box = shuffle(random, mail[index] as Change[])
      gardener.document.apply(box.splice(0, integer(random, box.length + 1)))
    }
    gardener.check()
  }
  for (const [index, { document }] of gardeners.entries()) document.apply(shuffle(random, mail[index] as Change[]))
  const [first, ...others] = gardeners as [Gardener, ...Gardener[]]
  first.check()
  for (const other of others) {
    other.check()
    expect(other.document.statistics).toMatchObject({ waiting: 0, rejected: 0 })
    expect(other.tree.toJSON()).toEqual(first.tree.toJSON())
  }
  expect(loadDocument(first.document.encode()).tree('tree').toJSON()).toEqual(first.tree.toJSON())
}

describe('a tree that several move about in', () => {
  test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'is on every replica, at every time, what the moves make in their order (seed %i)',
    (seed) => run(seed, 80),
  )

  test('is the same for every order in which five conflicting changes come', () => {
    const base = createDocument({ replica: 'base' })
    const [a, b, c] = base.transact(() => Array.from({ length: 3 }, () => base.tree('t').create())) as [
      TreeNodeId,
      TreeNodeId,
      TreeNodeId,
    ]
    const edits: ((tree: TreeContainer) => void)[] = [
      (tree) => tree.move(a, b),
      (tree) => tree.move(b, c),
      (tree) => tree.move(c, a),
      (tree) => tree.delete(a),
      (tree) => tree.create(a),
    ]
    const changes = edits.map((edit, index) => {
      const document = loadDocument(base.encode(), { replica: `r${index}` })
      edit(document.tree('t'))
      return decodeChanges(document.changesSince(base.version))[0] as Change
    })
    const outcomes = new Set<string>()
    for (const order of permutations(changes)) {
      const document = loadDocument(base.encode())
      for (const change of order) document.apply([change])
      outcomes.add(JSON.stringify(document.tree('t')))
    }
    expect(outcomes.size).toBe(1)
  })
})

function* permutations<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield []
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest]
  }
}
