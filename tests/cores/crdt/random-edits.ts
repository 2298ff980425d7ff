import {
  containerTypes,
  isContainer,
  type Container,
  type Document,
  type JsonValue,
  type TextContainer,
  type TreeContainer,
  type TreeNodeId,
} from '../../../crdt/index.ts'
import { integer, sample, type Random } from '../../../node/protocol/index.ts'

const words = ['a', 'bc', 'déf', '🙂', '', '🙂x', 'long text', '\n']
const keys = ['k', 'title', '__proto__', 'constructor', '', '🙂', 'toString', '0']
const values: readonly JsonValue[] = [
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  2 ** 53 - 1,
  1e300,
  '',
  'text',
  [],
  [1, [2]],
  {},
  { b: [null], a: { '': 1 } },
]

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[integer(random, items.length)] as Item
}

/** Edits a few containers, nested ones among them, by everything the interface offers. */
export function editRandomly(document: Document, random: Random): void {
  const edits = 1 + integer(random, 3)
  if (integer(random, 3) > 0) editOnce(document, random)
  else document.transact(() => Array.from({ length: edits }, () => editOnce(document, random)))
}

function editOnce(document: Document, random: Random): void {
  const roots: readonly Container[] = [
    document.text('text'),
    document.text('text'),
    document.list('list'),
    document.map('map'),
    document.counter('counter'),
    document.set('set'),
    document.register('register'),
    document.multiValueRegister('values'),
    document.tree('tree'),
    document.tree('tree'),
    document.removeWinsSet('shy'),
    document.growOnlyCounter('views'),
  ]
  let container = pick(random, roots)
  for (let depth = integer(random, 3); depth > 0; depth--) {
    const children = childrenOf(container)
    if (children.length > 0) container = pick(random, children)
  }
  editContainer(container, random)
}

function childrenOf(container: Container): Container[] {
  if (container.type === 'list') return container.toArray().filter(isContainer)
  if (container.type === 'tree') return container.nodes().map((node) => container.data(node) as Container)
  if (container.type !== 'map') return []
  return container
    .entries()
    .map(([, content]) => content)
    .filter(isContainer)
}

/** One edit, of whatever the container offers. It may change nothing. */
export function editContainer(container: Container, random: Random): void {
  switch (container.type) {
    case 'text':
      editText(container, random)
      return
    case 'list': {
      const index = integer(random, container.length + 1)
      const choice = integer(random, 7)
      if (choice === 0) container.create(index, pick(random, containerTypes))
      else if (choice < 3) container.insert(index, ...sample(random, values, integer(random, 4)))
      else if (choice < 5 && container.length > 0) {
        container.move(integer(random, container.length), integer(random, container.length))
      } else container.delete(index, Math.min(integer(random, 3), container.length - index))
      return
    }
    case 'map': {
      const choice = integer(random, 5)
      if (choice === 0) container.create(pick(random, keys), pick(random, containerTypes))
      else if (choice < 4) container.set(pick(random, keys), pick(random, values))
      else container.delete(pick(random, keys))
      return
    }
    case 'counter':
      container.add(pick(random, [1, -1, 5, 2 ** 53 - 1, -(2 ** 53 - 1)]))
      return
    case 'grow-only-counter':
      container.add(pick(random, [0, 1, 5, 2 ** 53 - 1]))
      return
    case 'tree':
      editTree(container, random)
      return
    case 'set':
    case 'remove-wins-set':
      if (integer(random, 3) > 0) container.add(pick(random, values))
      else container.delete(pick(random, values))
      return
    default:
      container.set(pick(random, values))
  }
}

/** Creates, moves (also to and fro between two parents) and deletes nodes. */
function editTree(tree: TreeContainer, random: Random): void {
  const nodes = tree.nodes()
  const node = nodes.length === 0 ? undefined : pick(random, nodes)
  const parent = pick(random, [undefined, ...nodes])
  const choice = integer(random, 8)
  const siblings = parent === undefined ? tree.roots() : tree.children(parent)
  const index = integer(random, 2) === 0 ? undefined : integer(random, siblings.length + 1)
  if (choice < 3 || node === undefined) tree.create(parent, index)
  else if (choice === 3) tree.delete(node)
  else if (!isBelow(tree, parent, node)) tree.move(node, parent, siblings.includes(node) ? undefined : index)
}

function isBelow(tree: TreeContainer, node: TreeNodeId | undefined, other: TreeNodeId): boolean {
  for (let at = node; at !== undefined; at = tree.parent(at)) if (at === other) return true
  return false
}

function editText(text: TextContainer, random: Random): void {
  const start = wholeIndex(text, integer(random, text.length + 1))
  const end = wholeIndex(text, Math.min(text.length, start + integer(random, 6)))
  const choice = integer(random, 5)
  if (choice < 3) text.insert(start, pick(random, words))
  else if (choice < 4) text.delete(start, end - start)
  else text.replace(start, end - start, pick(random, words))
}

/** The next index that is not inside a surrogate pair. */
function wholeIndex(text: TextContainer, index: number): number {
  const unit = text.toString().charCodeAt(index)
  return unit >= 0xdc00 && unit < 0xe000 ? index + 1 : index
}
