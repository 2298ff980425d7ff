import {
  containerTypes,
  isContainer,
  type Container,
  type Document,
  type JsonValue,
  type TextContainer,
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
  ]
  let container = pick(random, roots)
  for (let depth = integer(random, 3); depth > 0; depth--) {
    const children = childrenOf(container)
    if (children.length > 0) container = pick(random, children)
  }
  edit(container, random)
}

function childrenOf(container: Container): Container[] {
  if (container.type === 'list') return container.toArray().filter(isContainer)
  if (container.type !== 'map') return []
  return container
    .entries()
    .map(([, content]) => content)
    .filter(isContainer)
}

function edit(container: Container, random: Random): void {
  switch (container.type) {
    case 'text':
      editText(container, random)
      return
    case 'list': {
      const index = integer(random, container.length + 1)
      const choice = integer(random, 5)
      if (choice === 0) container.create(index, pick(random, containerTypes))
      else if (choice < 3) container.insert(index, ...sample(random, values, integer(random, 4)))
      else container.delete(index, Math.min(integer(random, 3), container.length - index))
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
    case 'set':
      if (integer(random, 3) > 0) container.add(pick(random, values))
      else container.delete(pick(random, values))
      return
    default:
      container.set(pick(random, values))
  }
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
